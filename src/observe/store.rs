//! Operations of stores.

use std::time::Duration;

/// An operation of a store: see [`Observe::store_operation`](crate::Observe::store_operation).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct StoreEvent<'o> {
    /// What the store holds.
    pub store: StoreKind,
    /// What it did.
    pub operation: StoreOperation,
    /// How it ended.
    pub result: StoreResult,
    /// How long it took. `None` if nothing was waited for: then the time is not measured.
    pub duration: Option<Duration>,
    /// The configured name of the issuer of the token, or of the token that the proof is about.
    pub issuer: &'o str,
}

/// What a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreKind {
    /// Used tokens.
    Tokens,
    /// Used DPoP proofs.
    Proofs,
}

/// An operation of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreOperation {
    /// A token or proof was stored as used
    /// ([`ReplayStore::insert_once`](crate::ReplayStore::insert_once)).
    Insert,
}

/// How an operation of a store ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreResult {
    /// It succeeded. Of a token or proof: it was not stored before.
    Ok,
    /// The token or proof was stored before.
    Seen,
    /// The store did not respond in time.
    TimedOut,
    /// The store has failed.
    Failed,
    /// The operation was not sent: the store has failed before.
    Skipped,
    /// The store has failed, and its fallback has responded
    /// ([`InsertResponse::Fallback`](crate::InsertResponse::Fallback)), such as the memory of
    /// `OnRedisOutage::Memory`.
    Fallback,
}

impl StoreKind {
    /// Returns the name, as a value for labels: `tokens` or `proofs`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Proofs => "proofs",
        }
    }
}

impl StoreOperation {
    /// Returns the name, as a value for labels: `insert`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
        }
    }
}

impl StoreResult {
    /// Returns the name, as a value for labels: `ok`, `seen`, `timeout`, `error`,
    /// `skipped` or `fallback`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Seen => "seen",
            Self::TimedOut => "timeout",
            Self::Failed => "error",
            Self::Skipped => "skipped",
            Self::Fallback => "fallback",
        }
    }
}
