//! The provider: its key, the JWK set that it publishes, its tokens, and the type of their claims.

use std::time::SystemTime;

use http::HeaderValue;
use serde::Deserialize;
use serde_json::json;
use tower_jwt_auth::Algorithm;

use crate::base64url;
use crate::signer::Signer;

pub const ISSUER: &str = "https://issuer.example/realms/production";
pub const AUDIENCE: &str = "https://api.example";
const KEY_ID: &str = "2026-11-signing";
const LIFETIME: u64 = 3600;

/// The custom claims that the service reads: the same as in the summary benchmark.
#[derive(Clone, Debug, Deserialize)]
pub struct MyClaims {
    pub tenant: String,
    pub roles: Vec<String>,
    pub email: String,
}

impl MyClaims {
    /// Returns whether these are the claims of the provider's tokens.
    pub fn are_expected(&self) -> bool {
        Self::match_expected(&self.tenant, &self.roles, &self.email)
    }

    /// The same, for a type with further fields.
    pub fn match_expected(tenant: &str, roles: &[String], email: &str) -> bool {
        tenant == "acme-industries" && roles.len() == 3 && email == "somebody@acme.example"
    }
}

/// A provider with one key.
pub struct Provider {
    pub algorithm: Algorithm,
    signer: Signer,
}

impl Provider {
    /// Returns a provider with a new key.
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            signer: Signer::generate(algorithm),
        }
    }

    /// Returns the key as a JWK (RFC 7517 §4).
    pub fn jwk(&self) -> String {
        let mut jwk = self.signer.jwk();
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm.name());
        jwk["kid"] = json!(KEY_ID);
        jwk.to_string()
    }

    /// Returns the JWK set (RFC 7517 §5).
    pub fn jwks(&self) -> String {
        format!(r#"{{"keys":[{}]}}"#, self.jwk())
    }

    /// Returns a token with the claims of the summary benchmark, and another `jti` for each number.
    pub fn token(&self, number: usize) -> String {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let header = json!({"alg": self.algorithm.name(), "kid": KEY_ID, "typ": "JWT"});
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "0d4f9a52-4e5b-4a3e-9f1b-2f6c7d8e9a10",
            "iat": now,
            "exp": now + LIFETIME,
            "jti": format!("7e5f1c3a-91d2-4a57-b7a5-{number:012x}"),
            "client_id": "web-frontend",
            "scope": "openid profile email orders:read orders:write",
            "tenant": "acme-industries",
            "roles": ["reader", "writer", "auditor"],
            "email": "somebody@acme.example",
            "name": "Some Body",
            "session": "7e5f1c3a-91d2-4a57-b7a5-0c1d2e3f4a5b",
        });
        let message = format!(
            "{}.{}",
            base64url(header.to_string()),
            base64url(claims.to_string())
        );
        let signature = base64url(self.signer.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// Returns aws-lc-rs's own verification of a token, with a parsed key and decoded bytes.
    pub fn bare_check(&self) -> impl FnMut() + use<> {
        let token = self.token(0);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (message, signature) = (
            message.as_bytes().to_vec(),
            crate::from_base64url(signature),
        );
        let verify = self.signer.verifier();
        move || {
            verify(
                std::hint::black_box(&message),
                std::hint::black_box(&signature),
            );
        }
    }
}

/// Returns the value of an `Authorization` header with the token.
pub fn bearer(token: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer {token}")).unwrap()
}

/// Returns the token with one bit of its signature flipped.
pub fn with_flipped_bit(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut signature = crate::from_base64url(signature);
    let middle = signature.len() / 2;
    signature[middle] ^= 1;
    format!("{message}.{}", base64url(signature))
}
