//! A JWS in compact form (RFC 7515 §7.1): its parts, and the check of its signature.

use crate::crypto::Verifier;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::{Header, KeySet};

/// The longest signature: RSA with 8192 bits.
const MAX_SIGNATURE_LEN: usize = 1024;
/// Its length in base64url.
const MAX_ENCODED_LEN: usize = 1366;
/// The longest one that is common, RSA with 2048 bits, and its length in base64url. Less has to be cleared for it.
const COMMON_SIGNATURE: usize = 256;
const COMMON_ENCODED: usize = 342;

/// The parts of a token, each still in base64url.
pub(crate) struct Compact<'t> {
    /// Header and payload as they were signed.
    signing_input: &'t [u8],
    pub(crate) header: &'t [u8],
    pub(crate) payload: &'t [u8],
    signature: &'t [u8],
}

/// One of the keys made the signature. Made here and nowhere else.
pub(crate) struct Proof(());

impl<'t> Compact<'t> {
    /// Cuts a token that has exactly two dots.
    pub(crate) fn parse(token: &'t [u8]) -> Result<Self, Error> {
        let mut dots = memchr::memchr_iter(b'.', token);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(ErrorKind::MalformedToken.into());
        };
        let parts = token
            .split_at_checked(second)
            .and_then(|(signing_input, signature)| {
                let (header, payload) = signing_input.split_at_checked(first)?;
                Some(Self {
                    signing_input,
                    header,
                    payload: payload.get(1..)?,
                    signature: signature.get(1..)?,
                })
            });
        let parts = parts.filter(|parts| !parts.signature.is_empty());
        parts.ok_or_else(|| ErrorKind::MalformedToken.into())
    }

    /// Tries the keys that may have signed it, each parsed for the algorithm of the header and for it alone.
    pub(crate) fn check_signature(
        &self,
        header: &Header,
        keys: &KeySet,
    ) -> Result<Proof, ErrorKind> {
        if self.signature.len() <= COMMON_ENCODED {
            self.check_in([0; COMMON_SIGNATURE], header, keys)
        } else {
            self.check_in([0; MAX_SIGNATURE_LEN], header, keys)
        }
    }

    /// Whether the signature can be one at all, for which no key is needed.
    pub(crate) fn check_signature_form(&self) -> Result<(), ErrorKind> {
        self.decode_signature(&mut [0; MAX_SIGNATURE_LEN])
            .map(|_| ())
    }

    fn decode_signature<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], ErrorKind> {
        if self.signature.len() > MAX_ENCODED_LEN {
            return Err(ErrorKind::InvalidSignature);
        }
        base64url::decode_into(self.signature, buffer).ok_or(ErrorKind::MalformedToken)
    }

    fn check_in<const N: usize>(
        &self,
        mut buffer: [u8; N],
        header: &Header,
        keys: &KeySet,
    ) -> Result<Proof, ErrorKind> {
        let signature = self.decode_signature(&mut buffer)?;
        let mut kind = ErrorKind::UnknownKey;
        let verifies = |key: &Verifier| {
            kind = ErrorKind::InvalidSignature;
            key.verify(self.signing_input, signature)
        };
        let mut candidates = keys.candidates(header.key_id.as_deref(), header.algorithm);
        if candidates.any(verifies) {
            Ok(Proof(()))
        } else {
            Err(kind)
        }
    }
}
