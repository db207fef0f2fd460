//! Signs a token with a secret in a file, to try a service.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tower_jwt_auth::{Algorithm, Key, Secret, SecretEncoding};

const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A token to sign.
pub(crate) struct Token {
    /// The file of the secret, whose name is the `kid`.
    pub(crate) file: PathBuf,
    pub(crate) encoding: SecretEncoding,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) subject: Option<String>,
}

impl Token {
    /// Returns the token, which expires in five minutes.
    pub(crate) fn sign(&self, algorithm: Algorithm) -> Result<String, Box<dyn Error>> {
        let secret = Secret::from_encoded_file(&self.file, self.encoding)?;
        // A secret that no service accepts is an error here, too.
        Key::from_secret(algorithm, &secret)?;
        let header = json!({ "alg": algorithm.name(), "typ": "JWT", "kid": key_id(&self.file)? });
        let signed = format!("{}.{}", encoded(&header), encoded(&self.claims()?));
        let key = hmac::Key::new(hash(algorithm)?, secret.as_ref());
        let tag = hmac::sign(&key, signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    fn claims(&self) -> Result<Value, Box<dyn Error>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let mut claims = json!({
            "iss": self.issuer,
            "aud": self.audience,
            "iat": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        if let Some(subject) = &self.subject {
            claims["sub"] = json!(subject);
        }
        Ok(claims)
    }
}

fn key_id(file: &Path) -> Result<&str, &'static str> {
    let name = file.file_name().and_then(|name| name.to_str());
    name.ok_or("the name of the file is the `kid`: it must be UTF-8")
}

fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn hash(algorithm: Algorithm) -> Result<hmac::Algorithm, &'static str> {
    match algorithm {
        Algorithm::HS256 => Ok(hmac::HMAC_SHA256),
        Algorithm::HS384 => Ok(hmac::HMAC_SHA384),
        Algorithm::HS512 => Ok(hmac::HMAC_SHA512),
        _ => Err("--algorithm: must be HS256, HS384 or HS512"),
    }
}
