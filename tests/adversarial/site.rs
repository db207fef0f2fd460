//! The service under attack. It trusts four issuers, and fetches the keys of one of them.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Dpop, Issuer, JwksCacheSettings, JwtAuthBuilder, JwtAuthLayer, KeySet,
    TokenCacheSettings, TokenSource,
};

/// The issuer whose keys state their algorithms.
pub(crate) const ISSUER: &str = "https://issuer.example/tenant";
/// The issuer whose keys don't state their algorithms (CVE-2026-22817). Some of them are secrets.
pub(crate) const LOOSE: &str = "https://loose.example";
/// The algorithms of its secrets. The length of a secret determines its algorithm.
pub(crate) const SECRETS: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
/// Another trusted issuer.
pub(crate) const OTHER: &str = "https://other.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

pub(crate) const HEADER: &str = r#"{"alg":"ES256","kid":"key-ES256","typ":"JWT"}"#;

/// Returns the algorithms that this build verifies.
pub(crate) fn algorithms() -> impl Iterator<Item = Algorithm> {
    Algorithm::all().filter(|algorithm| algorithm.is_supported())
}

/// Returns the key of an algorithm. Its id is `key-` and the name of the algorithm. The tests share
/// the keys, since RSA keys take long to generate.
pub(crate) fn key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 16] = [const { OnceLock::new() }; 16];
    let index = Algorithm::all().position(|one| one == algorithm).unwrap();
    KEYS[index].get_or_init(|| TestKey::generate(algorithm).with_key_id(format!("key-{algorithm}")))
}

pub(crate) fn es256() -> &'static TestKey {
    key(Algorithm::ES256)
}

pub(crate) fn other_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::generate(Algorithm::ES256).with_key_id("key-of-the-other"))
}

/// Returns an untrusted key with the id of a trusted one.
pub(crate) fn forger(algorithm: Algorithm) -> TestKey {
    TestKey::generate(algorithm).with_key_id(key(algorithm).key_id())
}

/// Returns a valid token of the first issuer, with distinctive claims to search for.
pub(crate) fn token() -> TokenBuilder {
    token_of(es256())
}

pub(crate) fn token_of(key: &TestKey) -> TokenBuilder {
    let personal = key
        .token()
        .subject("telltale-subject")
        .claim("email", "telltale@mail.example");
    personal.issuer(ISSUER).audience(AUDIENCE)
}

/// Returns a valid payload in which one claim has this JSON text as its value.
pub(crate) fn payload_with(claim: &str, value: &str) -> String {
    let valid = token().sign();
    let mut claims: Value =
        serde_json::from_slice(&decode(valid.split('.').nth(1).unwrap())).unwrap();
    claims.as_object_mut().unwrap().remove(claim);
    let others = claims.to_string();
    format!("{},\"{claim}\":{value}}}", others.trim_end_matches('}'))
}

/// Returns a token that is valid except for this claim.
pub(crate) fn claiming(claim: &str, value: &str) -> String {
    es256().sign_raw(HEADER, payload_with(claim, value).as_bytes())
}

/// Returns a token that is valid except for its header.
pub(crate) fn headed(header: &str) -> String {
    es256().sign_raw(header, payload_with("x", "0").as_bytes())
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn key_set(keys: impl IntoIterator<Item = Value>) -> KeySet {
    KeySet::from_json(&json!({"keys": Vec::from_iter(keys)}).to_string()).unwrap()
}

fn without_alg(key: &TestKey) -> Value {
    let mut jwk = key.jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    jwk
}

pub(crate) struct Site {
    pub(crate) plain: JwtAuthLayer,
    pub(crate) caching: JwtAuthLayer,
    /// A layer where a token is optional, with a token cache.
    pub(crate) optional: JwtAuthLayer,
    /// A layer that accepts DPoP beside bearer tokens, with a token cache.
    pub(crate) proving: JwtAuthLayer,
    /// The issuer whose keys are fetched. It also publishes a secret by mistake.
    pub(crate) fetched: TestIssuer,
    /// The listener that the URLs in attacks point to.
    trap: TcpListener,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::fetching(JwksCacheSettings::default()).await
    }

    /// Returns a site with a shorter fetch timeout and a wait timeout below it.
    pub(crate) async fn impatient() -> Self {
        let (fetch, request) = (Duration::from_millis(1500), Duration::from_millis(1200));
        Self::fetching(
            JwksCacheSettings::default()
                .fetch_timeout(fetch)
                .wait_timeout(request),
        )
        .await
    }

    async fn fetching(settings: JwksCacheSettings) -> Self {
        let fetched = TestIssuer::builder()
            .algorithms([Algorithm::ES256, Algorithm::HS256])
            .start()
            .await
            .unwrap();
        let builder =
            || builder(Issuer::discovery(fetched.issuer(), AUDIENCE).jwks_cache(settings.clone()));
        let plain = builder().build().unwrap();
        let cached = || builder().token_cache(TokenCacheSettings::default());
        let caching = cached().build().unwrap();
        let optional = cached().optional().build().unwrap();
        let proofs = Dpop::optional().algorithms([Algorithm::ES256, Algorithm::Ed25519]);
        let proving = cached().dpop(proofs).build().unwrap();
        let trap = TcpListener::bind("127.0.0.1:0").unwrap();
        trap.set_nonblocking(true).unwrap();
        Self {
            plain,
            caching,
            optional,
            proving,
            fetched,
            trap,
        }
    }

    /// Returns a valid token of the issuer whose keys are fetched, with distinctive claims to
    /// search for.
    pub(crate) fn fetched_token(&self) -> TokenBuilder {
        let personal = self
            .fetched
            .token()
            .subject("telltale-subject")
            .claim("email", "telltale@mail.example");
        personal.audience(AUDIENCE)
    }

    pub(crate) fn trap_url(&self) -> String {
        format!("http://{}/telltale-jwks", self.trap.local_addr().unwrap())
    }

    pub(crate) fn assert_trap_was_not_reached(&self) {
        assert_eq!(
            self.trap.accept().unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock
        );
    }
}

/// Returns a builder that reads tokens from three locations, so that a request can have two.
fn builder(fetched: Issuer) -> JwtAuthBuilder {
    use Algorithm::{ES256, Ed25519, RS256};
    let public = || algorithms().filter(|algorithm| !SECRETS.contains(algorithm));
    let named = key_set(public().map(|algorithm| key(algorithm).jwk()));
    let loose = [RS256, ES256, Ed25519]
        .into_iter()
        .chain(SECRETS)
        .map(|algorithm| without_alg(key(algorithm)));
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, named, AUDIENCE).algorithms(public()))
        .add_issuer(Issuer::from_keys(LOOSE, key_set(loose), AUDIENCE))
        .add_issuer(Issuer::from_keys(
            OTHER,
            key_set([other_key().jwk()]),
            AUDIENCE,
        ))
        .add_issuer(fetched)
        .token_sources([
            TokenSource::authorization(),
            TokenSource::cookie("session").unwrap(),
            TokenSource::header(HeaderName::from_static("x-token")),
        ])
}
