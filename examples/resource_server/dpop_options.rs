//! The options of DPoP.

use std::net::SocketAddr;

use tower_jwt_auth::{Dpop, DpopNonces};

use crate::usage_error::{UsageError, with_sources};

/// `--dpop`, with the options that require it.
#[derive(Debug, Default)]
pub(crate) struct DpopOptions {
    mode: Option<Mode>,
    nonces: bool,
    public_origins: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Optional,
    Required,
}

impl DpopOptions {
    pub(crate) fn set_mode(&mut self, mode: &str) -> Result<(), UsageError> {
        self.mode = Some(match mode {
            "optional" => Mode::Optional,
            "required" => Mode::Required,
            other => {
                let message = format!("--dpop {other}: must be optional or required");
                return Err(UsageError::new(message));
            }
        });
        Ok(())
    }

    pub(crate) fn use_nonces(&mut self) {
        self.nonces = true;
    }

    pub(crate) fn add_public_origin(&mut self, origin: String) {
        self.public_origins.push(origin);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.mode.is_some()
    }

    pub(crate) fn is_required(&self) -> bool {
        matches!(self.mode, Some(Mode::Required))
    }

    pub(crate) fn has_nonces(&self) -> bool {
        self.nonces
    }

    /// Returns the origin that proofs for a server at this address name.
    pub(crate) fn origin(&self, address: SocketAddr) -> String {
        match self.public_origins.first() {
            Some(origin) => origin.trim_end_matches('/').to_owned(),
            None if address.ip().is_loopback() => format!("http://{address}"),
            None => format!("https://{address}"),
        }
    }

    /// Rejects options that require `--dpop`.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        let given = if self.is_on() {
            None
        } else if self.nonces {
            Some("--dpop-nonces".to_owned())
        } else {
            let origin = self.public_origins.first();
            origin.map(|origin| format!("--public-origin {origin}"))
        };
        given.map_or(Ok(()), |option| {
            Err(UsageError::new(format!("{option}: requires --dpop")))
        })
    }

    /// Returns the settings of the layer; `None` without `--dpop`.
    pub(crate) fn settings(&self) -> Result<Option<Dpop>, UsageError> {
        let mut dpop = match self.mode {
            None => return Ok(None),
            Some(Mode::Optional) => Dpop::optional(),
            Some(Mode::Required) => Dpop::required(),
        };
        if self.nonces {
            dpop = dpop.nonces(DpopNonces::random());
        }
        for origin in &self.public_origins {
            dpop = dpop.public_origin(origin).map_err(|error| {
                let message = format!("--public-origin {origin}: {}", with_sources(&error));
                UsageError::new(message)
            })?;
        }
        Ok(Some(dpop))
    }
}
