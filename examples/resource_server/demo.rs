//! The demonstration without a provider: an issuer in this process, and commands to paste.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tower_jwt_auth::testing::{DpopClient, TestIssuer, TokenBuilder};
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};

use crate::dpop_options::DpopOptions;
use crate::usage_error::{UsageError, with_sources};

const AUDIENCE: &str = "https://api.example";
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Enough time to paste a proof.
const PROOF_AGE: Duration = Duration::from_secs(5 * 60);

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

    pub(crate) fn layer(&self, dpop: &DpopOptions) -> Result<JwtAuthLayer, UsageError> {
        let issuer = Issuer::discovery(self.issuer.issuer(), AUDIENCE);
        let mut builder = JwtAuthLayer::builder(issuer);
        if let Some(dpop) = dpop.settings()? {
            builder = builder.dpop(dpop.max_age(PROOF_AGE));
        }
        builder
            .build()
            .map_err(|error| UsageError::new(with_sources(&error)))
    }

    /// Returns commands to paste, each with the expected status.
    pub(crate) fn commands(&self, address: SocketAddr, dpop: &DpopOptions) -> String {
        let bearer = if dpop.is_required() {
            "# A valid token that is not bound to a key: 401, and a challenge"
        } else {
            "# A valid token, for an hour: 200, and its claims"
        };
        let bound = self.bound_commands(address, dpop);
        let step_up = self.step_up_commands(address, dpop);
        let whoami = format!("curl -i http://{address}/whoami");
        let with_token =
            |token: TokenBuilder| format!("{whoami} -H 'Authorization: Bearer {}'", token.sign());
        let valid = with_token(self.token().expires_in(HOUR));
        let expired = with_token(self.token().expired());
        let issuer = self.issuer.issuer();
        format!(
            "This demonstration uses its own issuer, at {issuer}. To try it, paste:

{bearer}
{valid}
{bound}
# No token: 401, and a challenge
{whoami}

# An expired token: 401, and a challenge with error=\"invalid_token\"
{expired}
{step_up}
To stop: Ctrl-C. To use your own issuer: --help.
"
        )
    }

    /// Returns a command with a token that is bound to a key of a client, and with its proof,
    /// twice.
    fn bound_commands(&self, address: SocketAddr, dpop: &DpopOptions) -> String {
        if !dpop.is_on() {
            return String::new();
        }
        let client = DpopClient::generate(Algorithm::ES256);
        let token = self.token().bound_to(&client).expires_in(HOUR).sign();
        let uri = format!("{}/whoami", dpop.origin(address));
        let proof = client.proof("GET", &uri, &token).sign();
        let headers = format!("-H 'Authorization: DPoP {token}' -H 'DPoP: {proof}'");
        let command = format!("curl -i http://{address}/whoami {headers}");
        format!(
            "
# A token that is bound to a key, with a proof, for five minutes: 200, and its claims
{command}

# The same request again: 401, since a proof can be used once
{command}
"
        )
    }

    /// Returns commands for the route that requires a recent sign-in, with a token that says when
    /// the user has signed in, and with one that does not.
    fn step_up_commands(&self, address: SocketAddr, dpop: &DpopOptions) -> String {
        if dpop.is_required() {
            return String::new();
        }
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since_epoch.unwrap_or_default().as_secs();
        let delete = |token: TokenBuilder| {
            let token = token.expires_in(HOUR).sign();
            format!("curl -i -X DELETE http://{address}/account -H 'Authorization: Bearer {token}'")
        };
        let recent = delete(self.token().claim("auth_time", now));
        let unknown = delete(self.token());
        format!(
            "
# A route that requires a recent sign-in, with one, for five minutes: 200
{recent}

# Without one: 401, and a challenge with max_age=\"300\"
{unknown}
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
