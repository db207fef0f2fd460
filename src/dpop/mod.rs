//! DPoP proofs.
