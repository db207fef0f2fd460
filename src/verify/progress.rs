//! The outcome of verifying a token without waiting.

use std::sync::Arc;

use super::ConfiguredIssuer;
use super::introspection::NeedsAnswer;
use crate::error::{Error, ErrorKind, RETRY_AFTER};
use crate::keys::KeyQuery;
use crate::observe::WaitFor;
use crate::policy::Unchecked;

/// The outcome of verifying a token without waiting, or the reason to wait.
pub(crate) enum Progress<C> {
    /// The token was verified or rejected.
    Done(Result<Unchecked<C>, Error>),
    /// The issuer may have a key that is not cached.
    NeedsKeys(NeedsKeys),
    /// The issuer is to be asked about the token.
    NeedsAnswer(NeedsAnswer),
    /// The signature is to be checked on another thread.
    Offload,
}

impl<C> Progress<C> {
    /// Returns what is waited for, for the span of the request.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "nothing",
            Self::NeedsKeys(_) => WaitFor::Keys.name(),
            Self::NeedsAnswer(_) => WaitFor::Introspection.name(),
            Self::Offload => WaitFor::Offload.name(),
        }
    }
}

/// The key that is missing, and the issuer that may have it.
pub(crate) struct NeedsKeys {
    issuer: Arc<ConfiguredIssuer>,
    query: KeyQuery,
    /// The id of the key set that was tried.
    tried: Option<u64>,
}

impl NeedsKeys {
    pub(super) fn new(issuer: &Arc<ConfiguredIssuer>, query: KeyQuery, tried: Option<u64>) -> Self {
        if issuer.source_for(query.algorithm).current().is_none() {
            issuer.mark_needed();
        }
        Self {
            issuer: Arc::clone(issuer),
            query,
            tried,
        }
    }

    /// Waits until the issuer's keys are refreshed. If the issuer is removed meanwhile, that is no
    /// error: then its token is rejected for that reason.
    pub(super) async fn refresh(&self) -> Result<(), Error> {
        let of_issuer = |error: Error| error.with_issuer(self.issuer.observers.id());
        self.issuer.check_may_fetch().map_err(of_issuer)?;
        let source = self.issuer.source_for(self.query.algorithm);
        let refresh = source.refresh(self.query.clone());
        let observers = &self.issuer.observers;
        let refreshed = observers.timed(WaitFor::Keys, refresh).await;
        if self.is_retired() {
            return Ok(());
        }
        refreshed.map_err(|error| of_issuer(error.into_error()))
    }

    /// Returns whether the issuer was removed or replaced meanwhile.
    pub(super) fn is_retired(&self) -> bool {
        self.issuer.is_retired()
    }

    /// Returns whether the refresh brought no other keys than those that were tried: then they need
    /// not be tried again, which could be several signature checks for a forged token. `is_changed`
    /// tells whether any issuer was added, replaced or removed: then the token may be another's.
    pub(super) fn has_same_keys(&self, is_changed: bool) -> bool {
        if is_changed {
            return false;
        }
        let source = self.issuer.source_for(self.query.algorithm);
        let current = source.current().map(|keys| keys.id());
        current.is_some() && current == self.tried
    }

    /// Returns why there still is no key after a refresh.
    pub(super) fn into_error(self) -> Error {
        let source = self.issuer.source_for(self.query.algorithm);
        let error = if source.current().is_some() {
            ErrorKind::UnknownKey.into()
        } else {
            Error::keys_unavailable(RETRY_AFTER, None)
        };
        error.with_issuer(self.issuer.observers.id())
    }
}
