//! Runs each attack over HTTP and gRPC, without a token cache, and twice with one.

use std::convert::Infallible;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, TE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;
use tower::layer::util::Stack;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, JsonClaims, RequireLayer};

use crate::attack::{Attack, NO_TOKEN, Rejection};
use crate::pieces::Pieces;
use crate::site::Site;
use crate::support::wait_for;
use crate::watch::Log;

pub(crate) const GRPC: &str = "application/grpc+proto";
pub(crate) const REACHED: StatusCode = StatusCode::IM_A_TEAPOT;

/// Everything that the client gets.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: String,
    trailers: Option<HeaderMap>,
}

/// The service that the layers protect.
type Inner = BoxCloneSyncService<Request<String>, Response<String>, Infallible>;

/// A `JwtAuthLayer`, alone or above others.
pub(crate) trait Protect:
    Layer<Inner, Service: Service<Request<String>, Response = Response<String>, Error = Infallible>>
{
}

impl<L> Protect for L
where
    L: Layer<Inner>,
    L::Service: Service<Request<String>, Response = Response<String>, Error = Infallible>,
{
}

pub(crate) async fn ask(
    layer: &impl Protect,
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Answer {
    ask_over(Version::HTTP_11, layer, headers).await
}

async fn ask_over(
    version: Version,
    layer: &impl Protect,
    headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Answer {
    let service = service_fn(|request: Request<String>| async move {
        let reached = if request.extensions().get::<Claims<JsonClaims>>().is_some() {
            REACHED
        } else {
            StatusCode::OK
        };
        Ok::<_, Infallible>(
            Response::builder()
                .status(reached)
                .body(String::new())
                .unwrap(),
        )
    });
    let mut request = Request::post("/telltale-path?telltale=query")
        .version(version)
        .body("telltale body".to_owned())
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().append(name, value);
    }
    let response = layer.layer(Inner::new(service)).oneshot(request);
    let response = wait_for("the response", response).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    let body = String::from_utf8(body.to_bytes().into()).unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
        trailers,
    }
}

pub(crate) async fn ask_grpc(
    layer: &impl Protect,
    headers: Vec<(HeaderName, HeaderValue)>,
) -> Answer {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static(GRPC));
    let trailers = (TE, HeaderValue::from_static("trailers"));
    let headers = headers.into_iter().chain([content_type, trailers]);
    ask_over(Version::HTTP_2, layer, headers).await
}

