//! What happens to the files of an issuer.

use super::ConfiguredIssuer;
use crate::keys::{KeysEvent, Observer};

impl ConfiguredIssuer {
    /// Reports what happens to the files that the keys are in, if they are watched. Calls `changed`
    /// after each change of the keys.
    pub(super) fn watch_files(&self, changed: impl Fn() + Send + Sync + 'static) {
        let Some(files) = self.keys.source().key_files() else {
            return;
        };
        let configured = self.observer.clone();
        let observer = Observer::new(move |issuer, event| {
            if let Some(configured) = &configured {
                configured.notify(issuer, event);
            }
            if let KeysEvent::FilesChanged { .. } = event {
                changed();
            }
        });
        // Set once: an issuer is added to one registry.
        let _ = self.subscription.set(files.subscribe(&self.name, observer));
    }
}
