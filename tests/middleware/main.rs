//! The layer in a stack of services: among other layers, under axum and tonic, and what it adds to
//! verification: checks of the user's own, and the cache of verified tokens.

#[cfg(all(feature = "axum", feature = "tonic"))]
mod bound;
#[cfg(feature = "tonic")]
mod checks;
#[cfg(all(feature = "axum", feature = "governor"))]
mod composition;
#[cfg(feature = "axum")]
mod layer;
mod observe;
#[cfg(all(feature = "axum", feature = "tonic"))]
mod rules;
#[cfg(feature = "reqwest")]
mod token_cache;
#[cfg(feature = "tonic")]
mod tonic;

#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
