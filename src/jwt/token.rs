//! A token as it came: decoded, nothing of it believed, until its signature is checked.

use std::time::Duration;

use super::claims::TokenType;
use super::compact::{Compact, Proof};
use super::registered::Registered;
use super::validate::{Rules, check_not_before, check_not_expired};
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::error::{Error, ErrorKind};
use crate::jwk::KeySet;

/// What a token says of itself. May choose among configured issuers and keys, and be refused; nothing else.
pub(crate) struct Unverified<'t> {
    compact: Compact<'t>,
    content: Content,
}

/// A token whose signature is that of one of the issuer's keys. [`Unverified::verify`] makes it and nothing else can.
pub(crate) struct Verified {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Box<str>>,
    pub(super) content: Content,
    _proof: Proof,
}

/// The payload as text, and what of it is checked here.
pub(super) struct Content {
    pub(super) token_type: TokenType,
    pub(super) payload: String,
    pub(super) registered: Registered,
}

impl<'t> Unverified<'t> {
    /// Cuts and decodes. Everything that can be refused without a key is cheap here.
    pub(crate) fn read(token: &'t str, rules: &Rules) -> Result<Self, Error> {
        if token.len() > rules.longest_token {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        let (compact, token_type) = Compact::read(token, |algorithm, typ| rules.check_header(algorithm, typ))?;
        let payload = base64url::decode(compact.payload).ok_or(ErrorKind::MalformedToken)?;
        let payload = String::from_utf8(payload).map_err(|_| ErrorKind::MalformedToken)?;
        let registered = Registered::read(&payload)?;
        Ok(Self { compact, content: Content { token_type, payload, registered } })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.compact.algorithm
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.compact.key_id.as_deref()
    }

    /// The issuer that the token claims: it only chooses whose keys are tried.
    pub(crate) fn issuer(&self) -> Result<&str, Error> {
        let issuer = self.content.registered.iss.as_ref();
        let issuer = issuer.ok_or(Error::claim_of(ErrorKind::MissingClaim, "iss"))?;
        Ok(issuer.of_payload(&self.content.payload))
    }

    /// A token that is out of its time by its own word is not worth a fetch.
    pub(crate) fn check_time(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_expired(&self.content.registered, rules, now)?;
        check_not_before(&self.content.registered, rules, now)
    }

    /// Checks the signature with the keys of the issuer. The token comes back where none fits.
    // The token is large and moves once, to be looked up again: not worth an allocation.
    #[allow(clippy::result_large_err)]
    pub(crate) fn verify(self, keys: &KeySet) -> Result<Verified, (Self, Error)> {
        match self.compact.check_signature(keys) {
            Ok(proof) => {
                let Compact { algorithm, key_id, .. } = self.compact;
                Ok(Verified { algorithm, key_id, content: self.content, _proof: proof })
            }
            Err(kind) => Err((self, kind.into())),
        }
    }
}
