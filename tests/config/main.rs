//! The configuration of a layer as data, and the page that lists it.

mod documented;
mod errors;
mod layers;
mod page;
mod secrets;

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
