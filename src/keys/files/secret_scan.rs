//! Scanning files that are secrets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::folder::{Files, ReadFiles, Unread, is_absent};
use super::key_file::in_file;
use super::open::shown;
use super::overlap::{Age, retire};
use super::read::Content;
use super::scan::{Change, Scan, Scanned};
use super::secret_file::unusable;
use super::secret_report::repeated;
use super::secret_text::secret_in;
use crate::algorithm::Algorithm;
use crate::config_error::ConfigError;
use crate::crypto::{keyed_digest, random_key};
use crate::jwk::{Key, KeyDigest, KeySet, SecretEncoding};
use crate::trace;

/// The maximum number of secrets that are tried for a token without `kid`.
const MAX_CANDIDATES: usize = 4;

/// The secrets of some files.
pub(super) struct SecretScan {
    pub(super) files: Files,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: SecretEncoding,
    pub(super) overlap: Option<Duration>,
    pub(super) max_secret_age: Duration,
    pub(super) known: BTreeMap<String, Known>,
    /// The ids and digests of the current keys.
    current: Vec<(String, KeyDigest)>,
    /// Whether the last scan was the first at which a file is absent.
    is_newly_absent: bool,
    digest_key: [u8; 32],
}

/// A secret that was read.
pub(super) struct Known {
    pub(super) key: Key,
    pub(super) path: PathBuf,
    /// Of the content, so that it is parsed only when it changes.
    digest: KeyDigest,
    pub(super) modified: SystemTime,
    pub(super) age: Age,
    is_absent: bool,
    is_readable_by_all: bool,
    pub(super) is_reported_as_old: bool,
}

impl SecretScan {
    pub(super) fn new(files: Files, algorithm: Algorithm) -> Self {
        Self {
            files,
            algorithm,
            encoding: SecretEncoding::Raw,
            overlap: None,
            max_secret_age: super::settings::DEFAULT_MAX_SECRET_AGE,
            known: BTreeMap::new(),
            current: Vec::new(),
            is_newly_absent: false,
            digest_key: random_key(),
        }
    }

    /// Takes over what was read. Returns what is wrong with single files, whose secrets stay.
    fn update(&mut self, read: ReadFiles, now: SystemTime) -> Vec<ConfigError> {
        let is_first = self.known.is_empty();
        let errors = read.problems.iter();
        let mut problems: Vec<_> = errors.map(|error| unusable(error.to_string())).collect();
        let mut names = Vec::new();
        for file in read.files {
            let updated = match &file.content {
                Ok(content) => self.update_one(&file.name, &file.path, content, is_first, now),
                Err(error) => Err(unusable(error.to_string())),
            };
            problems.extend(updated.err());
            names.push(file.name);
        }
        if names.is_empty() {
            problems.push(unusable(format!("{}: has no secret", self.files.shown())));
        }
        self.remove_absent(|name, _| !names.iter().any(|other| other == name));
        problems
    }

    /// Removes the secrets whose files are absent at two scans in a row, unless none would be left.
    fn remove_absent(&mut self, is_absent: impl Fn(&str, &Path) -> bool) {
        let absent = |name: &str, known: &Known| is_absent(name, &known.path);
        let stays = |name: &str, known: &Known| !(known.is_absent && absent(name, known));
        let is_left = self.known.iter().any(|(name, known)| stays(name, known));
        self.known
            .retain(|name, known| !is_left || stays(name, known));
        self.is_newly_absent = false;
        for (name, known) in &mut self.known {
            let was_absent = std::mem::replace(&mut known.is_absent, is_absent(name, &known.path));
            self.is_newly_absent |= known.is_absent && !was_absent;
        }
    }

