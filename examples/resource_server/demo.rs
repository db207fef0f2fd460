//! Something to try without a provider: an issuer in this process, and commands to paste.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tower_jwt_auth::testing::{TestIssuer, TokenBuilder};
use tower_jwt_auth::{Issuer, JwtAuthLayer};

use crate::mistake::Mistake;
use crate::trust::in_full;

const AUDIENCE: &str = "https://api.example";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The issuer lives as long as this.
pub(crate) struct Demo {
    issuer: TestIssuer,
}

impl Demo {
    pub(crate) async fn start() -> io::Result<Self> {
        Ok(Self {
            issuer: TestIssuer::start().await?,
        })
    }

    pub(crate) fn layer(&self) -> Result<JwtAuthLayer, Mistake> {
        let issuer = Issuer::discovery(self.issuer.issuer(), AUDIENCE);
        JwtAuthLayer::builder(issuer)
            .build()
            .map_err(|error| Mistake::new(in_full(&error)))
    }

    pub(crate) fn commands(&self, address: SocketAddr) -> String {
        let whoami = format!("curl -i http://{address}/whoami");
        let bearing =
            |token: TokenBuilder| format!("{whoami} -H 'Authorization: Bearer {}'", token.sign());
        let good = bearing(self.token().expires_in(HOUR));
        let expired = bearing(self.token().expired());
        let issuer = self.issuer.issuer();
        format!(
            "This is a demonstration, with an issuer of its own at {issuer}. To try it, paste:

# A good token, for an hour: 200, and its claims
{good}

# No token: 401, and a challenge
{whoami}

# An expired token: 401, and a challenge with error=\"invalid_token\"
{expired}

To stop: Ctrl-C. For an issuer of yours: --help.
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
