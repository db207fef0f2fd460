//! A DPoP proof, for a request with a token that is bound to its key.
//!
//! Input: either `=` and the proof as text; or a header, a line feed, and claims, which are signed
//! with the key of the client. An empty header or empty claims stand for valid ones. `$JWK` in the
//! header stands for the key, and `$ATH` in the claims for the hash of the token.

use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use http::{HeaderValue, Request};
use serde_json::json;
use tower_jwt_auth::testing::DpopClient;
use tower_jwt_auth::{
    Algorithm, Authenticator, Dpop, ErrorKind, InsertOutcome, ReplayKey, ReplayStore, RequestParts,
};
use url::Url;

use super::reading::Members;
use super::world::{AUDIENCE, ISSUER, LEEWAY, NOW, builder, sign};

const URL: &str = "https://api.example/orders/1";
const HEADER: &str = r#"{"typ":"dpop+jwt","alg":"ES256","jwk":$JWK}"#;
const CLAIMS: &str =
    r#"{"jti":"1","htm":"GET","htu":"https://api.example/orders/1","iat":1800000000,"ath":"$ATH"}"#;
/// The maximum age of a proof in seconds.
const MAX_AGE: u64 = 60;
/// The latest supported time, the end of the year 9999.
const LATEST: f64 = 253_402_300_799.0;
/// The maximum number of members in all objects of a part.
const MAX_MEMBERS: usize = 128;

/// A client, its token, and what the token's proofs contain.
struct World {
    client: DpopClient,
    token: String,
    ath: String,
    authenticator: Authenticator,
}

/// Accepts every proof again: what an input does must not depend on earlier ones.
struct Forgetful;

impl ReplayStore for Forgetful {
    fn insert_once(&self, _: ReplayKey<'_>, _: Duration) -> InsertOutcome {
        InsertOutcome::Ready(Ok(true))
    }
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let client = DpopClient::generate(Algorithm::ES256);
        let cnf = json!({"jkt": client.thumbprint()});
        let payload = json!({"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 300, "cnf": cnf});
        let token = sign(Algorithm::HS256, &payload);
        let proof = client.proof("GET", URL, &token).sign();
        let claims = URL_SAFE_NO_PAD
            .decode(proof.split('.').nth(1).unwrap())
            .unwrap();
        let ath = Members::read(&claims).unwrap().string("ath").unwrap();
        let dpop = Dpop::required()
            .public_origin("https://api.example")
            .unwrap();
        World {
            client,
            token,
            ath,
            authenticator: builder()
                .dpop(dpop.replay_store(Forgetful))
                .build_authenticator()
                .unwrap(),
        }
    })
}

pub fn check(data: &[u8]) {
    if let Some(text) = data.strip_prefix(b"=") {
        if let Ok(proof) = HeaderValue::from_bytes(text) {
            assert!(decide(proof).is_some(), "accepted without a signature");
        }
        return;
    }
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let mut part = |valid: &str| {
        let part = parts.next().unwrap_or_default();
        let text = std::str::from_utf8(part).ok()?;
        Some(if text.is_empty() { valid } else { text }.to_owned())
    };
    if let (Some(header), Some(claims)) = (part(HEADER), part(CLAIMS)) {
        check_signed(&header, &claims);
    }
}

fn check_signed(header: &str, claims: &str) {
    let world = world();
    let header = header.replace("$JWK", &world.client.jwk().to_string());
    let claims = claims.replace("$ATH", &world.ath);
    let proof = world.client.key().sign_raw(&header, claims.as_bytes());
    let is_short = proof.len() <= 8 * 1024;
    let rejection = decide(HeaderValue::from_str(&proof).unwrap());
    let is_valid = is_valid_header(&header) && are_valid_claims(&claims);
    match rejection {
        None => assert!(is_valid && is_short && is_url(&claims), "accepted"),
        Some(kind) => {
            assert!(
                !(is_valid
                    && is_short
                    && has_plain_url(&claims)
                    && has_few_members(&header, &claims)),
                "rejected as {kind:?}"
            );
        }
    }
}

/// Returns the kind of the rejection, if there is one.
fn decide(proof: HeaderValue) -> Option<ErrorKind> {
    let world = world();
    let request = Request::get("/orders/1")
        .header("authorization", format!("DPoP {}", world.token))
        .header("dpop", proof)
        .body(())
        .unwrap();
    let parts = RequestParts::from(&request);
    let outcome = world
        .authenticator
        .authenticate_request(&parts)
        .now_or_never();
    let kind = outcome.expect("no waiting").err()?.kind();
    // The token is valid, so what is wrong is the proof or its key.
    assert!(
        matches!(
            kind,
            ErrorKind::InvalidDpopProof | ErrorKind::UnprovenBinding
        ),
        "{kind:?}"
    );
    Some(kind)
}

