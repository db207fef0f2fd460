//! A token whose claims can be read: before its signature is checked, and after.

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

/// What a token's payload says of itself. May choose among configured issuers and keys, and be refused; nothing else.
pub(crate) struct Unverified {
    registered: Registered,
}

/// A token whose signature is that of one of the issuer's keys: the [`Proof`] says so.
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

    /// The issuer that the token claims: it only chooses whose keys are tried.
    pub(crate) fn issuer<'b>(&'b self, text: DecodedPayload<'b>) -> Result<&'b str, Error> {
        let issuer = self.registered.iss.as_ref();
        Ok(issuer
            .ok_or(Error::claim_of(ErrorKind::MissingClaim, "iss"))?
            .resolve(text.payload))
    }

    /// A token that is out of its time by its own word is not worth a fetch.
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
    /// Reads the payload of a token whose signature was checked first, in one pass. Gives the proof back where it can't
    /// be read so, or is another issuer's.
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

    /// The user's claims, where they were not read yet.
    pub(crate) fn custom<C: DeserializeOwned>(&self) -> Result<C, Error> {
        serde_json::from_str(self.text.payload).map_err(|_| ErrorKind::InvalidClaim.into())
    }
}
