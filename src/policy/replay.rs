//! Single use of tokens, by their `jti` (RFC 7519 §4.1.7).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Extensions;

use super::{CheckContext, CheckOutcome, TokenCheck};
use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;
use crate::observe::ObservedInsert;
use crate::replay::{Inserted, ReplayKey, ReplayKind, ReplayStore};

/// How long an id stays after its token expires: the system clock may be set back, while the store
/// measures ages with a monotonic one.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// The check that a token was not used before.
pub(crate) struct SingleUse {
    pub(crate) store: Arc<dyn ReplayStore>,
    pub(crate) leeway: Duration,
    pub(crate) observed: ObservedInsert,
}

impl<C> TokenCheck<C> for SingleUse {
    fn check(&self, claims: &Claims<C>, context: &CheckContext<'_>) -> CheckOutcome {
        let key = match key_of(claims) {
            Ok(key) => key,
            Err(error) => return CheckOutcome::reject(error),
        };
        let expires_at = claims.expires_at().duration_since(SystemTime::UNIX_EPOCH);
        // An `exp` before 1970 was rejected when it was read, so the default is never used.
        let remaining = expires_at
            .unwrap_or_default()
            .saturating_sub(context.since_epoch());
        let ttl = remaining.saturating_add(self.leeway).saturating_add(MARGIN);
        let outcome = self.store.insert_once(key, ttl);
        let (observed, issuer) = (&self.observed, claims.issuer_id());
        let outcome = observed.tell(outcome, &self.store, ReplayKind::Token, issuer);
        match outcome.ready() {
            Ok(inserted) => accept_first(inserted).into(),
            Err(inserted) => CheckOutcome::Pending(Box::pin(async {
                accept_first(inserted.await).map(|()| Extensions::new())
            })),
        }
    }
}

/// Returns the key of a token. One that may be used only once must have an id.
pub(super) fn key_of<C>(claims: &Claims<C>) -> Result<ReplayKey<'_>, Error> {
    let id = claims.id();
    let id = id.ok_or(Error::about_claim(ErrorKind::MissingClaim, "jti"))?;
    Ok(ReplayKey::token(claims.issuer(), id))
}

fn accept_first(inserted: Inserted) -> Result<(), Error> {
    match inserted {
        Ok(true) => Ok(()),
        Ok(false) => Err(ErrorKind::Replayed.into()),
        Err(error) => Err(Error::check_unavailable(Some(error.into()))),
    }
}
