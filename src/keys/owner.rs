//! Who can write to a file, on Unix. Elsewhere nothing is known, and no file is rejected.

use std::fs::Metadata;
use std::io;

/// Returns what is wrong with the owner and the permissions of a file or directory, if another user
/// than that of this process and root can write to it.
pub(super) fn problem(metadata: &Metadata) -> io::Result<Option<String>> {
    Ok(owner_problem(metadata)?.or_else(|| mode_problem(metadata)))
}

/// Returns what is wrong with the owner.
#[cfg(unix)]
pub(super) fn owner_problem(metadata: &Metadata) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt as _;

    const ROOT: u32 = 0;

    let (owner, user) = (metadata.uid(), effective_user()?);
    let allowed = format!("belongs to user {owner}: must belong to user {user} or to root");
    Ok((owner != user && owner != ROOT).then_some(allowed))
}

#[cfg(unix)]
fn mode_problem(metadata: &Metadata) -> Option<String> {
    /// The permissions of group and others to write.
    const WRITE_BY_OTHERS: u32 = 0o022;

    let mode = mode(metadata);
    let allowed = format!("has mode {mode:04o}: only its owner may have write permission");
    (mode & WRITE_BY_OTHERS != 0).then_some(allowed)
}

/// Returns whether users may only remove and rename their own files in a directory, as in `/tmp`.
#[cfg(unix)]
pub(super) fn is_sticky(metadata: &Metadata) -> bool {
    const STICKY: u32 = 0o1000;

    mode(metadata) & STICKY != 0
}

/// Returns whether every user can read a file.
#[cfg(unix)]
pub(super) fn is_readable_by_all(metadata: &Metadata) -> bool {
    const READ_BY_ALL: u32 = 0o004;

    mode(metadata) & READ_BY_ALL != 0
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777
}

/// Returns the effective user id of this process: that of a new pipe (POSIX `pipe`). `geteuid` of
/// `libc` would need unsafe code.
#[cfg(unix)]
fn effective_user() -> io::Result<u32> {
    use std::fs::File;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt as _;

    let (reader, _writer) = io::pipe()?;
    Ok(File::from(OwnedFd::from(reader)).metadata()?.uid())
}

#[cfg(not(unix))]
mod elsewhere {
    use std::fs::Metadata;
    use std::io;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the signature of the one for Unix"
    )]
    pub(in crate::keys) fn owner_problem(_: &Metadata) -> io::Result<Option<String>> {
        Ok(None)
    }

    pub(super) fn mode_problem(_: &Metadata) -> Option<String> {
        None
    }

    pub(in crate::keys) fn is_sticky(_: &Metadata) -> bool {
        false
    }

    pub(in crate::keys) fn is_readable_by_all(_: &Metadata) -> bool {
        false
    }
}
#[cfg(not(unix))]
use elsewhere::mode_problem;
#[cfg(not(unix))]
pub(super) use elsewhere::{is_readable_by_all, is_sticky, owner_problem};
