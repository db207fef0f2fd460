//! Entry points of the fuzz targets. The checks are shared with the test `fuzz`, which replays the
//! seeds; see `tests/quality/fuzz` in the main crate.

#[path = "../../tests/quality/fuzz/checks/mod.rs"]
mod checks;

pub use checks::challenge::check as challenge;
pub use checks::claims::check as claims;
pub use checks::client_certificate::check as client_certificate;
pub use checks::discovery::check as discovery;
pub use checks::extraction::check as extraction;
pub use checks::header::check as header;
pub use checks::introspection::check as introspection;
pub use checks::key_set::check as key_set;
pub use checks::proof::check as proof;
pub use checks::token::check as token;
