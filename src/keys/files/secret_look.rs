//! Looking at files that are secrets.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::event::FilesEvent;
use super::folder::{Files, ReadFile};
use super::key_file::in_file;
use super::look::{Change, Look, Seen};
use super::open::shown;
use super::overlap::{Age, retire};
use super::read::Content;
use super::secret_file::unusable;
use super::secret_text::secret_in;
use crate::algorithm::Algorithm;
use crate::config_error::ConfigError;
use crate::crypto::{keyed_digest, random_key};
use crate::jwk::{Key, KeyDigest, KeySet, SecretEncoding};
use crate::keys::SecretInfo;
use crate::trace;

/// The maximum number of secrets that are tried for a token without `kid`.
const MAX_CANDIDATES: usize = 4;

/// The secrets of some files.
pub(super) struct SecretLook {
    pub(super) files: Files,
    pub(super) algorithm: Algorithm,
    pub(super) encoding: SecretEncoding,
    pub(super) overlap: Option<Duration>,
    pub(super) max_secret_age: Duration,
    known: BTreeMap<String, Known>,
    /// The ids and digests of the current keys.
    current: Vec<(String, KeyDigest)>,
    digest_key: [u8; 32],
}

/// A secret that was read.
struct Known {
    key: Key,
    /// Of the content, so that it is parsed only when it changes.
    digest: KeyDigest,
    modified: SystemTime,
    age: Age,
    is_absent: bool,
    is_reported_as_old: bool,
}

impl SecretLook {
    pub(super) fn new(files: Files, algorithm: Algorithm) -> Self {
        Self {
            files,
            algorithm,
            encoding: SecretEncoding::Raw,
            overlap: None,
            max_secret_age: super::settings::DEFAULT_MAX_SECRET_AGE,
            known: BTreeMap::new(),
            current: Vec::new(),
            digest_key: random_key(),
        }
    }

    /// Takes over what was read. Returns what is wrong with single files, whose secrets stay.
    fn update(&mut self, files: Vec<ReadFile>, now: SystemTime) -> Vec<ConfigError> {
        let is_first = self.known.is_empty();
        let mut problems = Vec::new();
        let mut seen = Vec::new();
        for file in files {
            let updated = match &file.content {
                Ok(content) => self.update_one(&file.name, &file.path, content, is_first, now),
                Err(error) => Err(unusable(error.to_string())),
            };
            problems.extend(updated.err());
            seen.push(file.name);
        }
        self.known.retain(|name, known| {
            let is_seen = seen.contains(name);
            let stays = is_seen || !known.is_absent;
            known.is_absent = !is_seen;
            stays
        });
        retire(self.known.values_mut().rev().map(|known| &mut known.age));
        problems
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
        if content.is_readable_by_all {
            trace::secret_file_readable(path);
        }
        if let Some(known) = self.known.get_mut(name)
            && known.key.digest() == key.digest()
        {
            // Written in another way, such as with a line feed.
            known.digest = digest;
            return Ok(());
        }
        let known = Known {
            key: key.with_key_id(name),
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
            is_reported_as_old: false,
        };
        self.known.insert(name.to_owned(), known);
        Ok(())
    }

    /// Returns each secret and until when it verifies tokens.
    fn with_ends(&self) -> Vec<(&String, &Known, Option<SystemTime>)> {
        let end_of = |known: &Known| known.age.retired?.checked_add(self.overlap?);
        let known = self.known.iter();
        known
            .map(|(name, known)| (name, known, end_of(known)))
            .collect()
    }

    /// Returns the keys, if they are others than at the last look.
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

    /// Returns an event for each secret that has become too old.
    fn old(&mut self, now: SystemTime) -> Vec<FilesEvent> {
        let max = self.max_secret_age;
        let old = self.known.iter_mut().filter_map(|(name, known)| {
            let age = age(known.modified, now);
            let is_new = age > max && !known.is_reported_as_old;
            known.is_reported_as_old |= is_new;
            let key_id = name.clone();
            is_new.then_some(FilesEvent::Old { key_id, age })
        });
        old.collect()
    }

    fn infos(&self, now: SystemTime) -> Vec<SecretInfo> {
        let newest = self.known.keys().next_back();
        let infos = self
            .with_ends()
            .into_iter()
            .map(|(name, known, not_after)| SecretInfo {
                key_id: name.clone(),
                current: Some(name) == newest,
                since: known.age.appeared,
                age: age(known.modified, now),
                old: age(known.modified, now) > self.max_secret_age,
                not_after,
                expired: not_after.is_some_and(|end| now >= end),
            });
        infos.collect()
    }
}

impl Look for SecretLook {
    fn look(&mut self, now: SystemTime) -> Seen {
        let mut seen = Seen::default();
        match self.files.read() {
            Ok(files) if files.is_empty() => {
                seen.error = Some(unusable(format!("{}: has no secret", self.files.shown())));
            }
            Ok(files) => seen.error = joined(&self.update(files, now)),
            Err(error) => seen.error = Some(of_folder(&error)),
        }
        seen.is_absent = self.known.values().any(|known| known.is_absent);
        seen.changed = self.change(now);
        seen.events = self.old(now);
        if let Some(change) = &seen.changed {
            seen.events.extend(repeated(&change.keys));
        }
        seen.secrets = self.infos(now);
        seen
    }
}

fn of_folder(error: &io::Error) -> ConfigError {
    unusable(error.to_string())
}

fn age(since: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(since).unwrap_or_default()
}

/// Returns one error for some, of the kind of the first.
fn joined(problems: &[ConfigError]) -> Option<ConfigError> {
    let first = problems.first()?;
    let texts: Vec<_> = problems.iter().take(8).map(ToString::to_string).collect();
    Some(ConfigError::new(first.kind(), texts.join("; ")))
}

/// Returns an event for each secret that an earlier key has, too.
fn repeated(keys: &KeySet) -> Vec<FilesEvent> {
    let mut first = BTreeMap::<KeyDigest, &str>::new();
    let mut events = Vec::new();
    for key in keys.keys() {
        let id = key.key_id().unwrap_or_default();
        if let Some(other) = first.insert(key.digest(), id) {
            events.push(FilesEvent::Repeated {
                key_id: id.to_owned(),
                other: other.to_owned(),
            });
        }
    }
    events
}
