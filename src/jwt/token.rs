//! A token whose claims can be read: before its signature is checked, and after.

use std::sync::Arc;
use std::time::Duration;

use super::compact::Proof;
use super::decoded_payload::DecodedPayload;
use super::introspected::Active;
use super::payload;
use super::registered::{PayloadStr, Registered};
use super::rules::{Exceptions, Rules};
use super::times::{check_not_before, check_not_expired};
use super::token_type::TokenType;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;

/// The claims of a token whose signature was not checked.
///
/// They may only be used to choose among configured issuers and keys, to reject the token, or to
/// describe it in a diagnosis.
pub(crate) struct Unverified<'p> {
    pub(super) payload: DecodedPayload<'p>,
    pub(super) registered: Registered,
}

/// A token that is its issuer's: it contains the evidence.
pub(crate) struct Verified<'v> {
    /// The header, if a key has verified the token.
    pub(super) signed: Option<&'v Header>,
    pub(super) token_type: TokenType,
    pub(super) payload: DecodedPayload<'v>,
    pub(super) registered: Registered,
    pub(super) evidence: Evidence,
}

/// What shows that the claims are those of the issuer.
pub(super) enum Evidence {
    /// A key of the issuer made the signature.
    Signature { _proof: Proof },
    /// The issuer has answered with the claims, and said that the token is active.
    Answer {
        _active: Active,
        /// What identifies the token if the answer does not.
        token_id: Arc<str>,
    },
}

impl Evidence {
    /// Returns what identifies an introspected token.
    pub(super) fn into_token_id(self) -> Option<Arc<str>> {
        match self {
            Self::Signature { .. } => None,
            Self::Answer { token_id, .. } => Some(token_id),
        }
    }
}

impl<'p> Unverified<'p> {
    /// Reads the registered claims. Rejects a payload that is not a claims set.
    pub(crate) fn read(payload: DecodedPayload<'p>, rules: &Rules) -> Result<Self, Error> {
        let mut registered = Registered::default();
        payload::read(payload.payload, rules.max_members, &mut registered)?;
        Ok(Self {
            payload,
            registered,
        })
    }

    /// Returns `iss`, which only chooses the issuer whose keys are tried.
    pub(crate) fn issuer(&self) -> Option<&str> {
        let issuer = self.registered.iss.as_ref()?;
        Some(issuer.resolve(self.payload.payload))
    }

    /// Returns the payload.
    pub(crate) fn json(&self) -> &str {
        self.payload.payload
    }

    /// Makes it a token of this issuer, with a name and a subject as text. Rejects one without them,
    /// unless the issuer may omit `iss` or write `sub` as a number.
    pub(crate) fn complete(&mut self, name: &str, exceptions: Exceptions) -> Result<(), Error> {
        if self.registered.iss.is_none() {
            if !exceptions.allow_missing_issuer {
                return Err(Error::about_claim(ErrorKind::MissingClaim, "iss"));
            }
            self.registered.iss = Some(PayloadStr::Copy(name.into()));
        }
        if self.registered.has_other_sub {
            if !exceptions.allow_numeric_subject {
                return Err(Error::about_claim(ErrorKind::InvalidClaim, "sub"));
            }
            let digits = payload::numeric_subject(self.payload.payload)?;
            self.registered.sub = Some(PayloadStr::Copy(digits));
        }
        Ok(())
    }

    /// Rejects a token that is expired or not yet valid: keys need not be fetched for it.
    pub(crate) fn check_time(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)
    }

    /// Returns the verified token.
    pub(crate) fn verified<'v>(
        self,
        proof: Proof,
        header: &'v Header,
        token_type: TokenType,
    ) -> Verified<'v>
    where
        'p: 'v,
    {
        Verified {
            signed: Some(header),
            token_type,
            payload: self.payload,
            registered: self.registered,
            evidence: Evidence::Signature { _proof: proof },
        }
    }
}
