//! The claims that this crate reads.

use serde::de::Error;

use super::duplicate_names::duplicate_name;

/// A claim that this crate reads.
#[derive(Clone, Copy)]
pub(super) enum Claim {
    Iss,
    Sub,
    Aud,
    Exp,
    Nbf,
    Iat,
    Jti,
    ClientId,
    Scope,
    Scp,
}

impl Claim {
    /// Returns the claim of that name, if this crate reads it.
    #[inline]
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::Iss,
            "sub" => Self::Sub,
            "aud" => Self::Aud,
            "exp" => Self::Exp,
            "nbf" => Self::Nbf,
            "iat" => Self::Iat,
            "jti" => Self::Jti,
            "client_id" => Self::ClientId,
            "scope" => Self::Scope,
            "scp" => Self::Scp,
            _ => return None,
        })
    }

    /// Returns whether a value of the wrong JSON type counts as absent. For all other claims such a
    /// value makes the token invalid.
    pub(super) const fn may_have_any_type(self) -> bool {
        matches!(self, Self::ClientId | Self::Scope | Self::Scp)
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Iss => 1,
            Self::Sub => 1 << 1,
            Self::Aud => 1 << 2,
            Self::Exp => 1 << 3,
            Self::Nbf => 1 << 4,
            Self::Iat => 1 << 5,
            Self::Jti => 1 << 6,
            Self::ClientId => 1 << 7,
            Self::Scope => 1 << 8,
            Self::Scp => 1 << 9,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Iss => "iss",
            Self::Sub => "sub",
            Self::Aud => "aud",
            Self::Exp => "exp",
            Self::Nbf => "nbf",
            Self::Iat => "iat",
            Self::Jti => "jti",
            Self::ClientId => "client_id",
            Self::Scope => "scope",
            Self::Scp => "scp",
        }
    }
}

/// The set of claims that a payload had so far.
#[derive(Default)]
pub(super) struct SeenClaims(u16);

impl SeenClaims {
    /// Adds a claim. Rejects one that was added before.
    #[inline]
    pub(super) fn add<E: Error>(&mut self, claim: Claim) -> Result<(), E> {
        let bit = claim.bit();
        if self.0 & bit != 0 {
            return Err(duplicate_name());
        }
        self.0 |= bit;
        Ok(())
    }
}
