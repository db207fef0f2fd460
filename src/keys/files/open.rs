//! Opening files that no other user can have written.
//!
//! Symbolic links are followed, since Kubernetes mounts secrets behind them: `name` is a link to
//! `..data/name`, and `..data` one to the directory of the current generation.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use crate::keys::owner;

/// Opens a regular file for reading.
///
/// # Errors
///
/// If it can't be opened, is not a regular file, or another user can write to it, to its directory,
/// or to the directory that a symbolic link leads to. In a directory with the sticky bit, in which
/// others can create files, it is enough that the file, or the link, belongs to this user or to
/// root: the volumes of Kubernetes are such directories.
pub(super) fn open(path: &Path) -> io::Result<File> {
    check_link(path)?;
    check_folder(path)?;
    let real = fs::canonicalize(path).map_err(|error| with_path("file", path, &error))?;
    check_folder(&real)?;
    // Before it is opened: opening a device can have effects, and opening a pipe would wait.
    check_type(path, &fs::metadata(&real)?)?;
    let file = open_real(&real).map_err(|error| with_path("file", path, &error))?;
    let metadata = file.metadata()?;
    // Again, since it may be another file by now.
    check_type(path, &metadata)?;
    match owner::problem(&metadata)? {
        Some(problem) => Err(untrusted("file", path, &problem)),
        None => Ok(file),
    }
}

fn open_real(real: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NOFOLLOW | libc::O_NONBLOCK,
    );
    options.open(real)
}

/// Rejects a symbolic link that another user has made: it could lead to a file whose content is
/// known.
fn check_link(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path).map_err(|error| with_path("file", path, &error))?;
    match owner::owner_problem(&metadata)? {
        Some(problem) => Err(untrusted("file", path, &problem)),
        None => Ok(()),
    }
}

/// Rejects a file in a directory in which another user can replace it.
fn check_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    check_is_trusted(folder)
}

/// Rejects a directory in which another user can replace files, or that is a symbolic link of
/// another user.
pub(super) fn check_is_trusted(folder: &Path) -> io::Result<()> {
    // Without a slash at the end, with which the link would be followed.
    let link = fs::symlink_metadata(folder.components().as_path());
    let link = link.map_err(|error| with_path("directory", folder, &error))?;
    if let Some(problem) = owner::owner_problem(&link)? {
        return Err(untrusted("directory", folder, &problem));
    }
    let metadata = folder
        .metadata()
        .map_err(|error| with_path("directory", folder, &error))?;
    let problem = if owner::is_sticky(&metadata) {
        owner::owner_problem(&metadata)?
    } else {
        owner::problem(&metadata)?
    };
    match problem {
        Some(problem) => Err(untrusted("directory", folder, &problem)),
        None => Ok(()),
    }
}

fn check_type(path: &Path, metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let message = format!("file {}: must be a regular file", shown(path));
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

fn untrusted(what: &str, path: &Path, problem: &str) -> io::Error {
    let message = format!("{what} {} {problem}", shown(path));
    io::Error::new(io::ErrorKind::PermissionDenied, message)
}

/// Returns an error of the same kind, with the path of a file or directory.
pub(super) fn with_path(what: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what} {}: {error}", shown(path)))
}

/// Returns the path in quotes, with escapes.
pub(super) fn shown(path: &Path) -> String {
    format!("{:?}", path.to_string_lossy())
}
