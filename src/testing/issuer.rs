//! An issuer that publishes its keys on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use tokio::net::TcpSocket;

use super::builder::TestIssuerBuilder;
use super::key::TestKey;
use super::keyring::Rotation;
use super::provider::{Provider, State};
use super::server::{Server, reserve_port};
use super::token::TokenBuilder;
use crate::algorithm::Algorithm;

/// An issuer with real keys and sockets, and with [faults](super::Fault) on demand.
///
/// It serves over HTTP/1.1, to `GET` requests:
/// - its key set at `{issuer}/jwks`,
/// - OpenID Connect metadata at `{issuer}/.well-known/openid-configuration`,
/// - OAuth metadata (RFC 8414 §3.1) at `/.well-known/oauth-authorization-server`, followed by the
///   issuer's path.
///
/// Clones are handles of the same issuer, which stops when the last one is dropped. See the [module
/// docs](super) for its limits.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::testing::TestIssuer;
///
/// # fn main() -> std::io::Result<()> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let issuer = TestIssuer::start().await?;
/// let token = issuer.token().subject("alice").sign();
/// assert!(issuer.issuer().starts_with("http://127.0.0.1:"));
/// assert_eq!(issuer.jwks_fetches(), 0);
/// # drop(token);
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone)]
pub struct TestIssuer(Arc<Handle>);

struct Handle {
    provider: Arc<Provider>,
    address: SocketAddr,
    port: Mutex<Port>,
}

enum Port {
    /// Dropped with the handle, which stops the server.
    Open(Server),
    /// Reserved for the restart, unless the reservation failed.
    Closed(Option<TcpSocket>),
}

impl Handle {
    fn set_port(&self, port: Port) -> Port {
        // A poisoned lock is usable: a port is never half replaced.
        std::mem::replace(
            &mut self.port.lock().unwrap_or_else(PoisonError::into_inner),
            port,
        )
    }
}

impl TestIssuer {
    pub(super) fn new(
        provider: Arc<Provider>,
        socket: TcpSocket,
        address: SocketAddr,
    ) -> io::Result<Self> {
        let port = Mutex::new(Port::Open(Server::start(socket, provider.clone())?));
        Ok(Self(Arc::new(Handle {
            provider,
            address,
            port,
        })))
    }

    /// Starts an issuer with one `ES256` key, on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If there is no free port.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder, for other algorithms, another address, a path and caching headers.
    pub fn builder() -> TestIssuerBuilder {
        TestIssuerBuilder::new()
    }

    /// Returns the issuer's URL, which is `iss` of its tokens: `http://127.0.0.1:PORT`, followed by
    /// its path, if any, and without a trailing slash.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.provider.issuer
    }

    /// Returns the URL of the key set.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        self.0.provider.jwks_uri()
    }

    /// Returns a builder of a valid token of this issuer, signed by its first key. Its audience is
    /// `https://api.example` unless [`audience`](TokenBuilder::audience) sets another.
    pub fn token(&self) -> TokenBuilder {
        let key = self.state().keys.current()[0].clone();
        key.token().issuer(self.issuer())
    }

    /// Returns a builder of a valid token of this issuer, signed with this algorithm.
    ///
    /// # Panics
    ///
    /// If the issuer has no key for the algorithm.
    pub fn token_with(&self, algorithm: Algorithm) -> TokenBuilder {
        let key = self.key(algorithm);
        let key = key.unwrap_or_else(|| {
            panic!("TestIssuer: no key for {algorithm}: set `builder().algorithms(..)`")
        });
        key.token().issuer(self.issuer())
    }

    /// Returns the key that currently signs with this algorithm.
    #[must_use]
    pub fn key(&self, algorithm: Algorithm) -> Option<TestKey> {
        self.state().keys.find(algorithm).cloned()
    }

    /// Returns the currently published key set, without any fault.
    #[must_use]
    pub fn jwks(&self) -> String {
        self.state().keys.body()
    }

    /// Replaces each signing key by a new one with a new id.
    pub fn rotate(&self, rotation: Rotation) {
        let new = self
            .signing_keys()
            .iter()
            .map(|key| TestKey::generate(key.algorithm()))
            .collect();
        self.state().keys.rotate(rotation, new);
    }

    /// Replaces the signing keys by new ones for these algorithms, one for each: an issuer that
    /// moves to other algorithms. [`token`](Self::token) then signs with the first one.
    ///
    /// # Panics
    ///
    /// If there is no algorithm.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Algorithm;
    /// use tower_jwt_auth::testing::{Rotation, TestIssuer};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let issuer = TestIssuer::start().await?;
    /// issuer.rotate_to(Rotation::Overlapping, [Algorithm::Ed25519]);
    /// assert!(issuer.key(Algorithm::ES256).is_none());
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn rotate_to(&self, rotation: Rotation, algorithms: impl IntoIterator<Item = Algorithm>) {
        let new: Vec<_> = algorithms.into_iter().map(TestKey::generate).collect();
        assert!(
            !new.is_empty(),
            "TestIssuer: `algorithms` is empty: must have at least one"
        );
        self.state().keys.rotate(rotation, new);
    }

    /// Stops publishing keys that no longer sign.
    pub fn retire_old_keys(&self) {
        self.state().keys.retire_old();
    }

    /// Replaces each signing key by a new one with the same id, as an issuer must not do.
    pub fn replace_keys_keeping_ids(&self) {
        let renew = |key: &TestKey| TestKey::generate(key.algorithm()).with_key_id(key.key_id());
        let new = self.signing_keys().iter().map(renew).collect();
        self.state().keys.replace(new);
    }

    /// Publishes `body` in place of the key set.
    pub fn set_jwks(&self, body: impl Into<String>) {
        self.state().keys.set_raw(Some(body.into()));
    }

    /// Publishes the key set again, after [`set_jwks`](Self::set_jwks).
    pub fn restore_jwks(&self) {
        self.state().keys.set_raw(None);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.provider.state()
    }

    /// Returns copies, so that the state is not locked while new keys are generated.
    fn signing_keys(&self) -> Vec<TestKey> {
        self.state().keys.current().to_vec()
    }
}

/// Outages.
impl TestIssuer {
    /// Closes the port and all connections. From then on, connections are refused.
    pub async fn stop(&self) {
        match self.0.set_port(Port::Closed(None)) {
            Port::Open(server) => {
                server.stop().await;
                self.0
                    .set_port(Port::Closed(reserve_port(self.0.address).ok()));
            }
            closed @ Port::Closed(_) => drop(self.0.set_port(closed)),
        }
    }

    /// Serves again, on the same port, with the same keys, faults and counts. Does nothing if the
    /// issuer is running.
    ///
    /// # Errors
    ///
    /// If the port is in use. That is unlikely, because the system does not give it out as a
    /// free one.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    #[allow(
        clippy::unused_async,
        reason = "the counterpart of `stop`, which may later wait, too"
    )]
    pub async fn restart(&self) -> io::Result<()> {
        let port = match self.0.set_port(Port::Closed(None)) {
            open @ Port::Open(_) => open,
            Port::Closed(reserved) => {
                let socket = reserved.map_or_else(|| reserve_port(self.0.address), Ok)?;
                Port::Open(Server::start(socket, self.0.provider.clone())?)
            }
        };
        self.0.set_port(port);
        Ok(())
    }
}

impl fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestIssuer")
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}
