//! A JWS in compact form (RFC 7515 §7.1): its parts, and the check of its signature.

use crate::base64url;
use crate::crypto::Verifier;
use crate::error::{Error, ErrorKind};
use crate::jwk::{Header, KeySet};

/// The longest signature: RSA with 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
/// Its length in base64url.
const LONGEST_ENCODED: usize = 1366;

/// The parts of a token, each still in base64url.
pub(crate) struct Compact<'t> {
    /// Header and payload as they were signed.
    signing_input: &'t str,
    pub(crate) header: &'t str,
    pub(crate) payload: &'t str,
    signature: &'t str,
}

/// One of the keys made the signature. Made here and nowhere else.
pub(crate) struct Proof(());

impl<'t> Compact<'t> {
    /// Cuts a token that has exactly two dots.
    pub(crate) fn cut(token: &'t str) -> Result<Self, Error> {
        let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(ErrorKind::MalformedToken.into());
        };
        let parts = token.split_at_checked(second).and_then(|(signing_input, signature)| {
            let (header, payload) = signing_input.split_at_checked(first)?;
            Some(Self { signing_input, header, payload: payload.get(1..)?, signature: signature.get(1..)? })
        });
        let parts = parts.filter(|parts| !parts.signature.is_empty());
        parts.ok_or_else(|| ErrorKind::MalformedToken.into())
    }

    /// Tries the keys that may have signed it, each parsed for the algorithm of the header and for it alone.
    pub(crate) fn check_signature(&self, header: &Header, keys: &KeySet) -> Result<Proof, ErrorKind> {
        // Above the longest signature by what the decoder asks for beyond it.
        let mut buffer = [0; LONGEST_SIGNATURE + 2];
        if self.signature.len() > LONGEST_ENCODED {
            return Err(ErrorKind::InvalidSignature);
        }
        let signature = base64url::decode_into(self.signature, &mut buffer).ok_or(ErrorKind::MalformedToken)?;
        let mut kind = ErrorKind::UnknownKey;
        let verifies = |key: &Verifier| {
            kind = ErrorKind::InvalidSignature;
            key.verify(self.signing_input.as_bytes(), signature)
        };
        let mut candidates = keys.candidates(header.key_id.as_deref(), header.algorithm);
        if candidates.any(verifies) { Ok(Proof(())) } else { Err(kind) }
    }
}