impl Answer {
    /// Asserts the status, exactly these headers and `Cache-Control`, and neither a body nor
    /// trailers.
    pub(crate) fn expect(&self, status: u16, headers: &[(&str, &str)], what: &str) {
        let mut expected = HeaderMap::new();
        expected.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in headers {
            expected.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        assert_eq!(
            (self.status.as_u16(), &self.headers),
            (status, &expected),
            "{what}"
        );
        assert!(
            self.body.is_empty() && self.trailers.is_none(),
            "{what}: {self:?}"
        );
    }

    fn expect_http(&self, rejection: Rejection, what: &str) {
        self.expect(
            rejection.status,
            &[(WWW_AUTHENTICATE.as_str(), rejection.challenge)],
            what,
        );
    }

    fn expect_grpc(&self, rejection: Rejection, what: &str) {
        let code = rejection.grpc.to_string();
        let headers = [
            (CONTENT_TYPE.as_str(), GRPC),
            ("grpc-status", &code),
            ("grpc-message", rejection.description()),
            (WWW_AUTHENTICATE.as_str(), rejection.challenge),
        ];
        self.expect(200, &headers, what);
    }

    /// Asserts that no part of the request and no internal detail is in the response.
    pub(crate) fn hides(&self, pieces: &Pieces, what: &str) {
        let shown = format!("{self:?}");
        assert_eq!(pieces.found_in(&shown), None, "{what}: {shown}");
        for internal in INTERNAL {
            assert!(!shown.contains(internal), "{what}: {internal} in {shown}");
        }
    }
}

/// Names of crates, locations in code and on the network, and words of parser errors.
const INTERNAL: [&str; 18] = [
    "serde",
    "jsonwebtoken",
    "aws",
    "base64",
    "tower",
    "reqwest",
    "hyper",
    "tokio",
    ".rs",
    "panic",
    " line ",
    "column",
    "127.0.0.1",
    "http:",
    "https:",
    "jwks",
    "key-",
    "telltale",
];

async fn one_way(layer: &impl Protect, attack: &Attack, pieces: &Pieces, what: &str) {
    let answer = ask(layer, attack.headers.clone()).await;
    answer.expect_http(attack.rejection, what);
    answer.hides(pieces, what);
    let answer = ask_grpc(layer, attack.headers.clone()).await;
    answer.expect_grpc(attack.rejection, what);
    answer.hides(pieces, what);
}

/// Runs the attacks where a token is optional. Those without one are passed on without claims, and
/// rejected by a `RequireLayer` below as the layer itself would. [`every_way`] searches for leaks of
/// the same attacks.
pub(crate) async fn in_optional_mode(attacks: impl IntoIterator<Item = Attack>, site: &Site) {
    let log = Log::take().await;
    let pieces = Pieces::default();
    let require = RequireLayer::from_fn(|_: &Claims, _| true);
    let requiring = Stack::new(require, &site.optional);
    for attack in attacks {
        log.clear();
        if attack.rejection == NO_TOKEN {
            for answer in [
                ask(&site.optional, attack.headers.clone()).await,
                ask_grpc(&site.optional, attack.headers.clone()).await,
            ] {
                assert_eq!(answer.status, StatusCode::OK, "{}", attack.name);
            }
        } else {
            one_way(&site.optional, &attack, &pieces, &attack.name).await;
            log.tells_of_rejections(2, &attack.name);
        }
        log.clear();
        let what = format!("{} (above RequireLayer)", attack.name);
        one_way(&requiring, &attack, &pieces, &what).await;
        log.tells_of_rejections(2, &what);
    }
    let bearer = format!("Bearer {}", crate::site::token().sign());
    let valid = HeaderValue::try_from(bearer).unwrap();
    for answer in [
        ask(&site.optional, [(AUTHORIZATION, valid.clone())]).await,
        ask(&requiring, [(AUTHORIZATION, valid)]).await,
    ] {
        assert_eq!(answer.status, REACHED, "a valid token gives claims");
    }
}

/// Runs the attacks against the layer that accepts DPoP, and asserts that a valid proof is accepted
/// once, before and afterwards.
pub(crate) async fn with_proofs(attacks: impl IntoIterator<Item = Attack>, site: &Site) {
    let log = Log::take().await;
    for attack in attacks {
        let pieces = Pieces::of(&attack.headers, site);
        log.clear();
        one_way(&site.proving, &attack, &pieces, &attack.name).await;
        let valid = crate::proofs::valid();
        let answer = ask(&site.proving, valid.headers.clone()).await;
        assert_eq!(answer.status, REACHED, "a valid proof, {}", attack.name);
        // The token is cached now, and its key is known.
        one_way(&site.proving, &attack, &pieces, &attack.name).await;
        let used = Pieces::of(&valid.headers, site);
        one_way(&site.proving, &valid, &used, "a used proof").await;
        log.hides(&used, "a used proof");
        log.tells_of_rejections(6, &attack.name);
        log.hides(&pieces, &attack.name);
    }
    site.assert_trap_was_not_reached();
}

/// Runs the attacks, and asserts that valid tokens are accepted afterwards.
pub(crate) async fn every_way(attacks: impl IntoIterator<Item = Attack>, site: &Site) {
    let log = Log::take().await;
    let mut count = 0;
    for attack in attacks {
        let pieces = Pieces::of(&attack.headers, site);
        log.clear();
        for (layer, way) in [
            (&site.plain, "plain"),
            (&site.caching, "first"),
            (&site.caching, "again"),
        ] {
            one_way(layer, &attack, &pieces, &format!("{} ({way})", attack.name)).await;
        }
        log.tells_of_rejections(6, &attack.name);
        log.hides(&pieces, &attack.name);
        count += 1;
    }
    assert!(count > 0);
    site.assert_trap_was_not_reached();
    log.clear();
    for valid in [
        crate::site::token().sign(),
        site.fetched.token().audience(crate::site::AUDIENCE).sign(),
    ] {
        let bearer = HeaderValue::try_from(format!("Bearer {valid}")).unwrap();
        for layer in [&site.plain, &site.caching, &site.caching] {
            let answer = ask(layer, [(AUTHORIZATION, bearer.clone())]).await;
            assert_eq!(
                answer.status, REACHED,
                "a valid token is accepted as before"
            );
        }
        log.hides(
            &Pieces::of(&[(AUTHORIZATION, bearer)], site),
            "a valid token",
        );
    }
}
