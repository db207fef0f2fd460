//! The part of a cache that its tasks may keep alive: configuration and resources, no keys.

use std::time::SystemTime;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::fetch::JwksLocation;
use super::http_client::HttpClient;
use super::settings::JwksCacheSettings;
use super::snapshot::Snapshot;
use super::snapshot_file::SnapshotFile;
use super::snapshot_writer::SnapshotWriter;
use crate::config_error::ConfigError;
use crate::keys::event::{KeysEvent, Observer};
use crate::trace::{self, LogLimit};

/// The configuration of a cache, and the resources that its fetches need.
///
/// Tasks hold it instead of [`Shared`](super::cache::Shared), so that they do not keep the cache
/// alive.
pub(super) struct FetchContext {
    pub(super) issuer: String,
    pub(super) location: JwksLocation,
    pub(super) client: HttpClient,
    pub(super) settings: JwksCacheSettings,
    observer: Option<Observer>,
    log_limit: LogLimit,
    pub(super) snapshot_writer: Option<SnapshotWriter>,
    /// Tells the refresher that a fetch has ended.
    pub(super) fetch_ended: Notify,
}

impl FetchContext {
    pub(super) fn new(
        issuer: &str,
        location: JwksLocation,
        client: HttpClient,
        settings: JwksCacheSettings,
        observer: Option<Observer>,
    ) -> Result<Self, ConfigError> {
        settings.validate()?;
        let snapshot_file = settings
            .snapshot_dir
            .as_ref()
            .map(|dir| SnapshotFile::new(dir, issuer, location.name(), settings.max_body_len))
            .transpose()?;
        Ok(Self {
            issuer: issuer.to_owned(),
            location,
            client,
            settings,
            observer,
            log_limit: LogLimit::new(),
            snapshot_writer: snapshot_file.map(SnapshotWriter::new),
            fetch_ended: Notify::new(),
        })
    }

    /// Logs an event and reports it to the observer. Not to be called with the state locked: the
    /// observer may ask for the health, which locks it.
    pub(super) fn report(&self, event: &KeysEvent<'_>) {
        self.report_as(event, true);
    }

    /// The same. A failed fetch for an issuer that is not `known`, since a token may have made it
    /// up, is logged at debug only.
    pub(super) fn report_as(&self, event: &KeysEvent<'_>, known: bool) {
        match event {
            KeysEvent::FetchFailed {
                error, failures, ..
            } if known => trace::fetch_failed(&self.log_limit, &self.issuer, *error, *failures),
            KeysEvent::FetchFailed { error, .. } => {
                trace::fetch_failed_for_unknown(&self.issuer, *error);
            }
            KeysEvent::Recovered { .. } => {
                self.log_limit.reset();
                event.log(&self.issuer);
            }
            _ => event.log(&self.issuer),
        }
        if let Some(observer) = &self.observer {
            observer.notify(&self.issuer, event);
        }
    }

    /// Returns the snapshot that an earlier process wrote. Returns `None` if there is no usable
    /// one, if the TTL in the file and `stale_if_error` have passed, if its keys were withdrawn and
    /// `withdrawal_grace` has passed since, or if a time in the file is more than a minute in the
    /// future. Reports a failed read.
    pub(super) fn restore(&self) -> Option<Snapshot> {
        let writer = self.snapshot_writer.as_ref()?;
        let restored = writer
            .file
            .read(&self.settings, SystemTime::now())
            .unwrap_or_else(|error| {
                self.report(&KeysEvent::SnapshotFailed { error: &error });
                None
            })?;
        writer.note_restored(restored.record.clone());
        Some(Snapshot::restored(restored, &self.settings, Instant::now()))
    }

    /// Writes the pending snapshot to its file. Blocks.
    pub(super) fn write_snapshot(&self) {
        if let Some(writer) = &self.snapshot_writer {
            writer.write(|error| self.report(&KeysEvent::SnapshotFailed { error }));
        }
    }
}
