//! Recognizing keys and tokens that are passed as secrets. Every holder of a public key could sign
//! with it (CVE-2015-9235).
//!
//! Reads in place: a copy would not be wiped.

use zeroize::Zeroizing;

use super::Key;
use super::secret_decoding::decodings;

/// How the types of SSH keys start, which come first.
const SSH_KEYS: [&[u8]; 4] = [b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-sha2-"];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns whether a secret is the text of a key: PEM of any kind, a JWK or a JWK set, or an SSH
/// key.
pub(super) fn is_key_text(secret: &[u8]) -> bool {
    let text = secret.strip_prefix(BYTE_ORDER_MARK).unwrap_or(secret);
    let text = text.trim_ascii_start();
    let is_json = text.starts_with(b"{") || text.starts_with(b"[");
    is_json && contains(text, b"\"kty\"")
        || contains(text, b"-----BEGIN ")
        || SSH_KEYS.iter().any(|start| text.starts_with(start))
}

/// Returns whether a secret is a public key or a certificate in DER, or the point of an EC key.
pub(super) fn is_public_key(secret: &[u8]) -> bool {
    is_key_der(secret) || is_key_der(secret.trim_ascii_end()) || is_ec_point(secret)
}

fn is_key_der(der: &[u8]) -> bool {
    super::pem::is_public_der(der) || super::certificate::is_der(der)
}

/// Returns whether a secret is the uncompressed point of an EC key, `04 ‖ x ‖ y` (SEC 1 §2.3.3), or
/// its coordinates alone. Random bytes practically never are on the curve.
fn is_ec_point(secret: &[u8]) -> bool {
    const UNCOMPRESSED: u8 = 4;

    match (secret.len(), secret.first()) {
        (65 | 97 | 133, Some(&UNCOMPRESSED)) => Key::ec(secret, None).is_ok(),
        (64 | 96 | 132, _) => {
            let point = Zeroizing::new([&[UNCOMPRESSED], secret].concat());
            Key::ec(&point, None).is_ok()
        }
        _ => false,
    }
}

/// Returns whether a secret is a JSON Web Token, signed (RFC 7515 §3.1) or encrypted (RFC 7516
/// §3.1), maybe with its scheme.
pub(super) fn is_token(secret: &[u8]) -> bool {
    let text = secret.trim_ascii();
    let token = match text.split_first_chunk::<7>() {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token.trim_ascii(),
        _ => text,
    };
    let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut parts = token.split(|byte| *byte == b'.');
    let has_form = matches!(parts.clone().count(), 3 | 5);
    let is_json = |value: &[u8]| value.starts_with(b"{") && value.ends_with(b"}");
    has_form
        && parts.clone().all(|part| part.iter().all(is_symbol))
        && parts
            .next()
            .is_some_and(|header| decodings(header).any(|(_, value)| is_json(&value)))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
