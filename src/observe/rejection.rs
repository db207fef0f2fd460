//! Rejected proofs, and replays.

use crate::dpop::DpopRejection;
use crate::replay::ReplayKind;

/// The rejection of a DPoP proof: see [`Observe::dpop_rejected`](crate::Observe::dpop_rejected).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DpopEvent<'o> {
    /// The cause.
    pub reason: DpopRejection,
    /// The configured name of the issuer of the token that the proof is about.
    pub issuer: &'o str,
}

/// The rejection of a token or proof that had been used before: see
/// [`Observe::replay_rejected`](crate::Observe::replay_rejected).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReplayEvent<'o> {
    /// Whether it was a token or a proof.
    pub kind: ReplayKind,
    /// The configured name of the issuer of the token, or of the token that the proof is about.
    pub issuer: &'o str,
}
