//! Requests that wait, and what is added to accepted ones.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, HeaderValue};

use crate::error::Error;
use crate::jwt::insert_claims;
use crate::observe::Observers;
use crate::policy::Accepted;
use crate::request::{AccessToken, LayerContext, RequestParts, Scheme, TokenSource};
use crate::verify::{Authentication, tell};

/// A request that waits. A trait, so that its future does not depend on `C`.
pub(super) trait PendingRequest: Send {
    /// Returns what to add to the request and to its response.
    fn poll(
        &mut self,
        request: &RequestParts<'_>,
        layer: &LayerContext,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Additions, Error>>;

    /// Returns the sources whose tokens are removed from the accepted request.
    fn stripped(&self) -> &[TokenSource];
}

/// What is added to a request that was accepted, and to its response.
pub(super) struct Additions {
    /// The extensions of the request, with the claims.
    pub(super) extensions: Extensions,
    /// The nonce for the client's next DPoP proof, if it is to change.
    pub(super) nonce: Option<Box<HeaderValue>>,
}

pub(super) struct Pending<C> {
    pub(super) authentication: Authentication<C>,
    pub(super) observers: Observers,
    pub(super) scheme: Scheme,
    pub(super) stripped: Option<Arc<[TokenSource]>>,
    /// The token, if it is kept.
    pub(super) kept: Option<AccessToken>,
}

impl<C: Send + Sync + 'static> PendingRequest for Pending<C> {
    fn poll(
        &mut self,
        request: &RequestParts<'_>,
        layer: &LayerContext,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Additions, Error>> {
        let accepted = self.authentication.poll(Some(request), cx);
        if let Poll::Ready(outcome) = &accepted {
            tell(&self.observers, self.scheme, outcome.as_ref());
        }
        accepted.map_ok(|accepted| {
            let mut extensions = Extensions::new();
            let (kept, layer) = (self.kept.take(), layer.clone());
            let nonce = add_to(&mut extensions, accepted, kept, layer);
            Additions { extensions, nonce }
        })
    }

    fn stripped(&self) -> &[TokenSource] {
        self.stripped.as_deref().unwrap_or_default()
    }
}

/// Adds the claims to the extensions of a request, the token if it is kept, and what the checks
/// have added. The claims last: no check can replace them. The caller has removed the token that an
/// outer layer left, which belongs to other claims. Returns what is left: the nonce.
pub(super) fn add_to<C>(
    extensions: &mut Extensions,
    accepted: Accepted<C>,
    kept: Option<AccessToken>,
    layer: LayerContext,
) -> Option<Box<HeaderValue>>
where
    C: Send + Sync + 'static,
{
    extensions.extend(accepted.extensions);
    if let Some(token) = kept {
        extensions.insert(token);
    }
    insert_claims(extensions, accepted.claims, layer);
    accepted.nonce
}
