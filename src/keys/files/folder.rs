//! The files of one set of secrets: those of a folder, or each that is named.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::MAX_KEY_FILE_LEN;
use super::open::{check_is_trusted, shown, with_path};
use super::read::{Content, read};

/// How often the files are read that change meanwhile.
const MAX_READS: usize = 3;
/// The maximum number of files. A set of secrets has a handful.
const MAX_FILES: usize = 64;

/// Where secrets are.
pub(super) enum Files {
    Folder(PathBuf),
    Each(Vec<PathBuf>),
}

/// What identifies the content of a file without reading it, if it is there: where links lead, and
/// length and time.
type Identity = Option<(PathBuf, u64, Option<SystemTime>)>;

/// The files by their names, which are the ids of the keys.
type Listing = BTreeMap<String, PathBuf>;

/// The content of one file.
pub(super) struct ReadFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) content: io::Result<Content>,
}

impl Files {
    /// Reads all files.
    ///
    /// # Errors
    ///
    /// If they can't be listed, are too many, or do not stop changing: then some could be those of
    /// one generation, and some of the next.
    pub(super) fn read(&self) -> io::Result<Vec<ReadFile>> {
        self.read_with(|path| read(path, MAX_KEY_FILE_LEN))
    }

    fn read_with(
        &self,
        mut read: impl FnMut(&Path) -> io::Result<Content>,
    ) -> io::Result<Vec<ReadFile>> {
        for _ in 0..MAX_READS {
            let listing = self.list()?;
            let before = identities(&listing);
            let files = listing.into_iter().map(|(name, path)| ReadFile {
                content: read(&path),
                name,
                path,
            });
            let files: Vec<_> = files.collect();
            if identities(&self.list()?) == before {
                return Ok(files);
            }
        }
        let message = format!(
            "{}: changes while it is read; write each file under a name that starts with a dot, and \
             rename it",
            self.shown()
        );
        Err(io::Error::other(message))
    }

    fn list(&self) -> io::Result<Listing> {
        let listing = match self {
            Self::Folder(folder) => list_folder(folder)?,
            Self::Each(paths) => list_each(paths)?,
        };
        if listing.len() > MAX_FILES {
            let message = format!("{}: must have at most {MAX_FILES} files", self.shown());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(listing)
    }

    /// Returns the name of the set in errors and logs.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => format!("folder {}", shown(folder)),
            Self::Each(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| shown(path)).collect();
                format!("files {}", paths.join(", "))
            }
        }
    }
}

/// Skips names that start with a dot: those of Kubernetes' generations, and files that are being
/// written.
fn list_folder(folder: &Path) -> io::Result<Listing> {
    check_is_trusted(folder)?;
    let entries = fs::read_dir(folder).map_err(|error| with_path(folder, &error))?;
    let mut listing = Listing::new();
    for entry in entries {
        let path = entry.map_err(|error| with_path(folder, &error))?.path();
        let name = name_of(&path)?;
        if !name.starts_with('.') {
            listing.insert(name, path);
        }
        // Then it is an error, and the rest need not be listed.
        if listing.len() > MAX_FILES {
            break;
        }
    }
    Ok(listing)
}

fn list_each(paths: &[PathBuf]) -> io::Result<Listing> {
    let mut listing = Listing::new();
    for path in paths {
        if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            continue;
        }
        let name = name_of(path)?;
        if listing.insert(name, path.clone()).is_some() {
            let message = format!(
                "file {}: must have another name than the others",
                shown(path)
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(listing)
}

fn name_of(path: &Path) -> io::Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(ToOwned::to_owned).ok_or_else(|| {
        let message = format!("file {}: must have a name in UTF-8", shown(path));
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

fn identities(listing: &Listing) -> Vec<(String, Identity)> {
    let identity = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some((
            fs::canonicalize(path).ok()?,
            metadata.len(),
            metadata.modified().ok(),
        ))
    };
    let files = listing.iter();
    files
        .map(|(name, path)| (name.clone(), identity(path)))
        .collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Reads a folder in which the file `name` is replaced whenever a file is read, for as many
    /// times. Returns the contents.
    fn read_changing(name: &str, times: usize) -> Result<Vec<Vec<u8>>, String> {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("1", "old");
        write("2", "old");
        // Of another length each time, since the times of files are coarse.
        let mut lengths = (1..=times).rev();
        let files = Files::Folder(folder.path().to_owned()).read_with(|path| {
            let content = read(path, MAX_KEY_FILE_LEN);
            if let Some(length) = lengths.next() {
                write(name, &"new".repeat(length));
            }
            content
        });
        let contents = |file: ReadFile| file.content.unwrap().bytes.to_vec();
        let files = files.map_err(|error| error.to_string())?;
        Ok(files.into_iter().map(contents).collect())
    }

    #[test]
    fn files_of_which_one_changes_while_they_are_read_are_all_read_again() {
        assert_eq!(read_changing("1", 0).unwrap(), [b"old", b"old"]);
        assert_eq!(read_changing("1", 1).unwrap(), [b"new", b"old"]);
        assert_eq!(read_changing("0", 1).unwrap().len(), 3);
    }

    #[test]
    fn files_that_do_not_stop_changing_are_an_error() {
        let error = read_changing("1", 64).unwrap_err();
        assert!(
            error.contains(": changes while it is read; write each"),
            "{error}"
        );
    }
}
