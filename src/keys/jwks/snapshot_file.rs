//! The last fetched keys in a file, so that a restart works while the issuer is unreachable.
//!
//! A process that can write to the file can add trusted keys: it belongs in a directory that only
//! the service can write to, which is checked on Unix. It contains public keys only, and their URL
//! without its query, which may contain a secret. It is replaced atomically, by renaming a
//! temporary file, so that no process reads half of it.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::settings::JwksCacheSettings;
use super::trusted_file;
use crate::config_error::ConfigError;
use crate::crypto::keyed_digest;
use crate::jwk::KeySet;

/// The version of the file's format.
const VERSION: u32 = 1;

/// How far in the future the file's time may be: the clock may have been set back since.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The maximum length of a URL-encoded issuer, in bytes. File systems allow 255 bytes for a file
/// name with its suffixes.
const MAX_NAME_LEN: usize = 200;

/// The key of the hash in file names. No secret: each process must find the files of earlier ones.
const NAME_KEY: &[u8] = b"tower-jwt-auth: snapshot file";

/// The file of one issuer's keys.
#[derive(Debug)]
pub(super) struct SnapshotFile {
    dir: PathBuf,
    path: PathBuf,
    issuer: String,
    /// The source of the keys: a URL without its query, or "discovery".
    source: String,
    max_body_len: usize,
}

/// The content of the file.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    issuer: String,
    source: String,
    /// In seconds since 1970.
    fetched_at: u64,
    /// In seconds.
    ttl: u64,
    /// When the issuer first sent a set without a usable key after these, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<u64>,
    jwks: Value,
}

/// What a file has of a snapshot.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SnapshotRecord {
    /// The JWK set as it was fetched.
    pub(super) body: Bytes,
    pub(super) ttl: Duration,
    pub(super) fetched_at: SystemTime,
    pub(super) withdrawn_at: Option<SystemTime>,
}

/// Keys from a file.
pub(super) struct Restored {
    pub(super) keys: KeySet,
    pub(super) record: SnapshotRecord,
    /// The time since they were fetched.
    pub(super) age: Duration,
    /// The time since they were withdrawn, if they were.
    pub(super) withdrawn_for: Option<Duration>,
}

impl SnapshotFile {
    /// Chooses the file for an issuer and the source of its keys. Neither reads nor writes.
    pub(super) fn new(
        dir: &Path,
        issuer: &str,
        mut source: String,
        max_body_len: usize,
    ) -> Result<Self, ConfigError> {
        let name: String = form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
        if name.len() > MAX_NAME_LEN {
            let len = name.len();
            return Err(ConfigError::invalid_setting(format!(
                "issuer {issuer:?} is {len} bytes long when URL-encoded: must be at most \
                 {MAX_NAME_LEN} bytes for a file in snapshot_dir"
            )));
        }
        // Two sources of one issuer have two files, even if only their queries differ.
        let digest = keyed_digest(NAME_KEY, [source.as_bytes(), &[], &[]]);
        let hash = u128::from_be_bytes(digest) >> 64;
        let path = dir.join(format!("{name}.{hash:016x}.jwks.json"));
        source.truncate(source.find('?').unwrap_or(source.len()));
        Ok(Self {
            dir: dir.to_owned(),
            path,
            issuer: issuer.to_owned(),
            source,
            max_body_len,
        })
    }

    /// Replaces the file. Writes only the public part of usable keys.
    pub(super) fn write(&self, record: &SnapshotRecord) -> io::Result<()> {
        let jwks =
            KeySet::public_json(&record.body).and_then(|json| serde_json::from_str(&json).ok());
        self.replace(&Record {
            version: VERSION,
            issuer: self.issuer.clone(),
            source: self.source.clone(),
            fetched_at: seconds(record.fetched_at),
            ttl: record.ttl.as_secs(),
            withdrawn_at: record.withdrawn_at.map(seconds),
            jwks: jwks.ok_or(io::ErrorKind::InvalidData)?,
        })
    }

    fn replace(&self, record: &Record) -> io::Result<()> {
        trusted_file::check_dir(&self.dir)?;
        let temp_path = self.temp_path();
        let written = write_new(&temp_path, &serde_json::to_vec(record)?)
            .and_then(|()| fs::rename(&temp_path, &self.path));
        written.inspect_err(|_| drop(fs::remove_file(&temp_path)))
    }

