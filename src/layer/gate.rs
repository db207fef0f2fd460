//! The decision on a request.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ORIGIN, TRANSFER_ENCODING};
use http::{Extensions, Method};
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::jwt::insert_claims;
use crate::policy::Accepted;
use crate::request::{
    FoundToken, LayerContext, PredicateUri, RequestParts, TokenSource, find_token,
};
use crate::verify::{Attempt, Authentication, Authenticator};

/// A predicate over the parts of a request.
pub(crate) type RequestPredicate = Arc<dyn Fn(&RequestParts<'_>) -> bool + Send + Sync>;

/// Decides what becomes of a request.
pub(crate) struct Gate<C> {
    pub(super) authenticator: Authenticator<C>,
    pub(super) sources: Box<[TokenSource]>,
    pub(super) optional: bool,
    pub(super) pass_preflight: bool,
    pub(super) skip: Option<RequestPredicate>,
    /// Returns the URI that `skip` sees.
    pub(super) predicate_uri: Option<PredicateUri>,
}

/// What becomes of a request.
pub(super) enum Decision<C> {
    /// It goes to the inner service without claims, as configured.
    Pass,
    /// It goes to the inner service with claims. `needs_private` is that of [`FoundToken`].
    Accept {
        accepted: Accepted<C>,
        needs_private: bool,
    },
    /// It is rejected.
    Reject(Error),
    /// It waits: for keys, for a signature check on another thread, or for a check of the policy.
    Wait {
        pending: Box<dyn PendingRequest>,
        needs_private: bool,
    },
}

/// A request that waits. A trait, so that its future does not depend on `C`.
pub(super) trait PendingRequest: Send {
    /// Returns what to add to the extensions of the request, with the claims.
    fn poll(
        &mut self,
        request: &RequestParts<'_>,
        layer: &LayerContext,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Extensions, Error>>;
}

impl<C: Send + Sync + 'static> PendingRequest for Authentication<C> {
    fn poll(
        &mut self,
        request: &RequestParts<'_>,
        layer: &LayerContext,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Extensions, Error>> {
        Self::poll(self, Some(request), cx).map_ok(|accepted| {
            let mut extensions = Extensions::new();
            add_to(&mut extensions, accepted, layer.clone());
            extensions
        })
    }
}

/// Adds the claims to the extensions of a request, and what the checks have added. The claims last:
/// no check can replace them.
pub(super) fn add_to<C>(extensions: &mut Extensions, accepted: Accepted<C>, layer: LayerContext)
where
    C: Send + Sync + 'static,
{
    extensions.extend(accepted.extensions);
    insert_claims(extensions, accepted.claims, layer);
}

impl<C> Gate<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    pub(super) fn decide(&self, parts: &RequestParts<'_>) -> Decision<C> {
        if self.is_exempt(parts) {
            return Decision::Pass;
        }
        match find_token(&self.sources, parts, self.authenticator.max_token_len()) {
            Ok(Some(found)) => self.decide_on(found, parts),
            Ok(None) if self.optional => Decision::Pass,
            Ok(None) => Decision::Reject(ErrorKind::MissingToken.into()),
            Err(error) => Decision::Reject(error),
        }
    }

    fn is_exempt(&self, parts: &RequestParts<'_>) -> bool {
        let is_skipped =
            |skip: &RequestPredicate| skip(&parts.with_uri_from(self.predicate_uri.as_ref()));
        (self.pass_preflight && is_preflight(parts)) || self.skip.as_ref().is_some_and(is_skipped)
    }

    fn decide_on(
        &self,
        FoundToken {
            token,
            needs_private,
        }: FoundToken<'_>,
        parts: &RequestParts<'_>,
    ) -> Decision<C> {
        match self.authenticator.begin(token.as_bytes(), Some(parts)) {
            Attempt::Done(Ok(accepted)) => Decision::Accept {
                accepted,
                needs_private,
            },
            // Checked only now: a valid token has no comma.
            _ if token.is_joined() => Decision::Reject(ErrorKind::InvalidRequest.into()),
            Attempt::Done(Err(error)) => Decision::Reject(error),
            Attempt::Pending(pending) => Decision::Wait {
                pending: Box::new(pending),
                needs_private,
            },
        }
    }
}

/// Returns whether it is a CORS preflight, which carries no credentials (Fetch, "CORS protocol and
/// credentials"), and whose headers announce no body.
fn is_preflight(parts: &RequestParts<'_>) -> bool {
    let headers = parts.headers();
    parts.method() == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !headers.contains_key(TRANSFER_ENCODING)
        && headers.get_all(CONTENT_LENGTH).iter().all(|len| len == "0")
}
