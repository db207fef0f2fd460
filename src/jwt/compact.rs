//! A JWS in compact form (RFC 7515 §7.1): three parts, the header read, the signature yet to be checked.

use super::header::Header;
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::crypto::Verifier;
use crate::error::{Error, ErrorKind};
use crate::jwk::KeySet;

/// Room for a decoded header without an allocation; larger ones are rare.
const USUAL_HEADER: usize = 512;
/// The longest signature: RSA with 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
/// Its length in base64url.
const LONGEST_ENCODED: usize = 1366;

/// What a token says of itself in its header, and what is signed.
pub(crate) struct Compact<'t> {
    /// Header and payload as they were signed.
    signing_input: &'t str,
    /// In base64url.
    pub(super) payload: &'t str,
    signature: &'t str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Box<str>>,
}

/// One of the keys made the signature. Made here and nowhere else.
pub(super) struct Proof(());

impl<'t> Compact<'t> {
    /// Cuts the token up and reads its header; `typ` is handed to `check`.
    pub(crate) fn read<T>(
        token: &'t str,
        check: impl FnOnce(Algorithm, Option<&str>) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        let (signing_input, signature, header, payload) = split(token)?;
        let mut stack = [0; USUAL_HEADER];
        let heap;
        // Tried on the stack first; what does not fit there, or is no base64url, is looked at once more.
        let json = if let Some(json) = base64url::decode_into(header, &mut stack) {
            json
        } else {
            heap = base64url::decode(header).ok_or(ErrorKind::MalformedToken)?;
            &heap
        };
        let header = Header::parse(std::str::from_utf8(json).map_err(|_| ErrorKind::MalformedToken)?)?;
        let checked = check(header.algorithm, header.typ.as_deref())?;
        let (algorithm, key_id) = (header.algorithm, header.key_id.map(Into::into));
        Ok((Self { signing_input, payload, signature, algorithm, key_id }, checked))
    }

    /// Tries the keys that may have signed it, each parsed for the algorithm of the header and for it alone.
    pub(super) fn check_signature(&self, keys: &KeySet) -> Result<Proof, ErrorKind> {
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
        let mut candidates = keys.candidates(self.key_id.as_deref(), self.algorithm);
        if candidates.any(verifies) { Ok(Proof(())) } else { Err(kind) }
    }

    /// Whether one of the keys made the signature, whatever was signed.
    #[allow(dead_code, reason = "feature `testing` is what uses it")]
    pub(crate) fn is_signed_by(&self, keys: &KeySet) -> bool {
        base64url::decode(self.payload).is_some() && self.check_signature(keys).is_ok()
    }
}

/// Signing input, signature, header and payload of a token with exactly two dots.
fn split(token: &str) -> Result<(&str, &str, &str, &str), Error> {
    let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
    let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
        return Err(ErrorKind::MalformedToken.into());
    };
    let parts = token.split_at_checked(second).and_then(|(signing_input, signature)| {
        let (header, payload) = signing_input.split_at_checked(first)?;
        Some((signing_input, signature.get(1..)?, header, payload.get(1..)?))
    });
    let parts = parts.filter(|(_, signature, ..)| !signature.is_empty());
    parts.ok_or_else(|| ErrorKind::MalformedToken.into())
}
