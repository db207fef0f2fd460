//! Public test vectors: Wycheproof's for JWS and JWK, and the JOSE cookbook (RFC 7520, RFC 8037).
//!
//! They are not part of this repository: the tests read them from the folder that `JOSE_VECTORS` names, else from
//! `../shared/vectors`, and say so where it isn't there. Known divergences are listed; an unexpected pass fails as an
//! unexpected failure does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "in a test a panic is the report, and these print what they counted"
)]

mod cookbook;
mod wycheproof;

use std::io::{self, Write as _};
use std::path::PathBuf;

use serde_json::Value;

/// A file of the folder; `None`, and a line that says so, where there is no folder.
fn read(file: &str) -> Option<Value> {
    let folder = std::env::var_os("JOSE_VECTORS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors")), PathBuf::from);
    if !folder.is_dir() {
        // Not `println!`, which nobody sees of a test that passes.
        let _ = writeln!(io::stderr(), "NOT RUN: {file} is not at hand (JOSE_VECTORS names the folder of the vectors)");
        return None;
    }
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    Some(serde_json::from_str(&text).unwrap())
}
