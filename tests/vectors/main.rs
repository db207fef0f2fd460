//! Public test vectors: Wycheproof's for JWS and JWK, and the JOSE cookbook (RFC 7520, RFC 8037).
//!
//! They are not part of this repository: the tests read them from the folder that `JOSE_VECTORS`
//! names, else from `../shared/vectors`, and say so where it isn't there. Known divergences are
//! listed; an unexpected pass fails as an unexpected failure does.
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
mod ml_dsa;
mod wycheproof;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// `None`, and a line that says so, where there is none.
fn folder(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("JOSE_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors")),
        PathBuf::from,
    );
    if !folder.is_dir() {
        // Not `println!`, which no one sees of a test that passes.
        let _ = writeln!(
            io::stderr(),
            "NOT RUN: {what} is not available (JOSE_VECTORS names the folder of the vectors)"
        );
        return None;
    }
    Some(folder)
}

/// A file of the folder, where there is one.
fn read(file: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder(file)?.join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    Some(serde_json::from_str(&text).unwrap())
}

/// The vectors below this folder, by their paths from `root` on.
fn files(root: &Path, folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let vectors = files
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "json"));
    let names = vectors.map(|path| {
        path.strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    });
    names
        .chain(folders.iter().flat_map(|folder| self::files(root, folder)))
        .collect()
}

/// A file that is added must not go by unnoticed, nor one that is taken away.
#[test]
fn every_file_of_the_folder_is_run_or_its_reason_stands_here() {
    let Some(folder) = folder("the list of files") else {
        return;
    };
    let known: BTreeSet<_> = wycheproof::FILES
        .map(ToOwned::to_owned)
        .into_iter()
        .chain(cookbook::files())
        .chain(ml_dsa::FILES.map(ToOwned::to_owned))
        .collect();
    assert_eq!(files(&folder, &folder), known);
}
