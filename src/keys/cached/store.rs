//! The last good key set in a file, so that a restart during an outage of the issuer still serves.
//!
//! Who can write the file can make keys that are trusted: it belongs in a folder of the service's own. It holds public
//! keys only, and of their URL no query, which may hold a secret. It is written to a file beside it that then takes its
//! place, so that nobody reads half of it.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher, RandomState};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::writer::Page;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeySet;

/// The form of the file.
const VERSION: u32 = 1;
/// A file of a moment ago may seem to come from the future after a small step of the clock.
const TOLERANCE: Duration = Duration::from_secs(60);
/// Longer names are no file names.
const LONGEST_NAME: usize = 200;

/// Where the keys of one issuer are kept.
#[derive(Debug)]
pub(super) struct Store {
    file: PathBuf,
    issuer: String,
    /// Where the keys come from: a URL without its query, or the issuer's metadata.
    source: String,
    limit: usize,
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    issuer: String,
    source: String,
    /// Seconds since 1970.
    fetched_at: u64,
    /// Seconds.
    life: u64,
    jwks: Box<RawValue>,
}

/// Keys from a file, with the time that has passed since they were fetched.
pub(super) struct Restored {
    pub(super) keys: KeySet,
    pub(super) age: Duration,
    pub(super) life: Duration,
}

impl Store {
    pub(super) fn new(
        folder: &Path,
        issuer: &str,
        mut source: String,
        limit: usize,
    ) -> Result<Self, ConfigError> {
        let name: String = form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
        if name.len() > LONGEST_NAME {
            return Err(ConfigError::new(
                ConfigErrorKind::Contradiction,
                "the issuer is too long for a file name",
            ));
        }
        // Of two sources of one issuer each has its file, also where only their queries differ. Another version of Rust
        // may hash otherwise: then there is no file, as at the first start.
        let place = BuildHasherDefault::<DefaultHasher>::default().hash_one(&source);
        let file = folder.join(format!("{name}.{place:016x}.jwks.json"));
        source.truncate(source.find('?').unwrap_or(source.len()));
        Ok(Self {
            file,
            issuer: issuer.to_owned(),
            source,
            limit,
        })
    }

    /// Replaces what is kept. Only the public part of usable keys is.
    pub(super) fn write(&self, page: &Page) -> io::Result<()> {
        let jwks =
            KeySet::public_json(&page.body).and_then(|json| RawValue::from_string(json).ok());
        let record = Record {
            version: VERSION,
            issuer: self.issuer.clone(),
            source: self.source.clone(),
            fetched_at: page
                .fetched
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
            life: page.life.as_secs(),
            jwks: jwks.ok_or(io::ErrorKind::InvalidData)?,
        };
        let beside = self.beside();
        let written = write_new(&beside, &serde_json::to_vec(&record)?)
            .and_then(|()| fs::rename(&beside, &self.file));
        written.inspect_err(|_| drop(fs::remove_file(&beside)))
    }

    /// A name that nobody else writes to, in whatever container he is process 1.
    fn beside(&self) -> PathBuf {
        self.file.with_extension(format!(
            "{:016x}.tmp",
            RandomState::new().hash_one(&self.source)
        ))
    }

    /// What is kept: nothing where there is no file, or where it is of another issuer or source or older than it may be.
    pub(super) fn read(
        &self,
        stale_for: Duration,
        now: SystemTime,
    ) -> io::Result<Option<Restored>> {
        let mut text = Vec::new();
        let file = match File::open(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        // More than a set and its frame can take is damage.
        let most = u64::try_from(self.limit.saturating_mul(2)).unwrap_or(u64::MAX);
        file.take(most).read_to_end(&mut text)?;
        let record: Record = serde_json::from_slice(&text)?;
        if (record.version, &record.issuer, &record.source) != (VERSION, &self.issuer, &self.source)
        {
            return Ok(None);
        }
        let Some(age) = age(record.fetched_at, now) else {
            return Ok(None);
        };
        let life = Duration::from_secs(record.life);
        if age >= life.saturating_add(stale_for) {
            return Ok(None);
        }
        let keys = KeySet::from_response(record.jwks.get().as_bytes()).map_err(io::Error::other)?;
        Ok(Some(Restored { keys, age, life }))
    }
}

/// The time that has passed; none where the file is of the future.
fn age(fetched_at: u64, now: SystemTime) -> Option<Duration> {
    let fetched = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(fetched_at))?;
    match now.duration_since(fetched) {
        Ok(age) => Some(age),
        Err(ahead) => (ahead.duration() <= TOLERANCE).then_some(Duration::ZERO),
    }
}

/// Writes a file that nobody else may read or, more to the point, change.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // New, so that neither a link nor the permissions of what is there are followed.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
