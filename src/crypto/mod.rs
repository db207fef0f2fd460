//! Signature verification: the only module that verifies signatures with a cryptographic library.
//!
//! `lib.rs` chooses the backend. Both backends have the same `Verifier`: one key, parsed once, for
//! one algorithm.

pub(crate) use crate::backend::Verifier;

/// The backend rejects the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRejected;
