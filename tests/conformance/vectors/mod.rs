//! Public test vectors: Wycheproof's for JWS and JWK, and the JOSE cookbook (RFC 7520, RFC 8037).
//!
//! They are not part of this repository. The tests read them from the directory that `JOSE_VECTORS`
//! names, else from `../shared/vectors`, and print a line if there is none. Known divergences are
//! listed. An unexpected pass fails the test, as an unexpected failure does.

mod cookbook;
mod ml_dsa;
mod wycheproof;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Returns the directory. If there is none, prints that `what` is not run, and returns `None`.
fn folder(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("JOSE_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors")),
        PathBuf::from,
    );
    if !folder.is_dir() {
        // Not `println!`, whose output is hidden if the test passes.
        let _ = writeln!(
            io::stderr(),
            "NOT RUN: {what} is not available (JOSE_VECTORS names the directory of the vectors)"
        );
        return None;
    }
    Some(folder)
}

/// Returns a file of the directory, if there is a directory.
fn read(file: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder(file)?.join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    Some(serde_json::from_str(&text).unwrap())
}

/// Returns the paths of the vectors in this directory and below, relative to `root`.
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

/// An added or a removed file must not go unnoticed.
#[test]
fn every_file_of_the_directory_is_tested() {
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
