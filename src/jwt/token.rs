//! A token whose claims have been read, before and after its signature is checked.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::claims::TokenType;
use super::compact::Proof;
use super::decoded_payload::DecodedPayload;
use super::observing_deserializer;
use super::registered::Registered;
use super::validate::{Rules, check_not_before, check_not_expired};
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// The claims of a token whose signature has not been checked. They may select a configured issuer
/// and its keys, and be rejected. Nothing else depends on them.
pub(crate) struct Unverified {
    registered: Registered,
}

/// A token that one of the issuer's keys has signed: the [`Proof`] says so.
pub(crate) struct Verified<'v> {
    pub(super) header: &'v Header,
    pub(super) token_type: TokenType,
    pub(super) text: DecodedPayload<'v>,
    pub(super) registered: Registered,
    proof: Proof,
}

impl Unverified {
    pub(crate) fn read(text: DecodedPayload<'_>) -> Result<Self, Error> {
        Ok(Self {
            registered: observing_deserializer::registered(text.payload)?,
        })
    }

    /// Returns the issuer that the token names. It only selects the keys to try.
    pub(crate) fn issuer<'b>(&'b self, text: DecodedPayload<'b>) -> Result<&'b str, Error> {
        let issuer = self.registered.iss.as_ref();
        Ok(issuer
            .ok_or(Error::claim_of(ErrorKind::MissingClaim, "iss"))?
            .resolve(text.payload))
    }

    /// Rejects a token that is expired or not yet valid by its own claims: it must not cause a
    /// fetch.
    pub(crate) fn check_time(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)
    }

    pub(crate) fn verified<'v>(
        self,
        proof: Proof,
        header: &'v Header,
        token_type: TokenType,
        text: DecodedPayload<'v>,
    ) -> Verified<'v> {
        Verified {
            header,
            token_type,
            text,
            registered: self.registered,
            proof,
        }
    }
}

impl<'v> Verified<'v> {
    /// Reads the payload of a token whose signature was checked first, in one pass. Returns the
    /// proof if the payload can't be read like that, or names another issuer.
    pub(crate) fn read<C: DeserializeOwned>(
        proof: Proof,
        header: &'v Header,
        token_type: TokenType,
        text: DecodedPayload<'v>,
        issuer: &str,
    ) -> Result<(Self, C), Proof> {
        let mut verified = Self {
            header,
            token_type,
            text,
            registered: Registered::default(),
            proof,
        };
        match observing_deserializer::read(text.payload, &mut verified.registered) {
            Some(custom) if verified.registered.is_of(issuer, text.payload) => {
                Ok((verified, custom))
            }
            _ => Err(verified.proof),
        }
    }

    /// Deserializes the user's claims type.
    pub(crate) fn custom<C: DeserializeOwned>(&self) -> Result<C, Error> {
        serde_json::from_str(self.text.payload).map_err(|_| ErrorKind::InvalidClaim.into())
    }
}
