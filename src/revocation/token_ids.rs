//! What of a token is compared with the list.

use std::time::Duration;

use super::kind::Kind;
use crate::error::{Error, ErrorKind};

/// The ids of a verified token.
#[derive(Clone, Copy)]
pub(crate) struct TokenIds<'c> {
    pub(crate) issuer: &'c str,
    /// `jti`.
    pub(crate) id: Option<&'c str>,
    /// All claims as they were signed, or the hash of an introspected token. Compared for a token
    /// without `jti`.
    pub(crate) text: &'c str,
    pub(crate) subject: Option<&'c str>,
    pub(crate) session: Option<&'c str>,
    /// `client_id` and `azp`.
    pub(crate) clients: [Option<&'c str>; 2],
    /// `iat`, as the time since 1970.
    pub(crate) issued_at: Option<Duration>,
}

/// The kinds of the ids of a token.
pub(super) const KINDS: [Kind; 8] = [
    Kind::Token,
    Kind::Session,
    Kind::Subject,
    Kind::SubjectWithoutSession,
    Kind::Client,
    Kind::Client,
    Kind::Issuer,
    Kind::Text,
];

/// A bit for each of them.
pub(super) const BITS: [u8; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// What the list says about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevocationState {
    NotRevoked,
    Revoked,
    /// The list was full, so that a revocation is not in it which could apply to the token.
    Unknown,
    /// The list has a store, and is not up to date.
    Stale,
}

impl RevocationState {
    /// Returns why the token is rejected.
    #[inline]
    pub(crate) fn error(self) -> Option<Error> {
        match self {
            Self::NotRevoked => None,
            Self::Revoked => Some(ErrorKind::Revoked.into()),
            Self::Unknown => Some(unavailable(
                "a revocation that may apply to the token is not in the list, which is full",
            )),
            Self::Stale => Some(unavailable(
                "the list of revocations is not up to date with its store",
            )),
        }
    }
}

fn unavailable(cause: &'static str) -> Error {
    let cause: Box<dyn std::error::Error + Send + Sync> = cause.into();
    Error::check_unavailable(Some(cause.into()))
}

impl<'c> TokenIds<'c> {
    /// Returns what may be in the list, in the order of [`KINDS`].
    pub(super) fn by_kind(&self) -> [Option<&'c str>; 8] {
        let [client, other] = self.clients;
        let without_session = self.subject.filter(|_| self.session.is_none());
        [
            self.id,
            self.session,
            self.subject,
            without_session,
            client,
            other.filter(|_| other != client),
            Some(""),
            Some(self.text).filter(|_| self.id.is_none()),
        ]
    }
}
