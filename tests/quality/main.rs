//! What holds for all of the crate: its house, its documents, its costs, its secrets, and properties
//! of every input.

mod architecture;
mod documents;
#[cfg(feature = "testing")]
mod fuzz;
#[cfg(feature = "metrics")]
mod observability;
#[cfg(feature = "testing")]
mod properties;
mod release;
#[cfg(feature = "testing")]
mod secrets;
#[cfg(feature = "testing")]
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
#[cfg(feature = "testing")]
mod test_kit;
