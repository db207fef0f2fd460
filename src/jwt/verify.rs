//! The signature.

use super::claims::TokenType;
use super::registered::Registered;
use super::token::Unverified;
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::crypto::Verifier;
use crate::error::{Error, ErrorKind};
use crate::jwk::KeySet;

/// The longest signature: RSA with 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
/// Its length in base64url.
const LONGEST_ENCODED: usize = 1366;

/// A token whose signature is that of one of the issuer's keys. [`Unverified::verify`] makes it and nothing else can.
pub(crate) struct Verified {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Box<str>>,
    pub(super) token_type: TokenType,
    pub(super) payload: String,
    pub(super) registered: Registered,
    _proof: Proof,
}

struct Proof(());

impl Unverified<'_> {
    /// Tries the keys that may have signed it, each parsed for the algorithm of the header and for it alone. The token
    /// comes back where none fits.
    // The token is large and moves once, to be looked up again: not worth an allocation.
    #[allow(clippy::result_large_err)]
    pub(crate) fn verify(self, keys: &KeySet) -> Result<Verified, (Self, Error)> {
        match self.check_signature(keys.candidates(self.key_id(), self.algorithm())) {
            Ok(proof) => Ok(self.proven(proof)),
            Err(kind) => Err((self, kind.into())),
        }
    }

    fn check_signature<'k>(&self, mut keys: impl Iterator<Item = &'k Verifier>) -> Result<Proof, ErrorKind> {
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
        if keys.any(verifies) { Ok(Proof(())) } else { Err(kind) }
    }

    fn proven(self, proof: Proof) -> Verified {
        let Self { algorithm, key_id, token_type, payload, registered, .. } = self;
        Verified { algorithm, key_id, token_type, payload, registered, _proof: proof }
    }
}
