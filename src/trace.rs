//! Events, where feature `tracing` is on; nothing otherwise. No event holds anything of a token.

#[cfg(feature = "tracing")]
mod events {
    use std::error::Error as StdError;

    use crate::error::Error;
    use crate::keys::KeysEvent;

    /// The crate, whatever its modules are called.
    const TARGET: &str = "tower_jwt_auth";

    /// An error and its causes.
    fn in_full(error: &(dyn StdError + 'static)) -> String {
        let causes =
            std::iter::successors(error.source(), |cause: &&dyn StdError| (**cause).source());
        causes.fold(error.to_string(), |message, cause| {
            format!("{message}: {cause}")
        })
    }

    pub(crate) fn refused(error: &Error) {
        tracing::debug!(target: TARGET, kind = ?error.kind(), claim = error.claim(), "request refused");
    }

    pub(crate) fn keys_event(issuer: &str, event: &KeysEvent<'_>) {
        match event {
            KeysEvent::Fetched { keys } => {
                let (usable, skipped) = (keys.keys().count(), keys.skipped().len());
                tracing::debug!(target: TARGET, issuer, usable, skipped, "keys fetched");
                for key in keys.skipped() {
                    tracing::debug!(target: TARGET, issuer, key_id = key.key_id(), "a key of the set is not used: it {}", key.reason());
                }
            }
            KeysEvent::Failed { error, failures } => {
                let error = in_full(*error);
                tracing::warn!(target: TARGET, issuer, error, failures, "keys could not be fetched");
            }
            KeysEvent::Stale => {
                tracing::error!(target: TARGET, issuer, "keys have outlived their life and serve on")
            }
            KeysEvent::Expired => {
                tracing::error!(target: TARGET, issuer, "there are no keys any more that may serve")
            }
            KeysEvent::Recovered { failures } => {
                tracing::info!(target: TARGET, issuer, failures, "keys can be fetched again");
            }
            KeysEvent::SnapshotFailed { error } => {
                tracing::warn!(target: TARGET, issuer, %error, "the file of keys is of no use");
            }
            KeysEvent::BudgetExhausted => {
                tracing::warn!(target: TARGET, issuer, "too many tokens with unknown key ids");
            }
        }
    }

    pub(crate) fn layer_missing(claims: &'static str) {
        tracing::error!(target: TARGET, claims, "no claims in the request: is JwtAuthLayer, with this claims type, on the route?");
    }
}

#[cfg(not(feature = "tracing"))]
mod events {
    use crate::error::Error;
    use crate::keys::KeysEvent;

    pub(crate) fn refused(_: &Error) {}

    pub(crate) fn keys_event(_: &str, _: &KeysEvent<'_>) {}

    pub(crate) fn layer_missing(_: &'static str) {}
}

pub(crate) use events::*;
