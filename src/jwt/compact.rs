//! The compact serialization of a JWS (RFC 7515 §7.1), and the check of its signature.

use crate::algorithm::Algorithm;
use crate::encoding::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::{Header, KeySet, Tried};

/// The maximum length in bytes of a signature that is not ML-DSA: that of RSA with 8192 bits.
const MAX_SIGNATURE_LEN: usize = 1024;
/// The length of such a signature in base64url.
const MAX_ENCODED_LEN: usize = 1366;
/// The length in bytes of a signature by RSA with 2048 bits. Most are not longer, and a smaller
/// buffer takes less time to zero.
const COMMON_SIGNATURE_LEN: usize = 256;
/// The length of such a signature in base64url.
const COMMON_ENCODED_LEN: usize = 342;

/// The parts of a token, in base64url.
pub(crate) struct Compact<'t> {
    /// Header and payload with the dot between them: the bytes that are signed.
    signing_input: &'t [u8],
    pub(crate) header: &'t [u8],
    pub(crate) payload: &'t [u8],
    signature: &'t [u8],
}

/// The proof that a key of the issuer made the signature. Only [`Compact::check_signature`] creates
/// it.
pub(crate) struct Proof(());

impl<'t> Compact<'t> {
    /// Splits a token at its dots. Requires exactly two, and a signature.
    pub(crate) fn parse(token: &'t [u8]) -> Result<Self, Error> {
        let mut dots = memchr::memchr_iter(b'.', token);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(ErrorKind::MalformedToken.into());
        };
        let parts = Self::split(token, first, second);
        debug_assert!(parts.is_some(), "the dots are found in the token");
        parts
            .filter(|parts| !parts.signature.is_empty())
            .ok_or_else(|| ErrorKind::MalformedToken.into())
    }

    /// Removes the padding of the parts, which the signature covers, so that they can be decoded.
    /// Leaves padding of a wrong length, which is then rejected.
    pub(crate) fn without_padding(self) -> Self {
        Self {
            signing_input: self.signing_input,
            header: without_padding(self.header),
            payload: without_padding(self.payload),
            signature: without_padding(self.signature),
        }
    }

    fn split(token: &'t [u8], first_dot: usize, second_dot: usize) -> Option<Self> {
        let (signing_input, signature) = token.split_at_checked(second_dot)?;
        let (header, payload) = signing_input.split_at_checked(first_dot)?;
        Some(Self {
            signing_input,
            header,
            payload: payload.get(1..)?,
            signature: signature.get(1..)?,
        })
    }

    /// Checks the signature with the keys that may have made it. Each of them is parsed for the
    /// algorithm of the header, and for no other. `issuer` is the one that the token names.
    pub(crate) fn check_signature(
        &self,
        header: &Header,
        keys: &KeySet,
        issuer: &str,
    ) -> Result<Proof, ErrorKind> {
        if let Some((_, len)) = header.algorithm.ml_dsa_lens() {
            let signature = self.decode_ml_dsa(len)?;
            self.check_with(&signature, header, keys, issuer)
        } else if self.signature.len() <= COMMON_ENCODED_LEN {
            self.check_in([0; COMMON_SIGNATURE_LEN], header, keys, issuer)
        } else {
            self.check_in([0; MAX_SIGNATURE_LEN], header, keys, issuer)
        }
    }

    /// Rejects a signature that is too long for every key of the algorithm, or not base64url.
    pub(crate) fn check_signature_form(&self, algorithm: Algorithm) -> Result<(), ErrorKind> {
        match algorithm.ml_dsa_lens() {
            Some((_, len)) => self.decode_ml_dsa(len).map(drop),
            None => self
                .decode_signature(&mut [0; MAX_SIGNATURE_LEN])
                .map(|_| ()),
        }
    }

    /// Decodes a signature of ML-DSA, which has exactly `len` bytes (RFC 9964 §5). It is on the
    /// heap, so that the stack of the other algorithms stays small.
    #[inline(never)]
    fn decode_ml_dsa(&self, len: usize) -> Result<Vec<u8>, ErrorKind> {
        if self.signature.len() != base64url::encoded_len(len) {
            return Err(ErrorKind::InvalidSignature);
        }
        base64url::decode(self.signature).ok_or(ErrorKind::MalformedToken)
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
        issuer: &str,
    ) -> Result<Proof, ErrorKind> {
        let signature = self.decode_signature(&mut buffer)?;
        self.check_with(signature, header, keys, issuer)
    }

    fn check_with(
        &self,
        signature: &[u8],
        header: &Header,
        keys: &KeySet,
        issuer: &str,
    ) -> Result<Proof, ErrorKind> {
        let tried =
            keys.try_candidates(issuer, header.key_id.as_deref(), header.algorithm, |key| {
                key.verify(self.signing_input, signature)
            });
        match tried {
            Tried::Verified => Ok(Proof(())),
            Tried::NoKey => Err(ErrorKind::UnknownKey),
            Tried::Invalid => Err(ErrorKind::InvalidSignature),
            Tried::TooMany => Err(ErrorKind::TooManyKeys),
        }
    }
}

/// Returns base64url without the padding that fills its last group of four characters (RFC 4648
/// §3.2).
fn without_padding(part: &[u8]) -> &[u8] {
    if !part.len().is_multiple_of(4) {
        return part;
    }
    let bare = part.strip_suffix(b"=").unwrap_or(part);
    bare.strip_suffix(b"=").unwrap_or(bare)
}
