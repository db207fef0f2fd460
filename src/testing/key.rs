//! Keys that sign test tokens.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::token::TokenBuilder;
use super::{spki, unique};
use crate::algorithm::Algorithm;
use crate::crypto::NEEDS_FEATURE;
use crate::signing::Signer;

/// The parameters of a JWK, in big-endian bytes (RFC 7518 §6). EC coordinates are padded to the
/// size of the field. `n` and `e` have no leading zeros.
pub(crate) enum PublicParts {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Ec {
        x: Vec<u8>,
        y: Vec<u8>,
    },
    Ed {
        x: Vec<u8>,
    },
    /// The encoded key (RFC 9964 §5).
    MlDsa {
        public: Vec<u8>,
    },
    Secret(Vec<u8>),
}

/// A key pair or shared secret with an id and one algorithm, generated at run time.
///
/// Clones share the key. [`with_key_id`](Self::with_key_id) gives it another id.
///
/// # Examples
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
    /// Generates a key with a unique id.
    ///
    /// RSA keys have 2048 bits. They take about 100 ms to generate, and 500 ms in unoptimized pure
    /// Rust, so tests should share them. A secret is as long as the hash of its algorithm.
    ///
    /// # Panics
    ///
    /// If the algorithm is ML-DSA, and this build [does not verify](Algorithm::is_supported) it.
    #[must_use]
    #[track_caller]
    pub fn generate(algorithm: Algorithm) -> Self {
        assert!(
            algorithm.is_supported(),
            "TestKey: {algorithm} {NEEDS_FEATURE}"
        );
        let key_id = unique(&algorithm.name().to_ascii_lowercase());
        Self {
            key_id,
            algorithm,
            signer: Arc::new(Signer::generate(algorithm)),
        }
    }

    /// Returns an HMAC key with this secret, which may be too weak for a service to accept.
    ///
    /// # Panics
    ///
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

    /// Sets the id of the key.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = key_id.into();
        self
    }

    /// Returns the id of the key: `kid` of its JWK and of its tokens.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Returns the algorithm that the key signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the JWK of the public key (RFC 7517), with `use`, `alg` and `kid`. For an HMAC
    /// algorithm it contains the secret itself (`oct`).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let mut jwk = match self.signer.public() {
            PublicParts::Rsa { n, e } => {
                json!({"kty": "RSA", "n": base64url(n), "e": base64url(e)})
            }
            PublicParts::Ec { x, y } => {
                let curve = curve_name(self.algorithm);
                json!({"kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y)})
            }
            PublicParts::Ed { x } => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(x)}),
            PublicParts::MlDsa { public } => json!({"kty": "AKP", "pub": base64url(public)}),
            PublicParts::Secret(secret) => json!({"kty": "oct", "k": base64url(secret)}),
        };
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.name());
        jwk["kid"] = json!(self.key_id);
        jwk
    }

    /// Returns the shared secret, or `None` if the algorithm is not an HMAC one.
    #[must_use]
    pub fn secret(&self) -> Option<Vec<u8>> {
        match self.signer.public() {
            PublicParts::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    /// Returns the public key as PEM (RFC 7468 §13): `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Panics
    ///
    /// If the algorithm is an HMAC one: a shared secret has no public key.
    #[must_use]
    pub fn pem(&self) -> String {
        spki::pem(&self.der())
    }

    /// Returns the public key as DER: a `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    ///
    /// # Panics
    ///
    /// If the algorithm is an HMAC one: a shared secret has no public key.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let der = spki::der(self.algorithm, &self.signer.public());
        der.unwrap_or_else(|| {
            panic!(
                "TestKey: a shared secret ({}) has no public key: use `secret`",
                self.algorithm
            )
        })
    }

    /// Signs a header and a payload as they are, and returns the token. They need not be JSON, so
    /// the token may be one that must be rejected.
    ///
    /// # Examples
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

    /// Returns a builder of a valid token that this key signs. Its `iss` is not set.
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
