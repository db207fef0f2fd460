//! The issuer, its keys and the time. The keys are generated once in a process.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestClock, TestKey};
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer,
    KeySet,
};

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "https://api.example";
/// The time of every clock, in seconds since 1970.
pub const NOW: u64 = 1_800_000_000;
pub const LEEWAY: u64 = 60;
/// The algorithms. Each that the build verifies has one key, whose id is the name of the algorithm.
pub const ALGORITHMS: [Algorithm; 5] = [
    Algorithm::HS256,
    Algorithm::Ed25519,
    Algorithm::ES256,
    Algorithm::RS256,
    Algorithm::MlDsa44,
];
/// A valid payload.
pub const PAYLOAD: &str = r#"{"iss":"https://issuer.example","sub":"alice","aud":"https://api.example","exp":1800000300,"jti":"1"}"#;

/// Generates a key. The secret is fixed, so that the same input gives the same HMAC token in every
/// process.
fn generate(algorithm: Algorithm) -> TestKey {
    let key = match algorithm {
        Algorithm::HS256 => TestKey::from_secret(algorithm, (0..32).collect::<Vec<u8>>()),
        _ => TestKey::generate(algorithm),
    };
    key.with_key_id(algorithm.name())
}

/// Returns whether there is a key of this algorithm.
pub fn has_key(algorithm: Algorithm) -> bool {
    algorithm.is_supported() && ALGORITHMS.contains(&algorithm)
}

fn algorithms() -> impl Iterator<Item = Algorithm> {
    ALGORITHMS
        .into_iter()
        .filter(|algorithm| has_key(*algorithm))
}

/// Returns the key of one of [`ALGORITHMS`].
pub fn key(algorithm: Algorithm) -> &'static TestKey {
    static KEYS: [OnceLock<TestKey>; ALGORITHMS.len()] =
        [const { OnceLock::new() }; ALGORITHMS.len()];
    let index = ALGORITHMS.iter().position(|one| *one == algorithm).unwrap();
    KEYS[index].get_or_init(|| generate(algorithm))
}

/// Returns all keys, with their ids or without.
pub fn key_set(ids: bool) -> KeySet {
    let keys = algorithms().map(|algorithm| {
        let mut jwk = key(algorithm).jwk();
        jwk.as_object_mut()
            .unwrap()
            .retain(|name, _| ids || name != "kid");
        jwk
    });
    let keys: Vec<_> = keys.collect();
    KeySet::from_json(&json!({ "keys": keys }).to_string()).unwrap()
}

pub fn clock() -> TestClock {
    TestClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW))
}

pub fn builder_with(keys: KeySet) -> JwtAuthBuilder {
    let issuer = Issuer::from_keys(ISSUER, keys, AUDIENCE).algorithms(algorithms());
    JwtAuthLayer::builder(issuer).clock(clock())
}

pub fn builder() -> JwtAuthBuilder {
    builder_with(key_set(true))
}

/// Returns a valid token of a subject. Panics if it is rejected, since the checks would then
/// compare nothing.
pub fn token_of(subject: &str) -> String {
    let payload = json!({"iss": ISSUER, "sub": subject, "aud": AUDIENCE, "exp": NOW + 300});
    let token = sign(Algorithm::HS256, &payload);
    let decision = decide(&builder().build_authenticator().unwrap(), &token);
    assert_eq!(decision.unwrap().subject(), Some(subject));
    token
}

pub fn sign(algorithm: Algorithm, payload: &Value) -> String {
    let header = json!({"alg": algorithm.name(), "kid": algorithm.name()});
    key(algorithm).sign_raw(&header.to_string(), payload.to_string().as_bytes())
}

/// The claims that an error of these tests can be about.
pub const CLAIMS: [&str; 26] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "azp",
    "scope",
    "scp",
    "sid",
    "acr",
    "auth_time",
    "nonce",
    "cnf",
    "events",
    "typ",
    "token_use",
    "token_type",
    "tid",
    "ver",
    "appid",
    "at_hash",
    "c_hash",
    "s_hash",
];

/// Why a token was rejected: the kind of the error, and its claim.
pub type Reason = (ErrorKind, Option<&'static str>);

/// Returns the decision, which is ready at once since the keys are available.
pub fn decide(authenticator: &Authenticator, token: &str) -> Result<Claims, Reason> {
    let decision: Result<Claims, Error> = authenticator
        .authenticate(token)
        .now_or_never()
        .expect("no waiting");
    decision.map_err(|error| (error.kind(), error.claim().map(registered)))
}

fn registered(claim: &str) -> &'static str {
    let found = CLAIMS.iter().find(|name| **name == claim);
    found.expect("the name of a registered claim")
}
