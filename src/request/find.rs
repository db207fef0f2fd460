//! The search for the token of a request in all sources.

use std::borrow::Cow;

use http::Request;

use super::locations::is_joined;
use super::{RequestParts, Scheme, TokenSource};
use crate::error::{Error, ErrorKind};

/// The token of a request, not yet checked.
pub(crate) struct FoundToken<'r> {
    pub(crate) token: Token<'r>,
    pub(crate) scheme: Scheme,
    /// The response must become private: a shared cache could store it.
    pub(crate) needs_private: bool,
}

/// The text of a token, not yet checked.
pub(crate) enum Token<'r> {
    /// What follows a scheme in a header.
    Credentials(&'r [u8]),
    Text(Cow<'r, str>),
}

impl Token<'_> {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Credentials(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// Returns whether it comes from two headers that a proxy has joined.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self, Self::Credentials(bytes) if is_joined(bytes))
    }
}

/// Returns the only token of the request, or `None`. Two different tokens are an invalid request.
pub(crate) fn find_token<'r>(
    sources: &[TokenSource],
    parts: &RequestParts<'r>,
    max_len: usize,
) -> Result<Option<FoundToken<'r>>, Error> {
    let mut found: Option<FoundToken<'r>> = None;
    for source in sources {
        let Some(token) = source.0.find(parts, max_len)? else {
            continue;
        };
        let needs_private = source.0.needs_private();
        match &mut found {
            None => {
                found = Some(FoundToken {
                    token,
                    scheme: source.0.presented_as(),
                    needs_private,
                });
            }
            Some(same) if same.token.as_bytes() == token.as_bytes() => {
                same.needs_private |= needs_private;
                // Then the proof must be valid, wherever else the token is.
                if source.0.presented_as() == Scheme::Dpop {
                    same.scheme = Scheme::Dpop;
                }
            }
            Some(_) => return Err(ErrorKind::InvalidRequest.into()),
        }
    }
    Ok(found)
}

/// Removes the tokens in all sources.
pub(crate) fn remove_tokens<B>(sources: &[TokenSource], request: &mut Request<B>) {
    for source in sources {
        source.0.remove(request);
    }
}

/// Returns whether two sources read the same part of a request: one of them is superfluous, or
/// reads it in another form.
pub(crate) fn has_duplicates(sources: &[TokenSource]) -> bool {
    let mut rest = sources;
    while let [first, others @ ..] = rest {
        if others.iter().any(|other| first.0.overlaps(&other.0)) {
            return true;
        }
        rest = others;
    }
    false
}
