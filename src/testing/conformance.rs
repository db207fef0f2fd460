//! For conformance vectors, whose payloads are rarely claims.

use crate::jwk::KeySet;
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
/// assert!(is_signed(&jws, &Key::jwk(&key.jwk().to_string())?.into()));
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[must_use]
pub fn is_signed(jws: &str, keys: &KeySet) -> bool {
    Compact::read(jws, |_, _| Ok(())).is_ok_and(|(jws, ())| jws.is_signed_by(keys))
}
