//! The proxies that are trusted.

use serde::{Deserialize, Serialize};

use super::location::{At as _, invalid};
use crate::{ConfigError, TrustedProxies};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ProxiesConfig {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
    unix_socket: bool,
}

impl ProxiesConfig {
    pub(super) fn proxies(self, path: &str) -> Result<TrustedProxies, ConfigError> {
        let networks = (!self.networks.is_empty())
            .then(|| TrustedProxies::networks(&self.networks).at(&format!("{path}.networks")))
            .transpose()?;
        let socket = self.unix_socket.then(TrustedProxies::unix_socket);
        let proxies = [networks, socket].into_iter().flatten();
        let proxies = proxies.reduce(TrustedProxies::or);
        proxies.ok_or_else(|| invalid(path, "must have networks or unix_socket"))
    }
}
