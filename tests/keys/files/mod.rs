//! Secrets and keys in files.

mod env;
mod key_files;
#[cfg(unix)]
mod kubernetes;
mod once;
mod overlap;
#[cfg(unix)]
mod permissions;
mod site;
mod watched;

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tower_jwt_auth::{Algorithm, Secret};

/// A folder that is removed at the end of the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file that only this user can read, and returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        write_private(&path, content.as_ref());
        path
    }
}

/// Writes another file and renames it, as the documentation says.
pub(crate) fn write_private(path: &Path, content: &[u8]) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let temp = path.with_file_name(format!(".{name}.tmp"));
    let _ = std::fs::remove_file(&temp);
    std::fs::write(&temp, content).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&temp, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::rename(temp, path).unwrap();
}

pub(crate) fn random() -> Secret {
    let secret = Secret::generate(Algorithm::HS256).unwrap();
    crate::support::recorded::record(secret.as_ref());
    secret
}
