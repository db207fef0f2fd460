//! The decision on a request.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{Extensions, Method};
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::jwt::Claims;
use crate::request::{FoundToken, RequestParts, TokenSource, find_token};
use crate::verify::{Authenticator, Progress};

/// A predicate over the parts of a request.
pub(crate) type RequestPredicate = Arc<dyn Fn(&RequestParts<'_>) -> bool + Send + Sync>;

/// Decides what becomes of a request.
pub(crate) struct Gate<C> {
    pub(super) authenticator: Authenticator<C>,
    pub(super) sources: Box<[TokenSource]>,
    pub(super) optional: bool,
    pub(super) pass_preflight: bool,
    pub(super) skip: Option<RequestPredicate>,
}

/// What becomes of a request.
pub(super) enum Decision<C> {
    /// It goes to the inner service without claims, as configured.
    Pass,
    /// It goes to the inner service with claims. `in_url` is that of [`FoundToken`].
    Accept { claims: Claims<C>, in_url: bool },
    /// It is rejected.
    Reject(Error),
    /// It waits, for keys or for a signature check on another thread.
    Wait {
        pending: PendingClaims,
        in_url: bool,
    },
}

/// Resolves to extensions that hold the claims, so that this type does not depend on `C`.
pub(super) type PendingClaims = BoxFuture<'static, Result<Extensions, Error>>;

impl<C> Gate<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    pub(super) fn decide(&self, parts: &RequestParts<'_>) -> Decision<C> {
        if self.is_exempt(parts) {
            return Decision::Pass;
        }
        match find_token(&self.sources, parts, self.authenticator.max_token_len()) {
            Ok(Some(found)) => self.decide_on(found),
            Ok(None) if self.optional => Decision::Pass,
            Ok(None) => Decision::Reject(ErrorKind::MissingToken.into()),
            Err(error) => Decision::Reject(error),
        }
    }

    fn is_exempt(&self, parts: &RequestParts<'_>) -> bool {
        (self.pass_preflight && is_preflight(parts))
            || self.skip.as_ref().is_some_and(|skip| skip(parts))
    }

    fn decide_on(&self, FoundToken { token, in_url }: FoundToken<'_>) -> Decision<C> {
        match self.authenticator.begin(token.as_bytes()) {
            Progress::Done(Ok(claims)) => Decision::Accept { claims, in_url },
            // Checked only now: a valid token has no comma.
            _ if token.is_joined() => Decision::Reject(ErrorKind::InvalidRequest.into()),
            Progress::Done(Err(error)) => Decision::Reject(error),
            progress => {
                let pending = self.finish(token.as_bytes().into(), progress);
                Decision::Wait { pending, in_url }
            }
        }
    }

    fn finish(&self, token: Box<[u8]>, progress: Progress<C>) -> PendingClaims {
        let authenticator = self.authenticator.clone();
        Box::pin(async move {
            let claims = authenticator.finish(&token, progress).await?;
            let mut extensions = Extensions::new();
            extensions.insert(claims);
            Ok(extensions)
        })
    }
}

/// Returns whether it is a CORS preflight, which carries no credentials (Fetch, "CORS protocol and
/// credentials").
fn is_preflight(parts: &RequestParts<'_>) -> bool {
    parts.method() == Method::OPTIONS
        && parts.headers().contains_key(ORIGIN)
        && parts.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
