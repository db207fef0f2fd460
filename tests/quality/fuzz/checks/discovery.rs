//! Discovery: from the metadata of an issuer to its keys.
//!
//! Input: a byte that selects the issuer, one that selects the statuses of its documents, the value
//! of `Cache-Control`, a line feed, and the document.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tower::service_fn;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, HttpClient, Issuer};
use url::{Host, Url};

use super::reading::Members;
use super::world::{AUDIENCE, NOW, clock, key, sign};

/// An issuer, and the URLs of its metadata documents.
struct Provider {
    issuer: &'static str,
    documents: &'static [&'static str],
}

const PROVIDERS: [Provider; 3] = [
    Provider {
        issuer: "https://issuer.example",
        documents: &[
            "https://issuer.example/.well-known/openid-configuration",
            "https://issuer.example/.well-known/oauth-authorization-server",
        ],
    },
    Provider {
        issuer: "https://issuer.example:8443/tenant/",
        documents: &[
            "https://issuer.example:8443/tenant/.well-known/openid-configuration",
            "https://issuer.example:8443/.well-known/oauth-authorization-server/tenant",
            "https://issuer.example:8443/.well-known/openid-configuration/tenant",
        ],
    },
    Provider {
        issuer: "http://127.0.0.1:8080",
        documents: &[
            "http://127.0.0.1:8080/.well-known/openid-configuration",
            "http://127.0.0.1:8080/.well-known/oauth-authorization-server",
        ],
    },
];

/// The statuses of the documents.
const STATUSES: [[u16; 3]; 8] = [
    [200, 500, 200],
    [404, 200, 200],
    [403, 501, 200],
    [500, 200, 200],
    [429, 200, 200],
    [302, 503, 200],
    [404, 404, 404],
    [404, 302, 200],
];

pub fn check(data: &[u8]) {
    let [provider, statuses, rest @ ..] = data else {
        return;
    };
    let provider = &PROVIDERS[usize::from(*provider) % PROVIDERS.len()];
    let statuses = STATUSES[usize::from(*statuses) % STATUSES.len()];
    let (cache_control, document) = rest.split_at(
        rest.iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len()),
    );
    let document = document.strip_prefix(b"\n").unwrap_or_default();
    let web = Web {
        cache_control: Bytes::copy_from_slice(cache_control),
        ..Web::new(provider, statuses, document)
    };
    let outcome = web.authenticate(provider);
    let requested = web.requested.lock().unwrap().clone();
    let expected = expected(provider, statuses, document);
    assert_eq!(
        requested[..expected.documents.len()],
        expected.documents,
        "the fetched documents"
    );
    let others = &requested[expected.documents.len()..];
    match (&expected.jwks_uri, others) {
        (Some(jwks_uri), [other]) => {
            assert_eq!(other, &jwks_uri.parse::<http::Uri>().unwrap().to_string());
            assert_secure(other, provider.issuer);
            assert_eq!(outcome, None, "the keys were fetched");
        }
        (jwks_uri, others) => {
            assert!(others.is_empty(), "{others:?} was fetched too");
            assert!(
                !jwks_uri.as_deref().is_some_and(is_plain),
                "a plain URL was not fetched"
            );
            assert_eq!(outcome, Some(ErrorKind::KeysUnavailable));
        }
    }
}

struct Expected {
    /// The metadata documents that are fetched, in order.
    documents: Vec<&'static str>,
    /// The URL of the keys, if the document is the issuer's own and states it.
    jwks_uri: Option<String>,
}

fn expected(provider: &Provider, statuses: [u16; 3], document: &[u8]) -> Expected {
    let jwks_uri = jwks_uri(provider, document);
    let mut documents = Vec::new();
    for (url, status) in provider.documents.iter().zip(statuses) {
        documents.push(*url);
        if status == 200 && jwks_uri.is_some() {
            return Expected {
                documents,
                jwks_uri,
            };
        }
        // The server has no time for further requests.
        if [429, 503].contains(&status) {
            break;
        }
    }
    Expected {
        documents,
        jwks_uri: None,
    }
}

/// Returns the URL of the keys, if the document is the issuer's metadata.
fn jwks_uri(provider: &Provider, document: &[u8]) -> Option<String> {
    let document = document
        .strip_prefix("\u{feff}".as_bytes())
        .unwrap_or(document);
    let once = |members: &Members| members.count("issuer") == 1 && members.count("jwks_uri") == 1;
    let metadata = Members::read(document)
        .filter(once)
        .filter(|members| members.count("access_token_issuer") <= 1)?;
    let is_own = metadata.string("issuer").as_deref() == Some(provider.issuer);
    metadata.string("jwks_uri").filter(|_| is_own)
}

