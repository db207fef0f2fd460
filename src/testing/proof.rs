//! DPoP proofs for tests.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde::Serialize;
use serde_json::json;

use super::dpop_client::{DpopClient, with_proof};
use super::json_overrides::{Members, overridden};
use super::key::TestKey;
use super::token::{seconds, to_json};
use super::unique;
use crate::clock::Clock;
use crate::crypto::sha256;

/// A builder of DPoP proofs. It starts with a valid proof, and each setter changes one thing.
///
/// | part | default |
/// |---|---|
/// | header | `typ` `"dpop+jwt"`, `alg` and `jwk` of the client |
/// | `htm`, `htu`, `ath` | for the request and the token that the proof is made for |
/// | `iat` | now |
/// | `jti` | a new one for each [`sign`](Self::sign) |
/// | `nonce` | the last one of the server, if there is one |
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Algorithm;
/// use tower_jwt_auth::testing::{DpopClient, TestKey};
///
/// let (client, other) = (DpopClient::generate(Algorithm::ES256), TestKey::generate(Algorithm::ES256));
/// let valid = client.proof("GET", "https://api.example/orders", "the-token");
/// let repeated = valid.clone().claim("jti", "1");
/// let wrong_type = valid.clone().header("typ", "JWT").sign();
/// let wrong_signature = valid.signed_by(&other).sign();
/// # assert!(repeated.sign() != wrong_type && wrong_type != wrong_signature);
/// ```
#[derive(Clone)]
#[must_use = "`sign` makes the proof"]
pub struct ProofBuilder {
    key: TestKey,
    token: String,
    /// In seconds since 1970. Negative before.
    issued_at: i64,
    header: Members,
    claims: Members,
}

impl ProofBuilder {
    pub(super) fn new(client: &DpopClient, method: &str, uri: &str, token: &str) -> Self {
        let htu = uri.split(['?', '#']).next().unwrap_or(uri);
        let alg = client.key().algorithm().name();
        Self {
            key: client.key().clone(),
            token: token.to_owned(),
            issued_at: seconds(SystemTime::now()),
            header: Members::new(),
            claims: Members::new(),
        }
        .header("alg", alg)
        .header("jwk", client.jwk())
        .claim("htm", method)
        .claim("htu", htu)
        .claim("ath", URL_SAFE_NO_PAD.encode(sha256(&[token.as_bytes()])))
    }

    /// Sets any member of the header to a value of any type.
    ///
    /// # Panics
    ///
    /// If `value` can't be written as JSON.
    pub fn header(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        let value = to_json(&name, value);
        self.header.insert(name, Some(value));
        self
    }

    /// Removes a member of the header.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.insert(name.into(), None);
        self
    }

    /// Sets any claim to a value of any type.
    ///
    /// # Panics
    ///
    /// If `value` can't be written as JSON.
    pub fn claim(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        let name = name.into();
        let value = to_json(&name, value);
        self.claims.insert(name, Some(value));
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: impl Into<String>) -> Self {
        self.claims.insert(name.into(), None);
        self
    }

    /// Sets `iat`. A claim that was set or removed with [`claim`](Self::claim) or
    /// [`without_claim`](Self::without_claim) takes precedence.
    pub fn issued_at(mut self, time: SystemTime) -> Self {
        self.issued_at = seconds(time);
        self
    }

    /// As [`issued_at`](Self::issued_at), with the time that a clock shows.
    pub fn clock(self, clock: &dyn Clock) -> Self {
        let now = clock.now();
        self.issued_at(now)
    }

    /// Sets the key that signs. The header stays as it is, so the signature is not that of its
    /// `jwk`.
    pub fn signed_by(mut self, key: &TestKey) -> Self {
        self.key = key.clone();
        self
    }

    /// Signs the proof and returns it in compact form (RFC 7515 §7.1). For one that is malformed,
    /// use [`TestKey::sign_raw`].
    #[must_use]
    pub fn sign(&self) -> String {
        let header = overridden(json!({"typ": "dpop+jwt"}), &self.header);
        let claims = json!({"jti": unique("proof"), "iat": self.issued_at});
        let claims = overridden(claims, &self.claims);
        let claims = claims.to_string();
        self.key.sign_raw(&header.to_string(), claims.as_bytes())
    }

    /// Returns the request with the token that the proof is made for, in `Authorization`, and the
    /// proof in `DPoP`, in place of those that it has.
    ///
    /// # Panics
    ///
    /// If the token is not a header value.
    #[must_use]
    pub fn authorize<B>(&self, request: Request<B>) -> Request<B> {
        with_proof(request, &self.token, &self.sign())
    }
}

/// Shows the key, and neither claims nor the token.
impl fmt::Debug for ProofBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofBuilder")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
