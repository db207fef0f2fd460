//! The compact serialization of a JWS (RFC 7515 §7.1): its parts, and the check of its signature.

use crate::crypto::Verifier;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::{Header, KeySet};

/// The length of the longest signature, that of an RSA key of 8192 bits.
const MAX_SIGNATURE_LEN: usize = 1024;
/// The same in base64url.
const MAX_ENCODED_LEN: usize = 1366;
/// The length of the longest usual signature, that of an RSA key of 2048 bits, and its length in
/// base64url. A smaller buffer takes less time to clear.
const USUAL_SIGNATURE_LEN: usize = 256;
const USUAL_ENCODED_LEN: usize = 342;

/// The parts of a token, each still in base64url.
pub(crate) struct Compact<'t> {
    /// Header and payload, with the dot between them: what is signed.
    signing_input: &'t [u8],
    pub(crate) header: &'t [u8],
    pub(crate) payload: &'t [u8],
    signature: &'t [u8],
}

/// Proof that one of the keys made the signature. Only this file makes it.
pub(crate) struct Proof(());

impl<'t> Compact<'t> {
    /// Splits a token. Rejects one that does not have exactly two dots, or has an empty signature.
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

    /// Checks the signature with the keys that may have made it. Each key is parsed for one
    /// algorithm, and used only for that.
    pub(crate) fn check_signature(
        &self,
        header: &Header,
        keys: &KeySet,
    ) -> Result<Proof, ErrorKind> {
        if self.signature.len() <= USUAL_ENCODED_LEN {
            self.check_in([0; USUAL_SIGNATURE_LEN], header, keys)
        } else {
            self.check_in([0; MAX_SIGNATURE_LEN], header, keys)
        }
    }

    /// Rejects a signature that no key could have made, because it is too long or not base64url.
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