fn has_few_members(header: &str, claims: &str) -> bool {
    [header, claims]
        .iter()
        .all(|part| part.matches(':').count() <= MAX_MEMBERS)
}

fn is_valid_header(header: &str) -> bool {
    let members = Members::read(header.as_bytes());
    let Some(members) = members.filter(|members| members.is_sound(header.as_bytes())) else {
        return false;
    };
    let typ = members
        .string("typ")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_supported = ["crit", "b64", "zip"]
        .iter()
        .all(|name| members.raw(name).is_none());
    is_supported
        && typ.strip_prefix("application/").unwrap_or(&typ) == "dpop+jwt"
        && members.string("alg").as_deref() == Some("ES256")
        && members.raw("jwk").is_some_and(is_key_of_client)
}

/// Returns whether it is the key of the client, in its one form and without private members.
fn is_key_of_client(jwk: &str) -> bool {
    let Some(members) = Members::read(jwk.as_bytes()) else {
        return false;
    };
    let expected = world().client.jwk();
    let is_same = |name| members.string(name).as_deref() == expected[name].as_str();
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
    let is_absent_or = |name, value: &str| {
        members.raw(name).is_none() || members.string(name).as_deref() == Some(value)
    };
    let operations = members.raw("key_ops").is_none_or(|raw| {
        let operations: Result<Vec<String>, _> = serde_json::from_str(raw);
        operations.is_ok_and(|all| all.iter().any(|operation| operation == "verify"))
    });
    ["kty", "crv", "x", "y"].into_iter().all(is_same)
        && private.iter().all(|name| members.raw(name).is_none())
        && ["n", "e"]
            .iter()
            .all(|name| members.raw(name).is_none() || members.is_string(name))
        && is_absent_or("use", "sig")
        && is_absent_or("alg", "ES256")
        && operations
}

/// Returns whether the claims are valid, except maybe for `htu`.
fn are_valid_claims(claims: &str) -> bool {
    let members = Members::read(claims.as_bytes());
    let Some(members) = members.filter(|members| members.is_sound(claims.as_bytes())) else {
        return false;
    };
    let seconds = |seconds: u64| Duration::from_secs(seconds).as_secs_f64();
    let date = |name| {
        members
            .number(name)
            .filter(|date| (0.0..=LATEST).contains(date))
    };
    let iat = seconds(NOW - MAX_AGE - LEEWAY)..=seconds(NOW + LEEWAY);
    let is_absent_or = |name, is_valid: &dyn Fn(f64) -> bool| {
        members.raw(name).is_none() || date(name).is_some_and(is_valid)
    };
    members
        .string("jti")
        .is_some_and(|id| (1..=256).contains(&id.len()))
        && members.string("htm").as_deref() == Some("GET")
        && members.is_string("htu")
        && members.string("ath").as_deref() == Some(world().ath.as_str())
        && date("iat").is_some_and(|date| iat.contains(&date))
        && is_absent_or("exp", &|exp| exp > seconds(NOW - LEEWAY))
        && is_absent_or("nbf", &|nbf| nbf <= seconds(NOW + LEEWAY))
}

fn htu(claims: &str) -> String {
    let members = Members::read(claims.as_bytes()).unwrap();
    members.string("htu").unwrap()
}

/// Returns whether a parser of the WHATWG takes `htu` for the URL of the request.
fn is_url(claims: &str) -> bool {
    let url = Url::parse(&htu(claims)).unwrap();
    url.scheme() == "https"
        && url.host_str() == Some("api.example")
        && url.port_or_known_default() == Some(443)
        && url.username().is_empty()
        && url.password().is_none()
        && with_unreserved(url.path()) == "/orders/1"
}

/// Decodes the escapes of unreserved characters (RFC 3986 §6.2.2.2).
fn with_unreserved(path: &str) -> String {
    let unreserved = (b'0'..=b'9')
        .chain(b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(*b"-._~");
    unreserved.fold(path.to_owned(), |path, byte| {
        let character = char::from(byte).to_string();
        let path = path.replace(&format!("%{byte:02X}"), &character);
        path.replace(&format!("%{byte:02x}"), &character)
    })
}

/// Returns whether `htu` is the URL as clients write it, maybe with a query and a fragment.
fn has_plain_url(claims: &str) -> bool {
    let htu = htu(claims);
    let rest = htu
        .strip_prefix(URL)
        .or_else(|| htu.strip_prefix("https://API.example:443/orders/1"));
    rest.is_some_and(|rest| {
        rest.is_empty()
            || (rest.starts_with(['?', '#'])
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"?#=&/".contains(&byte)))
    })
}
