//! The claims that this crate reads.

/// A claim that this crate reads. Those up to `events` are registered at IANA (RFC 7519 §10.1), but
/// for `scp`. The others say something about the purpose of a token.
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
    Azp,
    Scope,
    Scp,
    Sid,
    Acr,
    AuthTime,
    Nonce,
    Cnf,
    Events,
    Typ,
    TokenUse,
    TokenType,
    Tid,
    Ver,
    Appid,
    AtHash,
    CHash,
    SHash,
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
            "azp" => Self::Azp,
            "scope" => Self::Scope,
            "scp" => Self::Scp,
            "sid" => Self::Sid,
            "acr" => Self::Acr,
            "auth_time" => Self::AuthTime,
            "nonce" => Self::Nonce,
            "cnf" => Self::Cnf,
            "events" => Self::Events,
            "typ" => Self::Typ,
            "token_use" => Self::TokenUse,
            "token_type" => Self::TokenType,
            "tid" => Self::Tid,
            "ver" => Self::Ver,
            "appid" => Self::Appid,
            "at_hash" => Self::AtHash,
            "c_hash" => Self::CHash,
            "s_hash" => Self::SHash,
            _ => return None,
        })
    }

    const fn bit(self) -> u32 {
        match self {
            Self::Iss => 1,
            Self::Sub => 1 << 1,
            Self::Aud => 1 << 2,
            Self::Exp => 1 << 3,
            Self::Nbf => 1 << 4,
            Self::Iat => 1 << 5,
            Self::Jti => 1 << 6,
            Self::ClientId => 1 << 7,
            Self::Azp => 1 << 8,
            Self::Scope => 1 << 9,
            Self::Scp => 1 << 10,
            Self::Sid => 1 << 11,
            Self::Acr => 1 << 12,
            Self::AuthTime => 1 << 13,
            Self::Nonce => 1 << 14,
            Self::Cnf => 1 << 15,
            Self::Events => 1 << 16,
            Self::Typ => 1 << 17,
            Self::TokenUse => 1 << 18,
            Self::TokenType => 1 << 19,
            Self::Tid => 1 << 20,
            Self::Ver => 1 << 21,
            Self::Appid => 1 << 22,
            Self::AtHash => 1 << 23,
            Self::CHash => 1 << 24,
            Self::SHash => 1 << 25,
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
            Self::Azp => "azp",
            Self::Scope => "scope",
            Self::Scp => "scp",
            Self::Sid => "sid",
            Self::Acr => "acr",
            Self::AuthTime => "auth_time",
            Self::Nonce => "nonce",
            Self::Cnf => "cnf",
            Self::Events => "events",
            Self::Typ => "typ",
            Self::TokenUse => "token_use",
            Self::TokenType => "token_type",
            Self::Tid => "tid",
            Self::Ver => "ver",
            Self::Appid => "appid",
            Self::AtHash => "at_hash",
            Self::CHash => "c_hash",
            Self::SHash => "s_hash",
        }
    }
}

/// The claims that a payload had so far.
#[derive(Default)]
pub(super) struct SeenClaims(u32);

impl SeenClaims {
    /// Adds a claim. Returns whether it is new.
    #[inline]
    pub(super) const fn add(&mut self, claim: Claim) -> bool {
        let before = self.0;
        self.0 |= claim.bit();
        self.0 != before
    }
}
