//! What holds for all of the crate: its house, its documents, its costs, its secrets, and properties
//! of every input.

mod architecture;
mod documents;
#[cfg(feature = "testing")]
mod fuzz;
#[cfg(feature = "testing")]
mod properties;
#[cfg(feature = "testing")]
mod secrets;
