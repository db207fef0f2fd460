//! A key pair, or a shared secret, to sign test tokens with.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::token::TokenBuilder;
use super::{spki, unique};
use crate::algorithm::Algorithm;
use crate::signing::Signer;

/// What there is to publish of a key: big-endian, EC coordinates padded to the field's size, `n` and `e` without
/// leading zeros.
pub(crate) enum PublicParts {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec { x: Vec<u8>, y: Vec<u8> },
    Ed { x: Vec<u8> },
    Secret(Vec<u8>),
}

/// A signing key made at run time, with an id and one algorithm.
///
/// Clones share the key; [`with_key_id`](Self::with_key_id) gives the same key under another name.
///
/// ```
/// use tower_jwt_auth::Algorithm;
/// use tower_jwt_auth::testing::TestKey;
///
/// let key = TestKey::generate(Algorithm::ES256).with_key_id("2026-01");
/// assert_eq!(key.jwk()["crv"], "P-256");
/// let token = key.token().subject("alice").sign();
/// assert_eq!(token.split('.').count(), 3);
/// ```
#[derive(Clone)]
pub struct TestKey {
    key_id: String,
    algorithm: Algorithm,
    signer: Arc<Signer>,
}

impl TestKey {
    /// A new key with a unique id.
    ///
    /// RSA keys have 2048 bits and take a tenth of a second or so (half a second in unoptimized pure Rust), so share
    /// them between tests. A secret is as long as the hash of its algorithm.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Self {
        let key_id = unique(&algorithm.name().to_ascii_lowercase());
        Self {
            key_id,
            algorithm,
            signer: Arc::new(Signer::generate(algorithm)),
        }
    }

    /// An HMAC key of a chosen secret, even of one that no service should accept.
    ///
    /// # Panics
    /// If the algorithm is not an HMAC one.
    #[must_use]
    pub fn from_secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Self {
        let key_id = unique(&algorithm.name().to_ascii_lowercase());
        Self {
            key_id,
            algorithm,
            signer: Arc::new(Signer::from_secret(algorithm, secret.as_ref())),
        }
    }

    /// The same key under another id.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = key_id.into();
        self
    }

    /// The `kid`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The one algorithm that the key signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The JWK (RFC 7517) of the public key, with `use`, `alg` and `kid`. For HMAC it is the secret itself (`oct`).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let mut jwk = match self.signer.public() {
            PublicParts::Rsa { n, e } => {
                json!({"kty": "RSA", "n": base64url(n), "e": base64url(e)})
            }
            PublicParts::Ec { x, y } => {
                json!({"kty": "EC", "crv": curve_name(self.algorithm), "x": base64url(x), "y": base64url(y)})
            }
            PublicParts::Ed { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(x)}),
            PublicParts::Secret(secret) => json!({"kty": "oct", "k": base64url(secret)}),
        };
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.name());
        jwk["kid"] = json!(self.key_id);
        jwk
    }

    /// The shared secret; `None` unless the algorithm is an HMAC one.
    #[must_use]
    pub fn secret(&self) -> Option<Vec<u8>> {
        match self.signer.public() {
            PublicParts::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// The public key as PEM: `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Panics
    /// If the algorithm is an HMAC one: a shared secret has no public half.
    #[must_use]
    pub fn pem(&self) -> String {
        spki::pem(&self.der())
    }

    /// The public key as DER: a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    ///
    /// # Panics
    /// If the algorithm is an HMAC one: a shared secret has no public half.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let der = spki::der(self.algorithm, &self.signer.public());
        der.unwrap_or_else(|| {
            panic!(
                "TestKey: a shared secret ({}) has no public key; see `secret`",
                self.algorithm
            )
        })
    }

    /// Signs a header and a payload exactly as given, be they JSON or not: for tokens that nobody should accept.
    ///
    /// ```
    /// use tower_jwt_auth::Algorithm;
    /// use tower_jwt_auth::testing::TestKey;
    ///
    /// let key = TestKey::generate(Algorithm::HS256);
    /// let token = key.sign_raw(r#"{"alg":"HS256","alg":"none"}"#, b"{}");
    /// assert!(token.starts_with("eyJhbGciOiJIUzI1NiIsImFsZyI6Im5vbmUifQ.e30."));
    /// ```
    #[must_use]
    pub fn sign_raw(&self, header_json: &str, payload: &[u8]) -> String {
        let message = format!("{}.{}", base64url(header_json), base64url(payload));
        let signature = base64url(self.signer.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// A token that this key will sign; without `iss`, which a key doesn't know.
    pub fn token(&self) -> TokenBuilder {
        TokenBuilder::new(self)
    }
}

/// Shows no key material.
impl fmt::Debug for TestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TestKey");
        shown
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn curve_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => "P-256",
        Algorithm::ES384 => "P-384",
        _ => "P-521",
    }
}
