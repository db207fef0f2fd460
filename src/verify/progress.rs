//! The outcome of verifying a token without waiting.

use std::sync::Arc;

use super::ConfiguredIssuer;
use crate::error::{Error, ErrorKind, RETRY_AFTER};
use crate::keys::{KeyQuery, KeysError};
use crate::policy::Unchecked;

/// The outcome of verifying a token without waiting, or the reason to wait.
pub(crate) enum Progress<C> {
    /// The token was verified or rejected.
    Done(Result<Unchecked<C>, Error>),
    /// The issuer may have a key that is not cached.
    NeedsKeys(NeedsKeys),
    /// The signature is to be checked on another thread.
    Offload,
}

/// The key that is missing, and the issuer that may have it.
pub(crate) struct NeedsKeys {
    issuer: Arc<ConfiguredIssuer>,
    query: KeyQuery,
}

impl NeedsKeys {
    pub(super) fn new(issuer: &Arc<ConfiguredIssuer>, query: KeyQuery) -> Self {
        if issuer.source_for(query.algorithm).current().is_none() {
            issuer.mark_needed();
        }
        Self {
            issuer: Arc::clone(issuer),
            query,
        }
    }

    /// Waits until the issuer's keys are refreshed. If the issuer is removed meanwhile, that is no
    /// error: then its token is rejected for that reason.
    pub(super) async fn refresh(self) -> Result<(), Error> {
        self.issuer.check_may_fetch()?;
        let source = self.issuer.source_for(self.query.algorithm);
        let refreshed = source.refresh(self.query).await;
        if self.issuer.is_retired() {
            return Ok(());
        }
        refreshed.map_err(KeysError::into_error)
    }

    /// Returns why there still is no key after a refresh.
    pub(super) fn into_error(self) -> Error {
        let source = self.issuer.source_for(self.query.algorithm);
        if source.current().is_some() {
            ErrorKind::UnknownKey.into()
        } else {
            Error::keys_unavailable(RETRY_AFTER, None)
        }
    }
}
