//! What must hold for every input, in one module for each fuzz target. The docs of a module
//! describe its input. The checks use only the public API of the crate, and compute the expected
//! results independently of it.

mod answer;
mod client_certificate_reading;
mod extraction_reading;
mod parsed;
mod reading;
mod reverify;
pub mod world;

pub mod challenge;
pub mod claims;
pub mod client_certificate;
pub mod discovery;
pub mod extraction;
pub mod header;
pub mod introspection;
pub mod key_set;
pub mod proof;
pub mod token;
