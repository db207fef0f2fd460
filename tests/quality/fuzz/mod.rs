//! The checks of the fuzz targets in `fuzz/`, run on their seeds and on some thousand mutations of
//! them. The inputs are the same on every machine, and no nightly compiler is needed.
#![allow(unreachable_pub, reason = "the fuzzer's crate has the same modules")]

pub(crate) mod checks;
mod mutation;
mod replay;
