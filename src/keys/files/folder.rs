//! The files of one set of secrets: those of a directory, or each that is named.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::MAX_KEY_FILE_LEN;
use super::open::{check_is_trusted, shown, with_path};
use super::read::{Content, read};
use crate::config_error::ConfigError;

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
#[derive(Default)]
struct Listing {
    files: BTreeMap<String, PathBuf>,
    /// What is wrong with the names of other files.
    problems: Vec<io::Error>,
}

/// What was read.
pub(super) struct ReadFiles {
    pub(super) files: Vec<ReadFile>,
    pub(super) problems: Vec<io::Error>,
}

/// The content of one file.
pub(super) struct ReadFile {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) content: io::Result<Content>,
}

/// Why no file could be read.
pub(super) enum Unread {
    /// Which files there are is not known.
    NotListed(io::Error),
    /// There are too many, or they do not stop changing: some could be those of one generation, and
    /// some of the next.
    Unstable(io::Error),
}

impl Files {
    /// Rejects files of which two have the same name.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Self::Each(paths) = self else {
            return Ok(());
        };
        let mut names = BTreeMap::new();
        for path in paths {
            let name = path.file_name().and_then(|name| name.to_str());
            let other = name.map(|name| names.insert(name, path));
            let message = match other {
                Some(None) => continue,
                Some(Some(other)) => format!("must not have the same name as {}", shown(other)),
                None => "must have a name in UTF-8".to_owned(),
            };
            let message = format!("watch_each: file {}: {message}", shown(path));
            return Err(ConfigError::invalid_setting(message));
        }
        Ok(())
    }

    /// Reads all files.
    pub(super) fn read(&self) -> Result<ReadFiles, Unread> {
        self.read_with(|path| read(path, MAX_KEY_FILE_LEN))
    }

    fn read_with(
        &self,
        mut read: impl FnMut(&Path) -> io::Result<Content>,
    ) -> Result<ReadFiles, Unread> {
        for _ in 0..MAX_READS {
            let listing = self.list()?;
            let before = identities(&listing);
            let files = listing.files.into_iter().map(|(name, path)| ReadFile {
                content: read(&path),
                name,
                path,
            });
            let files: Vec<_> = files.collect();
            if identities(&self.list()?) == before {
                let problems = listing.problems;
                return Ok(ReadFiles { files, problems });
            }
        }
        let message = format!(
            "{}: changes while it is read; write each file under a name that starts with a dot, and \
             rename it",
            self.shown()
        );
        Err(Unread::Unstable(io::Error::other(message)))
    }

    fn list(&self) -> Result<Listing, Unread> {
        let listing = match self {
            Self::Folder(folder) => list_folder(folder).map_err(Unread::NotListed)?,
            Self::Each(paths) => list_each(paths),
        };
        if listing.files.len() > MAX_FILES {
            let message = format!("{}: must have at most {MAX_FILES} files", self.shown());
            let error = io::Error::new(io::ErrorKind::InvalidData, message);
            return Err(Unread::Unstable(error));
        }
        Ok(listing)
    }

    /// Returns the name of the set in errors and logs.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) => format!("directory {}", shown(folder)),
            Self::Each(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| shown(path)).collect();
                format!("files {}", paths.join(", "))
            }
        }
    }
}

/// Returns whether there is nothing under this path. Anything else that goes wrong is no proof.
pub(super) fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Skips names that start with a dot: those of Kubernetes' generations, and files that are being
/// written.
fn list_folder(folder: &Path) -> io::Result<Listing> {
    check_is_trusted(folder)?;
    let failed = |error| with_path("directory", folder, &error);
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        listing.add(path, |name| !name.starts_with('.'));
        // Then it is an error, and the rest need not be listed.
        if listing.files.len() > MAX_FILES {
            break;
        }
    }
    Ok(listing)
}

fn list_each(paths: &[PathBuf]) -> Listing {
    let mut listing = Listing::default();
    for path in paths.iter().filter(|path| !is_absent(path)) {
        listing.add(path.clone(), |_| true);
    }
    listing
}

impl Listing {
    fn add(&mut self, path: PathBuf, is_wanted: impl Fn(&str) -> bool) {
        let name = path.file_name().unwrap_or_default();
        if !is_wanted(&name.to_string_lossy()) {
            return;
        }
        if let Some(name) = name.to_str() {
            self.files.insert(name.to_owned(), path);
        } else if self.problems.len() < MAX_FILES {
            let message = format!("file {}: must have a name in UTF-8", shown(&path));
            let error = io::Error::new(io::ErrorKind::InvalidInput, message);
            self.problems.push(error);
        }
    }
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
    let files = listing.files.iter();
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
        let read = Files::Folder(folder.path().to_owned()).read_with(|path| {
            let content = read(path, MAX_KEY_FILE_LEN);
            if let Some(length) = lengths.next() {
                write(name, &"new".repeat(length));
            }
            content
        });
        let contents = |file: ReadFile| file.content.unwrap().bytes.to_vec();
        match read {
            Ok(read) => Ok(read.files.into_iter().map(contents).collect()),
            Err(Unread::NotListed(error) | Unread::Unstable(error)) => Err(error.to_string()),
        }
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
