//! DPoP: proofs that the sender of a token has the key that the token is bound to (RFC 9449).

mod authority;
mod build;
mod claims;
mod forwarded;
mod header;
mod http_uri;
mod key_cache;
mod nonces;
mod origin;
mod parts;
mod path;
mod rejection;
mod settings;
mod target;
mod targets;
#[cfg(test)]
mod tests;
mod verifier;

pub use forwarded::ForwardedFields;
pub use nonces::DpopNonces;
pub use rejection::DpopRejection;
pub use settings::Dpop;
pub(crate) use verifier::{PresentedProof, ProofError, ProofVerifier, VerifiedProof};
