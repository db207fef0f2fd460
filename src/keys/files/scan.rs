//! One scan of watched files.

use std::time::SystemTime;

use super::event::FilesEvent;
use crate::config_error::ConfigError;
use crate::jwk::KeySet;
use crate::keys::SecretInfo;

/// Reads files again and again, and compares them with what they had.
pub(super) trait Scan: Send {
    /// Reads the files, on this thread.
    fn scan(&mut self, now: SystemTime) -> Scanned;
}

/// The outcome of a scan.
#[derive(Default)]
pub(super) struct Scanned {
    /// The keys, unless they are those of the last scan.
    pub(super) changed: Option<Change>,
    /// Further events.
    pub(super) events: Vec<FilesEvent>,
    /// Why something could not be read. What was read before stays.
    pub(super) error: Option<ConfigError>,
    /// Whether a file is absent that was there at the last scan. It counts as removed if it is
    /// absent at the next one, too.
    pub(super) is_newly_absent: bool,
    /// The state of each secret, for the health.
    pub(super) secrets: Vec<SecretInfo>,
}

/// Other keys than at the last scan.
pub(super) struct Change {
    pub(super) keys: KeySet,
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
}
