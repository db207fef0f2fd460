//! Tokens that are bound to a key of the client.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::algorithm_name::AlgorithmName;
use super::duration::Time;
use super::location::{At as _, is_required};
use super::proxies::ProxiesConfig;
use super::secret_value::SecretValue;
use super::set::{set, set_times};
use crate::{ConfigError, Dpop, DpopNonces, ForwardedFields, Secret};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DpopConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    public_origin: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithms: Option<Vec<AlgorithmName>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_replay_entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded_fields: Option<Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_proxies: Option<ProxiesConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonces: Option<NoncesConfig>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NoncesConfig {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    key_files: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<Time>,
    #[serde(
        skip_serializing,
        alias = "key",
        alias = "keys",
        alias = "password",
        alias = "token",
        alias = "value"
    )]
    secret: SecretValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fields {
    XForwarded,
    Forwarded,
}

impl DpopConfig {
    pub(super) fn dpop(self, path: &str) -> Result<Dpop, ConfigError> {
        let mut dpop = if is_required(self.required, path)? {
            Dpop::required()
        } else {
            Dpop::optional()
        };
        for (index, origin) in self.public_origin.iter().enumerate() {
            dpop = dpop
                .public_origin(origin)
                .at(&format!("{path}.public_origin[{index}]"))?;
        }
        if let Some(algorithms) = self.algorithms {
            dpop = dpop.algorithms(algorithms.into_iter().map(|name| name.0));
        }
        set_times!(dpop, self, max_age);
        set!(dpop, self, max_replay_entries);
        let mut dpop = dpop;
        if let Some(fields) = self.forwarded_fields {
            dpop = dpop.forwarded_fields(fields.into());
        }
        if let Some(proxies) = self.trusted_proxies {
            dpop = dpop.trusted_proxies(proxies.proxies(&format!("{path}.trusted_proxies"))?);
        }
        match self.nonces {
            Some(nonces) => Ok(dpop.nonces(nonces.nonces(&format!("{path}.nonces"))?)),
            None => Ok(dpop),
        }
    }
}

impl NoncesConfig {
    fn nonces(self, path: &str) -> Result<DpopNonces, ConfigError> {
        self.secret
            .reject(path, "secret, key, keys, password, token or value")?;
        let path = format!("{path}.key_files");
        let nonces = if self.key_files.is_empty() {
            DpopNonces::random()
        } else {
            let keys = self.key_files.iter().map(Secret::from_file);
            let keys: Vec<_> = keys.collect::<Result<_, _>>().at(&path)?;
            DpopNonces::with_keys(keys).at(&path)?
        };
        set_times!(nonces, self, lifetime);
        Ok(nonces)
    }
}

impl From<Fields> for ForwardedFields {
    fn from(fields: Fields) -> Self {
        match fields {
            Fields::XForwarded => Self::XForwarded,
            Fields::Forwarded => Self::Forwarded,
        }
    }
}
