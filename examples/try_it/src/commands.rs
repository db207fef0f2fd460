//! What is printed: the routes, and commands to paste.

use std::net::SocketAddr;
use std::time::Duration;

use tower_jwt_auth::testing::{TestIssuer, TokenBuilder};

use crate::{AUDIENCE, LOG};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Returns the text for a server at this address, with tokens that the issuer has signed. The line
/// above each command begins with the status of the response.
pub(crate) fn text(address: SocketAddr, issuer: &TestIssuer) -> String {
    let url = format!("http://{address}");
    let own = issuer.issuer();
    let token = || issuer.token().subject("alice").audience(AUDIENCE);
    let bearer = |token: TokenBuilder| format!("-H 'Authorization: Bearer {}'", token.sign());
    let reader = bearer(token().scope("orders:read").expires_in(HOUR));
    let writer = bearer(token().scope("orders:read orders:write").expires_in(HOUR));
    let expired = bearer(token().expired());
    format!(
        "listening on {url}

Open routes:
  GET  /public
Routes that require a token of {own}, the issuer in this process:
  GET  /whoami    any valid token
  POST /orders    a token with the scope orders:write
Other paths get 404, with and without a token.

Paste these commands into another terminal. The tokens are valid for an hour.

# 200: the route is open
curl -i {url}/public

# 200: a valid token, and its claims
curl -i {url}/whoami {reader}

# 401: no token
curl -i {url}/whoami

# 401: an expired token
curl -i {url}/whoami {expired}

# 403: a valid token without the scope that the route requires
curl -i -X POST {url}/orders {reader}

# 200: a token with that scope
curl -i -X POST {url}/orders {writer}

Why a request was rejected is logged below, under the target `tower_jwt_auth::diagnosis`. In a
program of your own, RUST_LOG={LOG} shows it, if the program has
a subscriber of `tracing` that reads that variable.
To stop: Ctrl-C.

"
    )
}
