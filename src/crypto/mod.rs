//! The one place where signatures are checked. Which backend does it is chosen in `lib.rs`; both give the same
//! `Verifier`: one key, parsed once, pinned to one algorithm.

pub(crate) use crate::backend::Verifier;

/// The backend can't use this key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyRejected;
