//! Events about the keys of an issuer.

use crate::keys::KeysEvent;

/// An event about the keys of an issuer: see [`Observe::keys_event`](crate::Observe::keys_event).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IssuerKeysEvent<'o> {
    /// The configured name of the issuer.
    pub issuer: &'o str,
    /// What has happened.
    pub event: &'o KeysEvent<'o>,
}
