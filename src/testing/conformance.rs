//! Signature checks for conformance vectors, whose payloads are rarely claims.

use crate::encoding::base64url;
use crate::jwk::{Header, KeySet};
use crate::jwt::Compact;

/// Returns whether one of the keys has signed `jws`, a JWS in compact form (RFC 7515 §7.1).
///
/// Checks header, algorithm, key and signature with the code that checks every token. Of the
/// payload it checks only that it is base64url, so this is not authentication.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::testing::{TestKey, is_signed};
/// use tower_jwt_auth::{Algorithm, Key};
///
/// let key = TestKey::generate(Algorithm::ES256);
/// let jws = key.sign_raw(r#"{"alg":"ES256"}"#, b"no claims");
/// assert!(is_signed(&jws, &Key::from_jwk(&key.jwk().to_string())?.into()));
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[must_use]
pub fn is_signed(jws: &str, keys: &KeySet) -> bool {
    let Ok(jws) = Compact::parse(jws.as_bytes()) else {
        return false;
    };
    let header = Header::read(jws.header, usize::MAX, |_, _| Ok(()));
    base64url::decode(jws.payload).is_some()
        && header.is_ok_and(|(header, ())| jws.check_signature(&header, keys, "").is_ok())
}
