//! Who calls, as the authentication before has found.

use http::Extensions;

use crate::guard::Unauthenticated;
use crate::jwt::Claims;
use crate::trace;

/// Why a request holds no claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It was let through without a token.
    Token,
    /// Nobody has looked for a token, or for claims of another type: a mistake of the server's.
    Layer,
}

/// The claims that `JwtAuthLayer` left in the request. That it is missing goes into the log.
pub(crate) fn claims_of<C: Send + Sync + 'static>(
    extensions: &Extensions,
) -> Result<&Claims<C>, Absent> {
    extensions.get().ok_or_else(|| {
        if extensions.get::<Unauthenticated>().is_some() {
            return Absent::Token;
        }
        trace::layer_missing(std::any::type_name::<Claims<C>>());
        Absent::Layer
    })
}
