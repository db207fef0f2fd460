//! What requests wait for.

use std::time::Duration;

/// A wait of a request: see [`Observe::waited`](crate::Observe::waited).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WaitObserved<'o> {
    /// What the request waited for.
    pub wait_for: WaitFor,
    /// The configured name of the issuer. Empty if it is not known.
    pub issuer: &'o str,
    /// How long it waited.
    pub duration: Duration,
}

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitFor {
    /// For an issuer's keys to be fetched or read.
    Keys,
    /// For an issuer's answer about the token
    /// ([`Issuer::introspection`](crate::Issuer::introspection)).
    Introspection,
    /// For a store of used tokens or proofs.
    Store,
    /// For the signature to be checked on another thread
    /// ([`offload`](crate::JwtAuthBuilder::offload)).
    Offload,
}

impl WaitFor {
    /// Returns the name, as a value for labels: `keys`, `introspection`, `store` or `offload`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Introspection => "introspection",
            Self::Store => "store",
            Self::Offload => "offload",
        }
    }
}
