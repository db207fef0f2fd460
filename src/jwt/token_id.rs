//! The id of an introspected token.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;

use crate::crypto::sha256;
use crate::encoding::{base64url, json};

/// Returns what identifies a token among those of its issuer, for a revocation, if the answer has no
/// `jti`: its SHA-256, so that each instance of a service computes the same. Nothing of the token
/// can be read in it.
///
/// The signature of a JWT is left out: one that was made for the same text can have another form
/// that is valid, too, such as (r, n − s) of ECDSA.
pub(super) fn token_id(token: &str) -> Arc<str> {
    let hash = sha256(&[signed_part(token).unwrap_or(token).as_bytes()]);
    URL_SAFE_NO_PAD.encode(hash).into()
}

/// Returns the header and the payload of a JWT that is signed.
fn signed_part(token: &str) -> Option<&str> {
    let (signed, _) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    if payload.contains('.') {
        return None;
    }
    // Opaque tokens can have three parts, too.
    json::object::<IgnoredAny>(&base64url::decode(header)?)?;
    Some(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJFUzI1NiJ9.e30";

    #[test]
    fn the_id_is_the_hash_of_the_token() {
        // FIPS 180-2, appendix B.1.
        let abc = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(&*token_id("abc"), abc);
    }

    #[test]
    fn tokens_that_differ_have_different_ids() {
        let jwe = format!("{JWT}.a.b");
        let tokens = [
            "a", "b", "A", "a=", "a.b.c", "a.b.d", "a.b", "e30", "e30.", &jwe, JWT,
        ];
        let ids: std::collections::HashSet<_> =
            tokens.iter().map(|token| token_id(token)).collect();
        assert_eq!(ids.len(), tokens.len());
        assert_ne!(token_id(&format!("{jwe}.c")), token_id(&format!("{jwe}.d")));
    }

    #[test]
    fn the_signature_of_a_jwt_does_not_count() {
        for signature in ["", "AAAA", "AAAB", "AAA="] {
            assert_eq!(
                token_id(&format!("{JWT}.{signature}")),
                token_id(&format!("{JWT}.x"))
            );
        }
    }
}