    fn update_one(
        &mut self,
        name: &str,
        path: &Path,
        content: &Content,
        is_first: bool,
        now: SystemTime,
    ) -> Result<(), ConfigError> {
        let digest = keyed_digest(&self.digest_key, [&content.bytes, &[], &[]]);
        if self
            .known
            .get(name)
            .is_some_and(|known| known.digest == digest)
        {
            return Ok(());
        }
        let secret = secret_in(&content.bytes, self.encoding)
            .map_err(|problem| unusable(format!("file {}: {problem}", shown(path))))?;
        let key =
            Key::from_secret(self.algorithm, secret).map_err(|error| in_file(path, &error))?;
        let known = self.known.get_mut(name);
        let is_reported = known.as_ref().is_some_and(|known| known.is_readable_by_all);
        if content.is_readable_by_all && !is_reported {
            trace::secret_file_readable(path);
        }
        if let Some(known) = known
            && known.key.digest() == key.digest()
        {
            // Written in another way, such as with a line feed.
            known.digest = digest;
            known.is_readable_by_all = content.is_readable_by_all;
            return Ok(());
        }
        let known = Known {
            key: key.with_key_id(name),
            path: path.to_owned(),
            digest,
            modified: content.modified.map_or(now, |time| time.min(now)),
            age: Age {
                // One that was there before this process may have appeared at any time since then.
                appeared: content
                    .changed
                    .filter(|_| is_first)
                    .map_or(now, |time| time.min(now)),
                retired: None,
            },
            is_absent: false,
            is_readable_by_all: content.is_readable_by_all,
            is_reported_as_old: false,
        };
        self.known.insert(name.to_owned(), known);
        Ok(())
    }

    /// Returns each secret and until when it verifies tokens.
    pub(super) fn with_ends(&self) -> Vec<(&String, &Known, Option<SystemTime>)> {
        let end_of = |known: &Known| known.age.retired?.checked_add(self.overlap?);
        let known = self.known.iter();
        known
            .map(|(name, known)| (name, known, end_of(known)))
            .collect()
    }

    /// Returns the keys, if they are others than at the last scan.
    fn change(&mut self, now: SystemTime) -> Option<Change> {
        let valid = self.with_ends().into_iter();
        let valid: Vec<_> = valid
            .filter(|(_, _, end)| end.is_none_or(|end| now < end))
            .collect();
        let ids = valid
            .iter()
            .map(|(name, known, _)| ((*name).clone(), known.key.digest()));
        let ids: Vec<_> = ids.collect();
        if ids == self.current {
            return None;
        }
        let keys: KeySet = valid
            .iter()
            .map(|(_, known, _)| known.key.clone())
            .collect();
        let missing_in = |from: &[(String, KeyDigest)], other: &[(String, KeyDigest)]| {
            let missing = from.iter().filter(|id| !other.contains(id));
            missing.map(|(name, _)| name.clone()).collect()
        };
        let change = Change {
            keys: keys.newest_first(MAX_CANDIDATES),
            added: missing_in(&ids, &self.current),
            removed: missing_in(&self.current, &ids),
        };
        self.current = ids;
        Some(change)
    }
}

impl Scan for SecretScan {
    fn scan(&mut self, now: SystemTime) -> Scanned {
        self.is_newly_absent = false;
        let problems = match self.files.read() {
            Ok(read) => self.update(read, now),
            Err(Unread::Unstable(error)) => {
                // A secret that was removed must end even so.
                self.remove_absent(|_, path| is_absent(path));
                vec![unusable(error.to_string())]
            }
            Err(Unread::NotListed(error)) => vec![unusable(error.to_string())],
        };
        retire(self.known.values_mut().rev().map(|known| &mut known.age));
        let changed = self.change(now);
        let mut events = self.old(now);
        if let Some(change) = &changed {
            events.extend(repeated(&change.keys));
            events.extend(self.encoded(change));
        }
        Scanned {
            changed,
            events,
            error: joined(&problems),
            is_newly_absent: self.is_newly_absent,
            secrets: self.infos(now),
        }
    }
}

/// Returns one error for some, of the kind of the first.
fn joined(problems: &[ConfigError]) -> Option<ConfigError> {
    let first = problems.first()?;
    let texts: Vec<_> = problems.iter().take(8).map(ToString::to_string).collect();
    Some(ConfigError::new(first.kind(), texts.join("; ")))
}
