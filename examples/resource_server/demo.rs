//! The demonstration without a provider: an issuer in this process, and commands to paste.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tower_jwt_auth::testing::{TestIssuer, TokenBuilder};
use tower_jwt_auth::{Issuer, JwtAuthLayer};

use crate::auth::with_sources;
use crate::usage_error::UsageError;

const AUDIENCE: &str = "https://api.example";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// An issuer that runs until this is dropped.
pub(crate) struct Demo {
    issuer: TestIssuer,
}

impl Demo {
    pub(crate) async fn start() -> io::Result<Self> {
        Ok(Self {
            issuer: TestIssuer::start().await?,
        })
    }

    pub(crate) fn layer(&self) -> Result<JwtAuthLayer, UsageError> {
        let issuer = Issuer::discovery(self.issuer.issuer(), AUDIENCE);
        JwtAuthLayer::builder(issuer)
            .build()
            .map_err(|error| UsageError::new(with_sources(&error)))
    }

    /// Returns commands to paste, each with the expected status.
    pub(crate) fn commands(&self, address: SocketAddr) -> String {
        let whoami = format!("curl -i http://{address}/whoami");
        let with_token =
            |token: TokenBuilder| format!("{whoami} -H 'Authorization: Bearer {}'", token.sign());
        let valid = with_token(self.token().expires_in(HOUR));
        let expired = with_token(self.token().expired());
        let issuer = self.issuer.issuer();
        format!(
            "This demonstration uses its own issuer, at {issuer}. To try it, paste:

# A valid token, for an hour: 200, and its claims
{valid}

# No token: 401, and a challenge
{whoami}

# An expired token: 401, and a challenge with error=\"invalid_token\"
{expired}

To stop: Ctrl-C. To use your own issuer: --help.
"
        )
    }

    fn token(&self) -> TokenBuilder {
        self.issuer
            .token()
            .subject("alice")
            .audience(AUDIENCE)
            .scope("orders:read")
    }
}
