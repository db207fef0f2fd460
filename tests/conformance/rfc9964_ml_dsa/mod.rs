//! ML-DSA in JOSE (RFC 9964), and its keys in PEM and DER (RFC 9881).
//!
//! The tests cover the algorithms that the build verifies: with backend `rust-crypto` and without
//! feature `ml-dsa` there are none, and `lacking.rs` covers what it says.

mod configuration;
mod hybrid;
mod keys;
mod lacking;
mod proofs;
mod tokens;
