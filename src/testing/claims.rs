//! Claims for the tests of handlers.

use std::time::SystemTime;

use futures::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::token::{seconds, to_json};
use super::{TestKey, unique};
use crate::algorithm::Algorithm;
use crate::jwk::Key;
use crate::jwt::Claims;
use crate::verify::{Audience, Authenticator, Issuer};

const ISSUER: &str = "https://issuer.test";
const AUDIENCE: &str = "https://api.example";

/// Returns claims for the tests of a handler, without a layer, an issuer and a request.
///
/// `claims` is an object. If `iss`, `aud`, `exp`, `iat` or `jti` is missing, it is added; `exp` is
/// 300 s from now. A token with these claims is signed with a key of its own (HS256), and verified:
/// as everywhere, claims are those of a verified token. ID tokens, numbers as `sub`, and `cnf`
/// without a proof are accepted.
///
/// To test an extractor or a service, insert the claims into the extensions of a request.
///
/// # Panics
///
/// If `claims` is not an object, does not fit `C`, or if no layer accepts a token with these
/// claims, for example because it has expired. The message has the outcome of each check.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use tower_jwt_auth::{Claims, MissingClaims, testing};
///
/// async fn greeting(claims: Claims) -> String {
///     format!("hello {}", claims.subject().unwrap_or_default())
/// }
///
/// let claims = testing::claims(json!({"sub": "alice", "scope": "orders:read"}));
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(greeting(claims).await, "hello alice");
/// # });
///
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(testing::claims::<Value>(json!({"sub": "alice"})));
/// # use serde_json::Value;
/// assert!(Claims::<Value>::from_extensions(request.extensions()).is_ok());
/// ```
#[must_use]
pub fn claims<C>(claims: impl Serialize) -> Claims<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    let claims = completed(to_json("claims", claims));
    let key = TestKey::generate(Algorithm::HS256);
    let authenticator = authenticator::<C>(&key, &claims);
    let header = json!({"alg": "HS256", "kid": key.key_id(), "typ": "JWT"}).to_string();
    let token = key.sign_raw(&header, Value::Object(claims).to_string().as_bytes());
    let verified = authenticator.authenticate(&token).now_or_never();
    let verified = verified.expect("testing::claims: fixed keys need not be fetched");
    verified.unwrap_or_else(|error| {
        let diagnosis = authenticator.diagnose(&token).now_or_never();
        let diagnosis = diagnosis.map(|diagnosis| diagnosis.to_string());
        let diagnosis = diagnosis.unwrap_or_default();
        panic!("testing::claims: no layer accepts a token with these claims: {error}\n{diagnosis}")
    })
}

/// Adds the registered claims that are missing.
fn completed(claims: Value) -> Map<String, Value> {
    let Value::Object(mut claims) = claims else {
        panic!("testing::claims: must be an object, such as json!({{\"sub\": \"alice\"}})");
    };
    let now = seconds(SystemTime::now());
    for (name, value) in [
        ("iss", json!(ISSUER)),
        ("aud", json!(AUDIENCE)),
        ("iat", json!(now)),
        ("exp", json!(now.saturating_add(300))),
        ("jti", json!(unique("token"))),
    ] {
        claims.entry(name).or_insert(value);
    }
    claims
}

/// Returns an authenticator that trusts the key, for the issuer and the audience of the claims.
fn authenticator<C>(key: &TestKey, claims: &Map<String, Value>) -> Authenticator<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    let secret = key.secret().unwrap_or_default();
    let secret = Key::from_secret(Algorithm::HS256, secret).expect("testing::claims: a secret");
    let issuer = claims.get("iss").and_then(Value::as_str);
    let issuer = issuer.expect("testing::claims: `iss` must be a string");
    let audience: Audience = match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        name => name.and_then(Value::as_str).unwrap_or(AUDIENCE).into(),
    };
    let issuer = Issuer::from_keys(issuer, secret, audience)
        .allow_id_tokens()
        .allow_numeric_subject();
    let issuer = if claims.contains_key("cnf") {
        issuer.dangerous_accept_bound_as_bearer()
    } else {
        issuer
    };
    Authenticator::builder(issuer)
        .claims::<C>()
        .max_token_len(1024 * 1024)
        .max_members(100_000)
        .build_authenticator()
        .unwrap_or_else(|error| panic!("testing::claims: {error}"))
}
