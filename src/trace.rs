//! Events, where feature `tracing` is on; nothing otherwise. No event holds anything of a token.

#[cfg(feature = "tracing")]
mod events {
    use crate::error::Error;
    use crate::jwk::KeySet;
    use crate::keys::FetchError;

    pub(crate) fn refused(error: &Error) {
        tracing::debug!(kind = ?error.kind(), claim = error.claim(), "request refused");
    }

    pub(crate) fn keys_fetched(keys: &KeySet) {
        let (usable, skipped) = (keys.keys().count(), keys.skipped().len());
        tracing::debug!(usable, skipped, "keys fetched");
        for key in keys.skipped() {
            tracing::debug!(key_id = key.key_id(), "a key of the set is not used: it {}", key.reason());
        }
    }

    pub(crate) fn fetch_failed(error: &FetchError) {
        let cause = std::error::Error::source(error).map(tracing::field::display);
        tracing::warn!(error = %error, cause, "keys could not be fetched");
    }

    #[cfg(feature = "axum")]
    pub(crate) fn layer_missing(claims: &'static str) {
        tracing::error!(claims, "no claims in the request: is JwtAuthLayer, with this claims type, on the route?");
    }
}

#[cfg(not(feature = "tracing"))]
mod events {
    use crate::error::Error;
    use crate::jwk::KeySet;
    use crate::keys::FetchError;

    pub(crate) fn refused(_: &Error) {}

    pub(crate) fn keys_fetched(_: &KeySet) {}

    pub(crate) fn fetch_failed(_: &FetchError) {}

    #[cfg(feature = "axum")]
    pub(crate) fn layer_missing(_: &'static str) {}
}

pub(crate) use events::*;
