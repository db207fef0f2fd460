//! What the script of the web app reports.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    /// The public key of the script.
    pub(crate) jwk: Value,
    /// With a proof without a nonce.
    pub(crate) first: Call,
    /// With a proof with the nonce that the script could read.
    pub(crate) retry: Call,
    /// With the same token, as a bearer token.
    pub(crate) bearer: Call,
}

/// What a script can read of a response.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Call {
    pub(crate) status: Option<u16>,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) body: Option<String>,
    /// The name of the exception in place of a response.
    pub(crate) failure: Option<String>,
}

impl Call {
    pub(crate) fn succeeded(body: &str) -> Self {
        Self {
            status: Some(200),
            body: Some(body.to_owned()),
            ..Self::default()
        }
    }

    pub(crate) fn failed(exception: &str) -> Self {
        Self {
            failure: Some(exception.to_owned()),
            ..Self::default()
        }
    }

    /// Returns the status, and scheme and code of the only challenge.
    pub(crate) fn rejection(&self) -> Option<(u16, &str, &str)> {
        let (scheme, attributes) = self.challenge.as_ref()?.split_once(' ')?;
        let (_, error) = attributes.split_once("error=\"")?;
        Some((self.status?, scheme, error.split('"').next()?))
    }
}