    /// Returns a random name. A process id would not be unique: processes in different containers
    /// can share a directory.
    fn temp_path(&self) -> PathBuf {
        let random = RandomState::new().hash_one(&self.source);
        self.path.with_extension(format!("{random:016x}.tmp"))
    }

    /// Returns the keys in the file. Returns `None` if there is none, if it has another version,
    /// issuer or source, or if its keys have expired or are from the future.
    pub(super) fn read(
        &self,
        settings: &JwksCacheSettings,
        now: SystemTime,
    ) -> io::Result<Option<Restored>> {
        let Some(record) = self.read_record()? else {
            return Ok(None);
        };
        let Some(age) = age(record.fetched_at, now) else {
            return Ok(None);
        };
        let ttl = Duration::from_secs(record.ttl);
        // Saturation is meant: the file may contain any number.
        if age >= ttl.saturating_add(settings.stale_if_error) {
            return Ok(None);
        }
        // A withdrawal in the future is as old as it can be: the clock was set back.
        let withdrawn_for = record
            .withdrawn_at
            .map(|time| self::age(time, now).unwrap_or(Duration::MAX));
        if withdrawn_for.is_some_and(|passed| passed >= settings.withdrawal_grace) {
            return Ok(None);
        }
        let body = Bytes::from(record.jwks.to_string());
        let keys = KeySet::from_response(&body, settings.max_candidates)
            .map_err(|set| io::Error::other(set.error))?;
        Ok(Some(Restored {
            keys,
            record: SnapshotRecord {
                body,
                ttl,
                fetched_at: at(record.fetched_at),
                withdrawn_at: record.withdrawn_at.map(at),
            },
            age,
            withdrawn_for,
        }))
    }

    /// Reads the file. Returns `None` if there is none, or if it has another version, issuer or
    /// source.
    fn read_record(&self) -> io::Result<Option<Record>> {
        let file = match self.open() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut json = Vec::new();
        file.take(self.max_len()).read_to_end(&mut json)?;
        let record: Record = serde_json::from_slice(&json)?;
        let is_ours = (record.version, &record.issuer, &record.source)
            == (VERSION, &self.issuer, &self.source);
        Ok(is_ours.then_some(record))
    }

    fn open(&self) -> io::Result<File> {
        trusted_file::check_dir(&self.dir)?;
        trusted_file::open(&self.path)
    }

    /// Returns the maximum length of a file that is read, in bytes: room for the JWK set and the
    /// other members. Saturates only beyond what `JwksCacheSettings::validate` accepts.
    fn max_len(&self) -> u64 {
        u64::try_from(self.max_body_len.saturating_mul(2)).unwrap_or(u64::MAX)
    }
}

/// Returns the seconds since 1970; zero if the clock is set before it, which makes the keys too old
/// to be restored.
fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or(Duration::ZERO).as_secs()
}

/// Returns the time so many seconds after 1970; 1970 if the system has no such time.
fn at(seconds: u64) -> SystemTime {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Returns the time since the keys were fetched, or `None` if that is more than [`MAX_CLOCK_SKEW`]
/// in the future.
fn age(fetched_at: u64, now: SystemTime) -> Option<Duration> {
    let fetched_at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(fetched_at))?;
    match now.duration_since(fetched_at) {
        Ok(age) => Some(age),
        Err(ahead) => (ahead.duration() <= MAX_CLOCK_SKEW).then_some(Duration::ZERO),
    }
}

/// Creates a file that only its owner can read and write.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // `create_new`, so that neither a symbolic link nor the permissions of an existing file apply.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    // With each backend and each version of Rust: a restart after an update finds the file.
    #[test]
    fn the_name_of_a_file_stays_the_same() {
        let (issuer, source) = ("https://issuer.example", "discovery".to_owned());
        let file = SnapshotFile::new(Path::new("dir"), issuer, source, 1024).unwrap();
        let name = "dir/https%3A%2F%2Fissuer.example.da84fc9ff01f6a7c.jwks.json";
        assert_eq!(file.path, Path::new(name));
    }
}
