//! For conformance vectors, whose payloads are rarely claims.

use crate::encoding::base64url;
use crate::jwk::{Header, KeySet};
use crate::jwt::Compact;

/// Whether `jws`, in compact form, is signed by one of the keys, by the same code that checks every token: its header,
/// algorithm, key choice and signature. What was signed does not matter, so this is not authentication.
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
    let header = Header::read(jws.header, |_, _| Ok(()));
    base64url::decode(jws.payload).is_some()
        && header.is_ok_and(|(header, ())| jws.check_signature(&header, keys).is_ok())
}
