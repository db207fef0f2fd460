//! The issuer of the demonstration.

use std::net::SocketAddr;
use std::time::Duration;

use tower_jwt_auth::testing::TestIssuer;

use crate::Result;
use crate::options::Options;

/// How long an outage lasts if the command line does not say it.
const DEFAULT_OUTAGE: Duration = Duration::from_secs(60);

/// An issuer on loopback, which ends with the process.
pub(crate) struct Demo {
    issuer: TestIssuer,
    audience: String,
}

impl Demo {
    pub(crate) async fn start(options: &mut Options) -> Result<Self> {
        let issuer = TestIssuer::start().await?;
        options.issuer = Some(issuer.issuer().to_owned());
        Ok(Self {
            issuer,
            audience: options.audience.clone(),
        })
    }

    /// Stops the issuer after `after`, and starts it again `outage` later.
    pub(crate) fn schedule_outage(&self, after: Duration, outage: Option<Duration>) {
        let (issuer, outage) = (self.issuer.clone(), outage.unwrap_or(DEFAULT_OUTAGE));
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            tracing::info!(?outage, "the issuer stops");
            issuer.stop().await;
            tokio::time::sleep(outage).await;
            match issuer.restart().await {
                Ok(()) => tracing::info!("the issuer is back"),
                Err(error) => tracing::error!(%error, "the issuer can't start again"),
            }
        });
    }

    /// Returns commands to paste.
    pub(crate) fn commands(&self, address: SocketAddr, admin: SocketAddr) -> String {
        let day = Duration::from_secs(24 * 60 * 60);
        let token = self
            .issuer
            .token()
            .subject("alice")
            .audience(&self.audience);
        let expired = token.clone().expired().sign();
        let token = token.expires_in(day).sign();
        let url = format!("http://{address}");
        format!(
            "\nthe issuer is {issuer}\n\n\
             # accepted, then 403 (a scope is missing), then 401 (expired)\n\
             curl -i {url}/me -H 'Authorization: Bearer {token}'\n\
             curl -i {url}/admin -H 'Authorization: Bearer {token}'\n\
             curl -i {url}/me -H 'Authorization: Bearer {expired}'\n\n\
             # without a token\n\
             curl http://{admin}/metrics\n\
             curl http://{admin}/readyz\n\
             curl http://{admin}/healthz\n",
            issuer = self.issuer.issuer(),
        )
    }
}
