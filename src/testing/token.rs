//! Tokens for tests.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::dpop_client::DpopClient;
use super::json_overrides::{Members, overridden};
use super::key::TestKey;
use super::unique;
use crate::clock::Clock;
use crate::crypto::sha256;

/// A builder of tokens. It starts with a valid token, and each setter changes one thing.
///
/// | part | default |
/// |---|---|
/// | header | `alg` and `kid` of the key, `typ` `"JWT"` |
/// | `iss` | the issuer, in [its tokens](crate::testing::TestIssuer::token); else absent |
/// | `sub` | `"test-subject"` |
/// | `aud` | `"https://api.example"` |
/// | `iat`, `exp` | now, and 300 s later |
/// | `jti` | a new one for each [`sign`](Self::sign) |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::Algorithm;
/// use tower_jwt_auth::testing::TestKey;
///
/// let key = TestKey::generate(Algorithm::ES256);
/// let valid = key.token().subject("alice").scope("orders:read orders:write");
/// let anonymous = valid.clone().without_claim("sub").sign();
/// let expired = valid.clone().expired().sign();
/// let unsigned_algorithm = valid.header("alg", "none").sign();
/// # assert!(anonymous != expired && expired != unsigned_algorithm);
/// ```
#[derive(Clone)]
#[must_use = "`sign` makes the token"]
pub struct TokenBuilder {
    key: TestKey,
    /// In seconds since 1970. Negative before.
    issued_at: i64,
    /// In seconds.
    lifetime: i64,
    header: Members,
    claims: Members,
}

impl fmt::Debug for TokenBuilder {
    /// Shows the key, and no claims.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBuilder")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl TokenBuilder {
    pub(super) fn new(key: &TestKey) -> Self {
        let issued_at = seconds(SystemTime::now());
        Self {
            key: key.clone(),
            issued_at,
            lifetime: 300,
            header: Members::new(),
            claims: Members::new(),
        }
    }

    /// Sets `sub` (RFC 7519 §4.1.2).
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// Sets `aud` (RFC 7519 §4.1.3): a string, or an array of strings.
    pub fn audience(self, audience: impl Serialize) -> Self {
        self.claim("aud", audience)
    }

    /// Sets `iss` (RFC 7519 §4.1.1).
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.claim("iss", issuer.into())
    }

    /// Sets `scope` (RFC 9068 §2.2.3): scopes separated by spaces.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.claim("scope", scope.into())
    }

    /// Binds the token to the key of a client that uses DPoP: sets `cnf.jkt` (RFC 9449 §6.1).
    /// Other members of `cnf` stay.
    pub fn bound_to(self, client: &DpopClient) -> Self {
        self.confirmation("jkt", client.thumbprint())
    }

    /// Binds the token to the client's certificate with these bytes in DER: sets `x5t#S256` of
    /// `cnf` (RFC 8705 §3.1). Other members of `cnf` stay.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Algorithm;
    /// use tower_jwt_auth::testing::TestKey;
    ///
    /// let key = TestKey::generate(Algorithm::ES256);
    /// # let certificate: &[u8] = b"certificate";
    /// let token = key.token().bound_to_certificate(certificate).sign();
    /// # drop(token);
    /// ```
    pub fn bound_to_certificate(self, der: impl AsRef<[u8]>) -> Self {
        let thumbprint = sha256(&[der.as_ref()]);
        self.confirmation("x5t#S256", URL_SAFE_NO_PAD.encode(thumbprint))
    }

    /// Sets a member of `cnf` (RFC 7800 §3.1), and leaves the others.
    fn confirmation(mut self, method: &str, value: String) -> Self {
        let cnf = self.claims.entry("cnf".to_owned()).or_default();
        let mut members = match cnf.take() {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        members.insert(method.to_owned(), Value::String(value));
        *cnf = Some(Value::Object(members));
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

    /// Sets the time from `iat` to `exp`, in whole seconds. Default: 300 seconds.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = whole_seconds(lifetime);
        self.claims.remove("exp");
        self
    }

    /// Makes the token expired: moves `iat` back, and `exp` with it, so that `exp` is an hour
    /// before the former `iat`. An `iat` that was set with [`claim`](Self::claim) is not changed,
    /// and does not move `exp`.
    pub fn expired(mut self) -> Self {
        self.issued_at = self
            .issued_at
            .saturating_sub(self.lifetime.saturating_add(3600));
        self.claims.remove("exp");
        self
    }

    /// Sets `iat`, and moves `exp` with it. A claim that was set or removed with
    /// [`claim`](Self::claim) or [`without_claim`](Self::without_claim) takes precedence.
    pub fn issued_at(mut self, time: SystemTime) -> Self {
        self.issued_at = seconds(time);
        self
    }

    /// As [`issued_at`](Self::issued_at), with the time that a clock shows.
    pub fn clock(self, clock: &dyn Clock) -> Self {
        let now = clock.now();
        self.issued_at(now)
    }

    /// Sets the key that signs, and `alg` and `kid` of the header with it. A parameter that was set
    /// or removed with [`header`](Self::header) or [`without_header`](Self::without_header) takes
    /// precedence.
    pub fn key(mut self, key: &TestKey) -> Self {
        self.key = key.clone();
        self
    }

    /// Signs the token and returns it in compact form (RFC 7515 §7.1).
    #[must_use]
    pub fn sign(&self) -> String {
        let header =
            json!({"alg": self.key.algorithm().name(), "kid": self.key.key_id(), "typ": "JWT"});
        let claims = json!({
            "sub": "test-subject",
            "aud": "https://api.example",
            "iat": self.issued_at,
            "exp": self.issued_at.saturating_add(self.lifetime),
            "jti": unique("token"),
        });
        let header = overridden(header, &self.header);
        let claims = overridden(claims, &self.claims);
        self.key
            .sign_raw(&header.to_string(), claims.to_string().as_bytes())
    }
}

pub(super) fn to_json(name: &str, value: impl Serialize) -> Value {
    serde_json::to_value(value)
        .unwrap_or_else(|error| panic!("TokenBuilder: `{name}` can't be written as JSON: {error}"))
}

/// Returns a `NumericDate` (RFC 7519 §2).
pub(super) fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => whole_seconds(after),
        Err(before) => whole_seconds(before.duration()).saturating_neg(),
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
