//! Recognizing keys that are passed as secrets. Every holder of a public key could sign with it
//! (CVE-2015-9235).
//!
//! Reads in place: a copy would not be wiped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

/// No public key or certificate in base64 is longer: other secrets are not copied.
const MAX_KEY_FILE_LEN: usize = 16 * 1024;
/// How the types of SSH keys start, which come first.
const SSH_KEYS: [&[u8]; 4] = [b"ssh-", b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-sha2-"];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns whether a secret is the text of a key: PEM of any kind, a JWK or a JWK set, or an SSH key.
pub(super) fn is_key_text(secret: &[u8]) -> bool {
    let text = secret.strip_prefix(BYTE_ORDER_MARK).unwrap_or(secret);
    let text = text.trim_ascii_start();
    let is_json = text.starts_with(b"{") || text.starts_with(b"[");
    is_json && contains(text, b"\"kty\"")
        || contains(text, b"-----BEGIN ")
        || SSH_KEYS.iter().any(|start| text.starts_with(start))
}

/// Returns whether a secret is a public key or a certificate in DER, also in base64, which is PEM
/// without its first and last line.
pub(super) fn is_public_key(secret: &[u8]) -> bool {
    is_key_der(secret) || is_key_der(secret.trim_ascii_end()) || is_key_base64(secret)
}

fn is_key_der(der: &[u8]) -> bool {
    super::pem::is_public_der(der) || super::certificate::is_der(der)
}

/// Returns whether a text is a public key or a certificate in base64, as consoles of issuers show
/// it.
fn is_key_base64(text: &[u8]) -> bool {
    let symbols = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace());
    let symbols = symbols.map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    });
    // The first byte is `SEQUENCE`, which no other first symbol encodes.
    if text.len() > MAX_KEY_FILE_LEN || !symbols.clone().take(1).eq([b'M']) {
        return false;
    }
    // Does not grow, which would leave copies that are not wiped.
    let mut copy = Zeroizing::new(Vec::with_capacity(text.len()));
    copy.extend(symbols.filter(|byte| *byte != b'='));
    let der = STANDARD_NO_PAD.decode(&*copy).map(Zeroizing::new);
    der.is_ok_and(|der| is_key_der(&der))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
