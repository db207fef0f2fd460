//! One revocation.

use std::fmt;
use std::time::SystemTime;

use super::kind::Kind;

/// Which tokens are revoked, for [`Revocations::add`](crate::Revocations::add).
///
/// Ids are unique only for an issuer, so each names the issuer (`iss`), byte by byte as its tokens
/// do. `Debug` shows the kind and the issuer, and no id.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_jwt_auth::{Revocation, Revocations, RevocationsFull};
///
/// /// The user has changed the password: tokens that were issued before are no longer accepted.
/// fn password_changed(
///     revocations: &Revocations,
///     user: &str,
///     changed_at: SystemTime,
/// ) -> Result<(), RevocationsFull> {
///     let issuer = "https://login.example.com/";
///     revocations.add(Revocation::subject(issuer, user).issued_before(changed_at))
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[must_use = "it has no effect until it is added"]
pub struct Revocation<'r> {
    pub(super) kind: Kind,
    pub(super) issuer: &'r str,
    pub(super) id: &'r str,
    pub(super) time: Time,
}

/// What ends an entry, or which tokens it applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// Those issued before now, or before another time.
    IssuedBefore(Option<SystemTime>),
    /// One token. Whether it was issued after a time is not compared.
    Token {
        issued_at: Option<SystemTime>,
        expires_at: SystemTime,
    },
}

impl<'r> Revocation<'r> {
    /// Revokes the token with this `jti` (RFC 7519 §4.1.7). `expires_at` is its `exp`, which ends
    /// the entry: 65 minutes later, which covers the maximum leeway of a layer. An `expires_at`
    /// that is more than 366 days ahead counts as 366 days ahead.
    pub const fn token(issuer: &'r str, id: &'r str, expires_at: SystemTime) -> Self {
        Self::one(Kind::Token, issuer, id, None, expires_at)
    }

    /// Revokes the tokens of a subject (`sub`), of all its sessions.
    pub const fn subject(issuer: &'r str, subject: &'r str) -> Self {
        Self::group(Kind::Subject, issuer, subject)
    }

    /// Revokes the tokens of a session: those with this `sid` (OpenID Connect Front-Channel Logout
    /// 1.0 §3).
    ///
    /// Note: many issuers write no `sid` into access tokens. Then revoke the
    /// [subject](Self::subject).
    pub const fn session(issuer: &'r str, session: &'r str) -> Self {
        Self::group(Kind::Session, issuer, session)
    }

    /// Revokes the tokens that were issued to a client: those with this `client_id` or `azp`.
    pub const fn client(issuer: &'r str, client: &'r str) -> Self {
        Self::group(Kind::Client, issuer, client)
    }

    /// Revokes all tokens of an issuer, such as after a key of it was stolen. Later ones are
    /// accepted: to reject these, too, [remove](crate::Issuers::remove) the issuer.
    pub const fn issuer(issuer: &'r str) -> Self {
        Self::group(Kind::Issuer, issuer, "")
    }

    /// Sets the time before which the tokens were issued, by their `iat`. Tokens without `iat` count
    /// as issued before. Default: when the revocation is [added](crate::Revocations::add). No effect
    /// on a [`token`](Self::token).
    ///
    /// `iat` usually is in whole seconds, rounded down. So a token that was issued in the same
    /// second, after that time, is rejected, too. A time that is more than an hour ahead counts as
    /// an hour ahead.
    pub const fn issued_before(mut self, time: SystemTime) -> Self {
        if let Time::IssuedBefore(before) = &mut self.time {
            *before = Some(time);
        }
        self
    }

    /// Revokes those tokens of a subject that name no session.
    pub(crate) const fn subject_without_session(issuer: &'r str, subject: &'r str) -> Self {
        Self::group(Kind::SubjectWithoutSession, issuer, subject)
    }

    /// Revokes a verified token: by its `jti`, or else by `text`, which is that of
    /// [`TokenIds`](super::TokenIds).
    pub(crate) const fn verified_token(
        issuer: &'r str,
        id: Option<&'r str>,
        text: &'r str,
        issued_at: Option<SystemTime>,
        expires_at: SystemTime,
    ) -> Self {
        match id {
            Some(id) => Self::one(Kind::Token, issuer, id, issued_at, expires_at),
            None => Self::one(Kind::Text, issuer, text, issued_at, expires_at),
        }
    }

    const fn group(kind: Kind, issuer: &'r str, id: &'r str) -> Self {
        Self {
            kind,
            issuer,
            id,
            time: Time::IssuedBefore(None),
        }
    }

    const fn one(
        kind: Kind,
        issuer: &'r str,
        id: &'r str,
        issued_at: Option<SystemTime>,
        expires_at: SystemTime,
    ) -> Self {
        let time = Time::Token {
            issued_at,
            expires_at,
        };
        Self {
            kind,
            issuer,
            id,
            time,
        }
    }
}

/// Omits the id: it is personal.
impl fmt::Debug for Revocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation")
            .field("kind", &self.kind.name())
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
