//! The way of a request through the checks, once, whatever is around it.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{Extensions, Method};
use serde::de::DeserializeOwned;

use crate::authenticator::{Authenticator, Known, Later};
use crate::error::{Error, ErrorKind};
use crate::extract::{Found, TokenSource, find_token};
use crate::head::RequestHead;
use crate::jwt::Claims;

pub(crate) type Predicate = Arc<dyn Fn(&RequestHead<'_>) -> bool + Send + Sync>;

pub(crate) struct Guard<C> {
    pub(crate) authenticator: Authenticator<C>,
    pub(crate) sources: Box<[TokenSource]>,
    pub(crate) optional: bool,
    pub(crate) pass_preflight: bool,
    pub(crate) skip: Option<Predicate>,
}

/// What becomes of a request.
pub(crate) enum Verdict<C> {
    /// It goes on without claims, as configured.
    Pass,
    Accept {
        claims: Claims<C>,
        private: bool,
    },
    Refuse(Error),
    /// Keys must be fetched first, or another thread checks the signature. The extensions hold the claims.
    Wait {
        pending: Pending,
        private: bool,
    },
}

pub(crate) type Pending = BoxFuture<'static, Result<Extensions, Error>>;

/// Left in the extensions of a request that goes on without claims, so that a forgotten layer can be told from an
/// absent token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unauthenticated;

impl<C> Guard<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    pub(crate) fn judge(&self, head: &RequestHead<'_>) -> Verdict<C> {
        if self.leaves_alone(head) {
            return Verdict::Pass;
        }
        match find_token(&self.sources, head, self.authenticator.longest_token()) {
            Ok(Some(found)) => self.judge_token(found),
            Ok(None) if self.optional => Verdict::Pass,
            Ok(None) => Verdict::Refuse(ErrorKind::MissingToken.into()),
            Err(error) => Verdict::Refuse(error),
        }
    }

    fn leaves_alone(&self, head: &RequestHead<'_>) -> bool {
        (self.pass_preflight && is_preflight(head))
            || self.skip.as_ref().is_some_and(|skip| skip(head))
    }

    fn judge_token(&self, Found { token, private }: Found<'_>) -> Verdict<C> {
        match self.authenticator.begin(token.as_bytes()) {
            Known::Settled(Ok(claims)) => Verdict::Accept { claims, private },
            // Looked for only here, as nothing that is accepted can be so.
            _ if token.is_joined() => Verdict::Refuse(ErrorKind::InvalidRequest.into()),
            Known::Settled(Err(error)) => Verdict::Refuse(error),
            Known::Later(later) => Verdict::Wait {
                pending: self.wait(token.as_bytes().into(), later),
                private,
            },
        }
    }

    fn wait(&self, token: Box<[u8]>, later: Later) -> Pending {
        let authenticator = self.authenticator.clone();
        Box::pin(async move {
            let claims = authenticator.finish(&token, later).await?;
            let mut extensions = Extensions::new();
            extensions.insert(claims);
            Ok(extensions)
        })
    }
}

/// A CORS preflight carries no credentials (Fetch §3.2.2).
fn is_preflight(head: &RequestHead<'_>) -> bool {
    head.method() == Method::OPTIONS
        && head.headers().contains_key(ORIGIN)
        && head.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
