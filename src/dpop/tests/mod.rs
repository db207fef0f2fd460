//! The checks of a proof, each requirement of RFC 9449 §4.3 by itself.

mod age;
mod claims;
mod cost;
mod forwarded;
mod header;
mod key;
mod nonces;
mod replay;
mod settings;
mod support;
mod target;
mod vectors;
