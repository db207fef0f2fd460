//! A token whose claims can be read: before its signature is checked, and after.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::compact::Proof;
use super::decoded_payload::DecodedPayload;
use super::payload;
use super::registered::Registered;
use super::rules::Rules;
use super::times::{check_not_before, check_not_expired};
use super::token_type::TokenType;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// The claims of a token whose signature was not checked.
///
/// They may only be used to choose among configured issuers and keys, and to reject the token.
pub(crate) struct Unverified {
    registered: Registered,
}

/// A token that a key of its issuer signed: it contains the [`Proof`].
pub(crate) struct Verified<'v> {
    pub(super) header: &'v Header,
    pub(super) token_type: TokenType,
    pub(super) payload: DecodedPayload<'v>,
    pub(super) registered: Registered,
    proof: Proof,
}

impl Unverified {
    /// Reads the registered claims. Rejects a payload that is not a claims set.
    pub(crate) fn read(payload: DecodedPayload<'_>) -> Result<Self, Error> {
        Ok(Self {
            registered: payload::registered(payload.payload)?,
        })
    }

    /// Returns `iss`, which only chooses the issuer whose keys are tried.
    pub(crate) fn issuer<'b>(&'b self, payload: DecodedPayload<'b>) -> Result<&'b str, Error> {
        let issuer = self.registered.iss.as_ref();
        Ok(issuer
            .ok_or(Error::claim_of(ErrorKind::MissingClaim, "iss"))?
            .resolve(payload.payload))
    }

    /// Rejects a token that is expired or not yet valid: keys need not be fetched for it.
    pub(crate) fn check_time(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)
    }

    /// Returns the verified token. `payload` is the one that was read.
    pub(crate) fn verified<'v>(
        self,
        proof: Proof,
        header: &'v Header,
        token_type: TokenType,
        payload: DecodedPayload<'v>,
    ) -> Verified<'v> {
        Verified {
            header,
            token_type,
            payload,
            registered: self.registered,
            proof,
        }
    }
}

impl<'v> Verified<'v> {
    /// Reads the payload in one pass, after the signature was checked.
    ///
    /// # Errors
    ///
    /// Returns the proof if the payload can't be read in one pass, or `iss` is not `issuer`.
    pub(crate) fn read<C: DeserializeOwned>(
        proof: Proof,
        header: &'v Header,
        token_type: TokenType,
        payload: DecodedPayload<'v>,
        issuer: &str,
    ) -> Result<(Self, C), Proof> {
        let mut verified = Self {
            header,
            token_type,
            payload,
            registered: Registered::default(),
            proof,
        };
        match payload::read(payload.payload, &mut verified.registered) {
            Some(custom) if verified.registered.has_issuer(issuer, payload.payload) => {
                Ok((verified, custom))
            }
            _ => Err(verified.proof),
        }
    }

    /// Deserializes the claims type from the payload, for a token that was not read in one pass.
    pub(crate) fn custom<C: DeserializeOwned>(&self) -> Result<C, Error> {
        serde_json::from_str(self.payload.payload).map_err(|_| ErrorKind::InvalidClaim.into())
    }
}
