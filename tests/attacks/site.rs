//! What is attacked: a service that trusts four issuers, one of them over the network.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Issuer, JwksCacheSettings, JwtAuthBuilder, JwtAuthLayer, KeySet, TokenCacheSettings,
    TokenSource,
};

/// Its keys name their algorithms.
pub(crate) const ISSUER: &str = "https://issuer.example/tenant";
/// Its keys don't (CVE-2026-22817), and secrets are among them.
pub(crate) const LOOSE: &str = "https://loose.example";
/// Its secrets, each pinned to one of these by its length.
pub(crate) const SECRETS: [Algorithm; 3] = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
/// Somebody else, who is trusted too.
pub(crate) const OTHER: &str = "https://other.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

pub(crate) const HEADER: &str = r#"{"alg":"ES256","kid":"key-ES256","typ":"JWT"}"#;

/// A key of every algorithm, shared by the tests since RSA keys take long to make. Its id is `key-`
/// and its algorithm.
pub(crate) fn key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; 13] = [const { OnceLock::new() }; 13];
    let place = Algorithm::all().position(|one| one == algorithm).unwrap();
    KEYS[place].get_or_init(|| TestKey::generate(algorithm).with_key_id(format!("key-{algorithm}")))
}

pub(crate) fn es256() -> &'static TestKey {
    key(Algorithm::ES256)
}

pub(crate) fn other_key() -> &'static TestKey {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    KEY.get_or_init(|| TestKey::generate(Algorithm::ES256).with_key_id("key-of-the-other"))
}

/// A key that no one trusts, under the id of one that is trusted.
pub(crate) fn forger(algorithm: Algorithm) -> TestKey {
    TestKey::generate(algorithm).with_key_id(key(algorithm).key_id())
}

/// A valid token: of the first issuer, and with something in it to look for.
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

/// The text of a good payload, with one claim as this JSON text.
pub(crate) fn payload_with(claim: &str, value: &str) -> String {
    let good = token().sign();
    let mut claims: Value =
        serde_json::from_slice(&decode(good.split('.').nth(1).unwrap())).unwrap();
    claims.as_object_mut().unwrap().remove(claim);
    let others = claims.to_string();
    format!("{},\"{claim}\":{value}}}", others.trim_end_matches('}'))
}

/// A valid token but for this claim.
pub(crate) fn claiming(claim: &str, value: &str) -> String {
    es256().sign_raw(HEADER, payload_with(claim, value).as_bytes())
}

/// A token that is good but for its header.
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
    /// The issuer whose keys are fetched. It publishes a secret as well, by mistake.
    pub(crate) fetched: TestIssuer,
    /// Where attackers would like keys to be fetched from.
    trap: TcpListener,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::fetching(JwksCacheSettings::default()).await
    }

    /// Gives a fetch less than a second, and a request not all of it.
    pub(crate) async fn impatient() -> Self {
        let (fetch, request) = (Duration::from_millis(2500), Duration::from_secs(2));
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
        let caching = builder()
            .token_cache(TokenCacheSettings::default())
            .build()
            .unwrap();
        let trap = TcpListener::bind("127.0.0.1:0").unwrap();
        trap.set_nonblocking(true).unwrap();
        Self {
            plain,
            caching,
            fetched,
            trap,
        }
    }

    /// A valid token of the issuer whose keys are fetched, with something in it to look for.
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

    pub(crate) fn assert_nothing_fell_into_the_trap(&self) {
        assert_eq!(
            self.trap.accept().unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock
        );
    }
}

/// Looks for tokens in three places, so that there can be two of them.
fn builder(fetched: Issuer) -> JwtAuthBuilder {
    use Algorithm::{ES256, ES384, ES512, Ed25519, PS256, RS256};
    let named =
        key_set([RS256, PS256, ES256, ES384, ES512, Ed25519].map(|algorithm| key(algorithm).jwk()));
    let loose = [RS256, ES256, Ed25519]
        .into_iter()
        .chain(SECRETS)
        .map(|algorithm| without_alg(key(algorithm)));
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, named, AUDIENCE))
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
