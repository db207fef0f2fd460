//! The decision on a request.

use std::sync::Arc;

use http::Request;
use serde::de::DeserializeOwned;

use super::browser::is_preflight;
use super::missing_token::{self, MissingToken};
use super::pending::{Pending, PendingRequest};
use crate::error::{Error, ErrorKind};
use crate::jwt::remove_claims;
use crate::policy::{Accepted, Presented};
use crate::request::{
    AccessToken, FoundToken, LayerContext, PredicateUri, RequestParts, Scheme, TokenSource,
    find_token, remove_tokens,
};
use crate::resource_metadata::Endpoint;
use crate::verify::{Attempt, Authenticator};

/// A predicate over the parts of a request.
pub(crate) type RequestPredicate = Arc<dyn Fn(&RequestParts<'_>) -> bool + Send + Sync>;

/// Decides what becomes of a request.
pub(crate) struct Gate<C> {
    pub(super) authenticator: Authenticator<C>,
    pub(super) forwarding: Forwarding,
    pub(super) optional: bool,
    pub(super) pass_preflight: bool,
    pub(super) skip: Option<RequestPredicate>,
    /// Returns the URI that `skip` sees.
    pub(super) predicate_uri: Option<PredicateUri>,
    /// The metadata of the resource, which needs no token.
    pub(super) metadata: Option<Arc<Endpoint>>,
}

// Written by hand: a derived impl would require `C: Clone`.
impl<C> Clone for Gate<C> {
    fn clone(&self) -> Self {
        Self {
            authenticator: self.authenticator.clone(),
            forwarding: self.forwarding,
            optional: self.optional,
            pass_preflight: self.pass_preflight,
            skip: self.skip.clone(),
            predicate_uri: self.predicate_uri.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

/// What becomes of the token in a request that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwarding {
    Unchanged,
    Stripped,
    /// Stripped, and left in the extensions of an accepted request.
    Kept,
}

/// What becomes of a request.
pub(super) enum Decision<C> {
    /// It goes to the inner service without claims, as configured.
    Pass,
    /// It goes to the inner service with claims. `needs_private` is that of [`FoundToken`].
    Accept {
        accepted: Accepted<C>,
        needs_private: bool,
        /// The token, if it is kept.
        kept: Option<AccessToken>,
    },
    /// It asks for the metadata of the resource.
    Metadata(Arc<Endpoint>),
    /// It is rejected.
    Reject(Error),
    /// It waits: for keys, for a signature check on another thread, or for a check of the policy.
    Wait {
        pending: Box<dyn PendingRequest>,
        needs_private: bool,
    },
}

impl<C> Gate<C> {
    /// Returns the sources whose tokens are removed from requests that go on.
    pub(super) fn stripped(&self) -> Option<&Arc<[TokenSource]>> {
        match self.forwarding {
            Forwarding::Unchanged => None,
            Forwarding::Stripped | Forwarding::Kept => Some(self.authenticator.sources()),
        }
    }

    /// Prepares a request that goes on without claims.
    pub(super) fn pass<B>(&self, request: &mut Request<B>, layer: LayerContext)
    where
        C: Send + Sync + 'static,
    {
        remove_claims::<C>(request.extensions_mut(), layer);
        request.extensions_mut().remove::<AccessToken>();
        self.strip(request);
    }

    /// Removes the token from a request that goes on, if configured.
    pub(super) fn strip<B>(&self, request: &mut Request<B>) {
        if let Some(sources) = self.stripped() {
            remove_tokens(sources, request);
        }
    }
}

impl<C> Gate<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    pub(super) fn decide(&self, parts: &RequestParts<'_>) -> Decision<C> {
        if let Some(metadata) = &self.metadata
            && metadata.is_at(parts.with_uri_from(self.predicate_uri.as_ref()).uri())
        {
            return Decision::Metadata(Arc::clone(metadata));
        }
        if self.is_exempt(parts) {
            return self.pass_by();
        }
        let sources = self.authenticator.sources();
        match find_token(sources, parts, self.authenticator.max_token_len()) {
            Ok(Some(found)) => self.decide_on(found, parts),
            Ok(None) if self.optional => self.pass_by(),
            Ok(None) => {
                let error = ErrorKind::MissingToken.into();
                missing_token::log(&error, &self.missing_token(parts));
                self.reject(error, None)
            }
            Err(error) => self.reject_unreadable(error, None),
        }
    }

    fn pass_by(&self) -> Decision<C> {
        let observers = self.authenticator.observers();
        if !observers.is_empty() {
            observers.passed();
        }
        Decision::Pass
    }

    fn reject(&self, error: Error, scheme: Option<Scheme>) -> Decision<C> {
        let observers = self.authenticator.observers();
        if !observers.is_empty() {
            observers.rejected(scheme, &error);
        }
        Decision::Reject(error)
    }

    /// Rejects a request whose tokens can't be read.
    fn reject_unreadable(&self, error: Error, scheme: Option<Scheme>) -> Decision<C> {
        missing_token::log_invalid(&error);
        self.reject(error, scheme)
    }

    fn missing_token<'r>(&'r self, parts: &'r RequestParts<'r>) -> MissingToken<'r> {
        MissingToken {
            parts,
            sources: self.authenticator.sources(),
            requires_dpop: self.authenticator.requires_dpop(),
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
            scheme,
            needs_private,
        }: FoundToken<'_>,
        parts: &RequestParts<'_>,
    ) -> Decision<C> {
        let keep = || {
            let is_kept = self.forwarding == Forwarding::Kept;
            is_kept
                .then(|| AccessToken::new(scheme, token.as_bytes()))
                .flatten()
        };
        let presented = Presented {
            token: token.as_bytes(),
            scheme,
            request: Some(parts),
        };
        match self.authenticator.begin(&presented) {
            Attempt::Done(Ok(accepted)) => {
                self.authenticator.tell(scheme, Ok(&accepted));
                Decision::Accept {
                    accepted,
                    needs_private,
                    kept: keep(),
                }
            }
            // Checked only now: a valid token has no comma.
            _ if token.is_joined() => {
                self.reject_unreadable(ErrorKind::InvalidRequest.into(), Some(scheme))
            }
            Attempt::Done(Err(error)) => self.reject(error, Some(scheme)),
            Attempt::Pending(pending) => Decision::Wait {
                pending: Box::new(Pending {
                    authentication: pending,
                    observers: self.authenticator.observers().clone(),
                    scheme,
                    stripped: self.stripped().cloned(),
                    kept: keep(),
                }),
                needs_private,
            },
        }
    }
}