/// Asserts that a URL is `https` and not on this machine or its link, or `http` on loopback if the
/// issuer's is. The URL is read by the parser of the default HTTP client.
fn assert_secure(requested: &str, issuer: &str) {
    let Ok(url) = Url::parse(requested) else {
        return;
    };
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let linked = match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_unicast_link_local() || address.is_unspecified(),
        _ => false,
    };
    let secure = url.scheme() == "https" && !local && !linked;
    let allowed = match issuer.split_once(':').unwrap().0 {
        "http" => url.scheme() == "https" || (url.scheme() == "http" && local),
        _ => secure,
    };
    assert!(allowed, "{requested} is {url}");
}

/// Returns whether this is a plain URL, which must not be rejected.
fn is_plain(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    !host.is_empty() && host != "localhost" && letters(host) && path.split('/').all(letters)
}

/// The documents that can be fetched, and the URLs that were.
#[derive(Clone)]
struct Web {
    pages: Vec<(&'static str, u16, Bytes)>,
    /// The key set, which every other URL returns.
    keys: Bytes,
    cache_control: Bytes,
    requested: Arc<Mutex<Vec<String>>>,
}

impl Web {
    fn new(provider: &Provider, statuses: [u16; 3], document: &[u8]) -> Self {
        let keys = json!({"keys": [key(Algorithm::Ed25519).jwk()]})
            .to_string()
            .into();
        let document = Bytes::copy_from_slice(document);
        let pages = provider
            .documents
            .iter()
            .zip(statuses)
            .map(|(url, status)| (*url, status, document.clone()));
        Self {
            pages: pages.collect(),
            keys,
            cache_control: Bytes::new(),
            requested: Arc::default(),
        }
    }

    fn client(&self) -> HttpClient {
        let web = self.clone();
        HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
            let answer = web.answer(&request.uri().to_string());
            async { Ok::<_, Infallible>(answer) }
        }))
    }

    fn answer(&self, url: &str) -> Response<Full<Bytes>> {
        self.requested.lock().unwrap().push(url.to_owned());
        let page = self.pages.iter().find(|(page, ..)| *page == url);
        let (status, body) = page.map_or((200, self.keys.clone()), |(_, status, body)| {
            (*status, body.clone())
        });
        let mut response = Response::builder()
            .status(status)
            .header(LOCATION, "https://elsewhere.example/");
        if let Ok(value) = HeaderValue::from_bytes(&self.cache_control) {
            response = response.header(CACHE_CONTROL, value);
        }
        response.body(Full::from(body)).unwrap()
    }

    /// Returns why a valid token of the issuer is rejected, or `None` if it is accepted.
    fn authenticate(&self, provider: &Provider) -> Option<ErrorKind> {
        let payload = json!({"iss": provider.issuer, "aud": AUDIENCE, "exp": NOW + 300});
        let token = sign(Algorithm::Ed25519, &payload);
        let authenticator =
            trusting(Issuer::discovery(provider.issuer, AUDIENCE).http_client(self.client()));
        runtime()
            .block_on(authenticator.authenticate(&token))
            .err()
            .map(|error| error.kind())
    }
}

fn trusting(issuer: Issuer) -> Authenticator {
    Authenticator::builder(issuer)
        .clock(clock())
        .build_authenticator()
        .unwrap()
}

/// Returns a runtime for one input, so that no task of one input runs during the next. Its clock is
/// paused.
fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

/// Returns the keys that the cache takes from a fetched set.
pub fn fetched_keys(set: &[u8]) -> Vec<(Option<String>, Vec<Algorithm>)> {
    let web = Web {
        keys: Bytes::copy_from_slice(set),
        pages: Vec::new(),
        ..Web::new(&PROVIDERS[0], [404; 3], b"")
    };
    let issuer = Issuer::jwks(PROVIDERS[0].issuer, "https://issuer.example/keys", AUDIENCE)
        .http_client(web.client());
    let authenticator = trusting(issuer);
    let fetched = runtime().block_on(authenticator.prefetch());
    let health = authenticator.health().remove(0);
    assert_eq!(
        (fetched.is_ok(), health.serving),
        (!health.keys.is_empty(), !health.keys.is_empty())
    );
    health
        .keys
        .into_iter()
        .map(|key| (key.key_id, key.algorithms))
        .collect()
}
