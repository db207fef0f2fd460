//! Reading files as a whole, into memory that is wiped.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::open::{open, shown};
use crate::keys::owner;

/// How often a file is read that changes meanwhile.
const MAX_READS: usize = 3;

/// Spare room in the buffer: with less, std reads the end of a file into another one.
const SPARE: usize = 64;

/// The content of a file.
pub(super) struct Content {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// When it was last modified, if the system knows it.
    pub(super) modified: Option<SystemTime>,
    /// When it was last modified, moved or given other permissions: it is there since then at the
    /// latest.
    pub(super) changed: Option<SystemTime>,
    /// Whether every user can read it.
    pub(super) is_readable_by_all: bool,
}

/// Reads a file of at most `max_len` bytes. One that changes while it is read is read again.
///
/// # Errors
///
/// As [`open`], and if the file is longer or does not stop changing.
pub(super) fn read(path: &Path, max_len: usize) -> io::Result<Content> {
    read_and(path, max_len, || ())
}

/// Reads a file, and does something before each check whether it has changed.
fn read_and(path: &Path, max_len: usize, mut then: impl FnMut()) -> io::Result<Content> {
    for _ in 0..MAX_READS {
        if let Some(content) = read_once(path, max_len, &mut then)? {
            return Ok(content);
        }
    }
    let message = format!(
        "file {}: changes while it is read; write another file and rename it",
        shown(path)
    );
    Err(io::Error::other(message))
}

/// Returns `None` if the file has changed while it was read.
fn read_once(path: &Path, max_len: usize, then: &mut impl FnMut()) -> io::Result<Option<Content>> {
    let file = open(path)?;
    let before = file.metadata()?;
    let max = u64::try_from(max_len).unwrap_or(u64::MAX);
    if before.len() > max {
        let message = format!("file {}: must have at most {max_len} bytes", shown(path));
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let bytes = read_all(&file, &before)?;
    then();
    let after = file.metadata()?;
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|len| len == before.len());
    if !is_whole || has_changed(&before, &after) {
        return Ok(None);
    }
    Ok(Some(Content {
        bytes,
        modified: before.modified().ok(),
        changed: changed(&before),
        is_readable_by_all: owner::is_readable_by_all(&before),
    }))
}

/// Reads as many bytes as a file had, and one more if it has grown. The buffer does not grow, which
/// would leave a copy that is not wiped.
fn read_all(file: &File, metadata: &Metadata) -> io::Result<Zeroizing<Vec<u8>>> {
    let len = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    let mut bytes = Zeroizing::new(Vec::with_capacity(len.saturating_add(SPARE)));
    let limit = metadata.len().saturating_add(1);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn has_changed(before: &Metadata, after: &Metadata) -> bool {
    let times = |metadata: &Metadata| metadata.modified().ok();
    before.len() != after.len() || times(before) != times(after)
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    let seconds = u64::try_from(std::os::unix::fs::MetadataExt::ctime(metadata)).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds))
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Reads a file that is written to while it is read, for as many times.
    fn read_changing(times: usize) -> io::Result<Content> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "half").unwrap();
        // Of another length each time, since the times of files are coarse.
        let mut lengths = (1..=times).rev();
        read_and(&path, 1024, || {
            if let Some(length) = lengths.next() {
                fs::write(&path, "whole".repeat(length)).unwrap();
            }
        })
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_read_again() {
        assert_eq!(&**read_changing(0).unwrap().bytes, b"half");
        assert_eq!(&**read_changing(1).unwrap().bytes, b"whole");
        assert_eq!(&**read_changing(2).unwrap().bytes, b"whole");
    }

    #[test]
    fn a_file_that_does_not_stop_changing_is_an_error() {
        let error = read_changing(64).map(drop).unwrap_err().to_string();
        assert!(error.contains("changes while it is read"), "{error}");
    }
}
