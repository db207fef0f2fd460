//! One look at files.

use std::time::SystemTime;

use super::event::FilesEvent;
use crate::config_error::ConfigError;
use crate::jwk::KeySet;
use crate::keys::SecretInfo;

/// Looks at files again and again, and remembers what they had.
pub(super) trait Look: Send {
    /// Reads the files, on this thread.
    fn look(&mut self, now: SystemTime) -> Seen;
}

/// The outcome of a look.
#[derive(Default)]
pub(super) struct Seen {
    /// The keys, unless they are those of the last look.
    pub(super) changed: Option<Change>,
    /// Further events.
    pub(super) events: Vec<FilesEvent>,
    /// Why something could not be read. What was read before stays.
    pub(super) error: Option<ConfigError>,
    /// Whether a file is absent that was there at the last look. It counts as removed if it is
    /// absent at the next one, too.
    pub(super) is_absent: bool,
    /// The state of each secret, for the health.
    pub(super) secrets: Vec<SecretInfo>,
}

/// Other keys than at the last look.
pub(super) struct Change {
    pub(super) keys: KeySet,
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
}
