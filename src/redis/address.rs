//! Where a server is, and how the connection to it is protected.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use ::redis::{ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo};

use crate::{ConfigError, ConfigErrorKind};

/// A server, and what it is greeted with: user, password, number of the database.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: Address,
    pub(crate) settings: RedisConnectionInfo,
}

/// Displayed without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    Tcp { host: String, port: u16 },
    Tls { host: String, port: u16 },
    Unix(PathBuf),
}

impl Server {
    /// Parses `redis://`, `rediss://`, `unix://` and what Valkey calls them. No error shows the
    /// URL, which may hold a password.
    pub(crate) fn parse(url: &str) -> Result<Self, ConfigError> {
        let parsed = ::redis::parse_redis_url(url).ok_or_else(|| {
            invalid("url of Redis: must be redis://, rediss://, valkey://, valkeys:// or unix://")
        })?;
        if parsed.fragment().is_some() {
            return Err(invalid(
                "url of Redis: must have no fragment; TLS without verification is not supported",
            ));
        }
        let is_tls = matches!(parsed.scheme(), "rediss" | "valkeys");
        // TLS is up to this crate; for the client, what runs over it is a plain connection.
        let plain = url
            .split_once("://")
            .map(|(_, rest)| format!("redis://{rest}"));
        let plain = plain.filter(|_| is_tls).unwrap_or_else(|| url.to_owned());
        let info = plain.into_connection_info();
        let info = info.map_err(|_| invalid("url of Redis: host, port or database is invalid"))?;
        let address = match info.addr().clone() {
            ConnectionAddr::Tcp(host, port) if is_tls => Address::Tls { host, port },
            ConnectionAddr::Tcp(host, port) => Address::Tcp { host, port },
            ConnectionAddr::Unix(path) => Address::Unix(path),
            _ => {
                return Err(invalid(
                    "url of Redis: this kind of address is not supported",
                ));
            }
        };
        // One round trip less, and nothing to be rejected by servers that lack the command.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        Ok(Self { address, settings })
    }
}

impl Address {
    /// Returns an error if others could read what is sent, or answer in place of the server.
    pub(crate) fn check(&self, allow_plain_tcp: bool) -> Result<(), ConfigError> {
        match self {
            Self::Tcp { host, .. } if !allow_plain_tcp && !is_loopback(host) => {
                Err(ConfigError::new(
                    ConfigErrorKind::InsecureUrl,
                    format!(
                        "Redis at {self}: scheme must be rediss (redis is allowed on loopback only, \
                         or with allow_plain_tcp)"
                    ),
                ))
            }
            Self::Tls { .. } => crate::redis_tls::check(),
            Self::Tcp { .. } | Self::Unix(_) => Ok(()),
        }
    }
}

fn invalid(message: &'static str) -> ConfigError {
    ConfigError::new(ConfigErrorKind::InvalidUrl, message)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } | Self::Tls { host, port } if host.contains(':') => {
                write!(f, "[{host}]:{port}")
            }
            Self::Tcp { host, port } | Self::Tls { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> String {
        Server::parse(url).unwrap().address.to_string()
    }

    fn checked(url: &str) -> Result<(), ConfigErrorKind> {
        let checked = Server::parse(url).and_then(|server| server.address.check(false));
        checked.map_err(|error| error.kind())
    }

    #[test]
    fn the_schemes_of_redis_and_valkey_are_parsed() {
        assert_eq!(address("redis://127.0.0.1"), "127.0.0.1:6379");
        assert_eq!(address("valkey://[::1]:7000/2"), "[::1]:7000");
        assert_eq!(
            address("rediss://cache.example.com:6380"),
            "cache.example.com:6380"
        );
        assert_eq!(
            address("valkeys://cache.example.com"),
            "cache.example.com:6379"
        );
        let tls = Server::parse("rediss://cache.example.com").unwrap().address;
        assert!(matches!(tls, Address::Tls { .. }));
    }

    #[cfg(unix)]
    #[test]
    fn a_unix_socket_is_allowed() {
        for url in [
            "unix:///run/redis.sock",
            "redis+unix:///run/redis.sock?db=1",
        ] {
            assert_eq!(address(url), "/run/redis.sock");
            assert_eq!(checked(url), Ok(()));
        }
    }

    #[test]
    fn user_password_and_database_are_those_of_the_url() {
        for scheme in ["redis", "rediss"] {
            let server = Server::parse(&format!("{scheme}://al%3Aice:p%40ss@localhost/3")).unwrap();
            assert_eq!(server.settings.username(), Some("al:ice"));
            assert_eq!(server.settings.password(), Some("p@ss"));
            assert_eq!(server.settings.db(), 3);
        }
    }

    #[test]
    fn plain_tcp_is_allowed_on_loopback_and_by_the_setter() {
        for url in ["redis://localhost", "redis://127.9.9.9", "redis://[::1]:1"] {
            assert_eq!(checked(url), Ok(()), "{url}");
        }
        for url in [
            "redis://10.0.0.1",
            "redis://cache",
            "valkey://localhost.example.com",
            "redis://127.0.0.1.example.com",
            "redis://[::2]",
        ] {
            assert_eq!(checked(url), Err(ConfigErrorKind::InsecureUrl), "{url}");
            assert!(Server::parse(url).unwrap().address.check(true).is_ok());
        }
    }

    #[test]
    fn no_error_and_no_debug_output_shows_the_password() {
        let urls = [
            "redis://:hunter2@10.0.0.1",
            "redis://:hunter2@localhost/x",
            "http://:hunter2@localhost",
            "redis://:hunter2@localhost:port",
            "rediss://:hunter2@localhost#insecure",
            "redis://:hunter2@0.0.0.0",
            "redis://localhost/?protocol=hunter2",
            ":hunter2@localhost",
        ];
        for url in urls {
            let error = Server::parse(url)
                .and_then(|server| server.address.check(false))
                .unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2"), "{url}: {shown}");
        }
    }
}
