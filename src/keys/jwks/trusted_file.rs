//! Files that no other user can have written.
//!
//! On Unix, a file and its directory must belong to this process's user or to root, and no other
//! user may write to them. Elsewhere only the type of the file is checked.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use crate::keys::owner;

/// Opens a file for reading.
///
/// Does not follow a symbolic link at the end of the path. Does not wait for a writer either, as
/// opening a named pipe would: only the opened file shows what it is.
///
/// # Errors
///
/// If it can't be opened, is not a regular file, or another user can write to it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    let file = options
        .open(path)
        .map_err(|error| with_path("snapshot file", path, &error))?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(untrusted("snapshot file", path, "must be a regular file"));
    }
    check("snapshot file", path, &metadata)?;
    Ok(file)
}

/// Rejects a directory in which another user can create files.
pub(super) fn check_dir(dir: &Path) -> io::Result<()> {
    let metadata = dir
        .metadata()
        .map_err(|error| with_path("snapshot_dir", dir, &error))?;
    check("snapshot_dir", dir, &metadata)
}

fn check(what: &str, path: &Path, metadata: &Metadata) -> io::Result<()> {
    match owner::problem(metadata)? {
        Some(problem) => Err(untrusted(what, path, &problem)),
        None => Ok(()),
    }
}

fn untrusted(what: &str, path: &Path, allowed: &str) -> io::Error {
    let path = path.to_string_lossy();
    let message = format!("{what} {path:?} {allowed}");
    io::Error::new(io::ErrorKind::PermissionDenied, message)
}

/// Keeps the kind of the error, by which an absent file is recognized.
fn with_path(what: &str, path: &Path, error: &io::Error) -> io::Error {
    let path = path.to_string_lossy();
    io::Error::new(error.kind(), format!("{what} {path:?}: {error}"))
}
