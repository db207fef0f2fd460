//! The key side of an OpenID provider, on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use tokio::net::TcpSocket;

use super::builder::TestIssuerBuilder;
use super::key::TestKey;
use super::keyring::Rotation;
use super::provider::{Provider, State};
use super::server::{Server, take_port};
use super::token::TokenBuilder;
use crate::algorithm::Algorithm;

/// An issuer with real keys, real sockets, and every bad habit on demand.
///
/// It serves over HTTP/1.1, for `GET`:
/// - its key set at `{issuer}/jwks`,
/// - OpenID Connect metadata at `{issuer}/.well-known/openid-configuration`,
/// - OAuth metadata (RFC 8414 §3.1) at `/.well-known/oauth-authorization-server` before the issuer's path.
///
/// Clones are handles of the same issuer. It stops when the last one is dropped. See the [module docs](super) for
/// what to mind.
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
    /// Kept from others, for the restart, if that was possible.
    Closed(Option<TcpSocket>),
}

impl Handle {
    fn set_port(&self, port: Port) -> Port {
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

    /// An issuer with one `ES256` key, on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is no free port.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// An issuer with other algorithms, another address, a path, …
    pub fn builder() -> TestIssuerBuilder {
        TestIssuerBuilder::new()
    }

    /// Its name, the `iss` of its tokens: `http://127.0.0.1:PORT`, with the path if it has one, without a trailing
    /// slash.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.provider.issuer
    }

    /// Where its key set is.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        self.0.provider.jwks_uri()
    }

    /// A token of this issuer, valid now, signed by its first key.
    pub fn token(&self) -> TokenBuilder {
        let key = self.state().keys.current()[0].clone();
        key.token().issuer(self.issuer())
    }

    /// A token signed with this algorithm.
    ///
    /// # Panics
    /// If the issuer has no key for it.
    pub fn token_with(&self, algorithm: Algorithm) -> TokenBuilder {
        let key = self.key(algorithm);
        let key = key.unwrap_or_else(|| {
            panic!("TestIssuer: no key for {algorithm}; see `builder().algorithms(..)`")
        });
        key.token().issuer(self.issuer())
    }

    /// The key that signs with this algorithm at present.
    #[must_use]
    pub fn key(&self, algorithm: Algorithm) -> Option<TestKey> {
        self.state().keys.find(algorithm).cloned()
    }

    /// The key set as published at present, faults aside.
    #[must_use]
    pub fn jwks(&self) -> String {
        self.state().keys.body()
    }

    /// Replaces every signing key by a new one with a new id.
    pub fn rotate(&self, rotation: Rotation) {
        let new = self
            .signing_keys()
            .iter()
            .map(|key| TestKey::generate(key.algorithm()))
            .collect();
        self.state().keys.rotate(rotation, new);
    }

    /// Publishes no more keys than those that sign.
    pub fn retire_old_keys(&self) {
        self.state().keys.retire_old();
    }

    /// Replaces every signing key by a new one under the same id, which no honest issuer does.
    pub fn replace_keys_keeping_ids(&self) {
        let renew = |key: &TestKey| TestKey::generate(key.algorithm()).with_key_id(key.key_id());
        let new = self.signing_keys().iter().map(renew).collect();
        self.state().keys.replace(new);
    }

    /// Publishes this instead of the key set.
    pub fn set_jwks(&self, body: impl Into<String>) {
        self.state().keys.set_raw(Some(body.into()));
    }

    /// Publishes the key set again.
    pub fn restore_jwks(&self) {
        self.state().keys.set_raw(None);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.provider.state()
    }

    /// Copies, so that the server needn't wait while new keys are generated.
    fn signing_keys(&self) -> Vec<TestKey> {
        self.state().keys.current().to_vec()
    }
}

/// Outages.
impl TestIssuer {
    /// Closes the port and cuts all connections. From then on connections are refused.
    pub async fn stop(&self) {
        match self.0.set_port(Port::Closed(None)) {
            Port::Open(server) => {
                server.stop().await;
                self.0
                    .set_port(Port::Closed(take_port(self.0.address).ok()));
            }
            closed @ Port::Closed(_) => drop(self.0.set_port(closed)),
        }
    }

    /// Serves again, at the same port, with the same keys, faults and counts. Does nothing if it never stopped.
    ///
    /// # Errors
    /// If somebody else has taken the port meanwhile, which is unlikely: it stays reserved.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    #[allow(
        clippy::unused_async,
        reason = "the counterpart of `stop`, and as free to wait"
    )]
    pub async fn restart(&self) -> io::Result<()> {
        let port = match self.0.set_port(Port::Closed(None)) {
            open @ Port::Open(_) => open,
            Port::Closed(reserved) => {
                let socket = reserved.map_or_else(|| take_port(self.0.address), Ok)?;
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
