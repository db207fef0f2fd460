//! The settings of the hosts that metadata and keys may come from.

use http::uri::Authority;

use super::settings::JwksCacheSettings;
use crate::config_error::ConfigError;

impl JwksCacheSettings {
    /// Sets the hosts on which the issuer's metadata may name its JWK set (`jwks_uri`): host names
    /// or IP addresses, an IPv6 address in brackets, compared without regard to case. The port is
    /// not compared. Metadata that names another host counts as a failed fetch.
    ///
    /// Default: any host, but the metadata of an `https` issuer must not name a loopback,
    /// link-local or unspecified address (also in an IPv6 address), `localhost` or a name below it,
    /// another usual name of these such as `ip6-localhost` or `metadata.google.internal`, or a host
    /// with `%` or a numeric last label, unless that is its own host (that of its
    /// [`metadata_url`](crate::Issuer::metadata_url), if it has one). The same holds for an issuer
    /// on one of the [`allowed_http_hosts`](Self::allowed_http_hosts). Private addresses are
    /// allowed. Names are not resolved.
    ///
    /// # Errors
    ///
    /// An empty list, or a host with a scheme, port or path, is an
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) when the layer is built.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, JwksCacheSettings};
    ///
    /// let settings = JwksCacheSettings::default().allowed_key_hosts(["keys.example.com"]);
    /// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com")
    ///     .jwks_cache(settings);
    /// ```
    pub fn allowed_key_hosts<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.allowed_key_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the hosts from which metadata and keys may be fetched over plain `http`, in addition to
    /// loopback: host names or IP addresses, compared without regard to case and port. Default:
    /// none.
    ///
    /// For a container network without TLS, such as that of docker-compose, or one that a mesh
    /// encrypts. Anyone who can change the traffic to such a host, or the address that its name
    /// resolves to, can replace the keys of the issuer. So it is logged as a warning when the layer
    /// is built. The default client sends no such request through a proxy.
    ///
    /// # Errors
    ///
    /// An empty list, or a host with a scheme, port, path or wildcard, is an
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) when the layer is built.
    ///
    /// # Examples
    ///
    /// Tokens name the public URL, and the keys come from the container:
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, JwksCacheSettings};
    ///
    /// let keys = "http://keycloak:8080/realms/main/protocol/openid-connect/certs";
    /// let settings = JwksCacheSettings::default().allowed_http_hosts(["keycloak"]);
    /// let issuer = Issuer::jwks("https://login.example.com/realms/main", keys, "my-api")
    ///     .jwks_cache(settings);
    /// ```
    pub fn allowed_http_hosts<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.allowed_http_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Returns the hosts of [`allowed_http_hosts`](Self::allowed_http_hosts).
    pub(crate) fn http_hosts(&self) -> &[String] {
        self.allowed_http_hosts.as_deref().unwrap_or_default()
    }

    pub(super) fn validate_hosts(&self) -> Result<(), ConfigError> {
        let lists = [
            ("allowed_key_hosts", &self.allowed_key_hosts),
            ("allowed_http_hosts", &self.allowed_http_hosts),
        ];
        lists
            .into_iter()
            .filter_map(|(setting, hosts)| Some((setting, hosts.as_deref()?)))
            .try_for_each(|(setting, hosts)| validate(setting, hosts))
    }
}

fn validate(setting: &str, hosts: &[String]) -> Result<(), ConfigError> {
    if hosts.is_empty() {
        return Err(ConfigError::invalid_setting(format!(
            "jwks_cache {setting} is empty: must name at least one host"
        )));
    }
    let is_host = |host: &str| {
        let authority = host.parse::<Authority>();
        authority.is_ok_and(|authority| authority.host() == host && !host.contains('*'))
    };
    match hosts.iter().find(|host| !is_host(host)) {
        Some(host) => Err(ConfigError::invalid_setting(format!(
            "jwks_cache {setting} has {host:?}: must be a host name or an IP address as in a URL, \
             without scheme, port and path"
        ))),
        None => Ok(()),
    }
}
