//! A protected server and a client, joined by a pipe.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::stream;
use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint, Server};
use tower::service_fn;
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{Issuer, JwtAuthBuilder, JwtAuthLayer};

use crate::support::{AUDIENCE, ISSUER, Unreachable, default_key, public_key};

use crate::tonic::client::GreeterClient;
use crate::tonic::greeter::Greeter;

pub(crate) const DOWN: &str = "https://down.example";

pub(crate) fn token() -> TokenBuilder {
    default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .subject("alice")
}

/// Returns a builder with an issuer whose key is available, and one whose keys are unavailable.
pub(crate) fn builder() -> JwtAuthBuilder {
    let unreachable = Unreachable(Duration::from_secs(7));
    JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .add_issuer(Issuer::from_key_source(DOWN, unreachable, AUDIENCE))
}

pub(crate) fn layer() -> JwtAuthLayer {
    builder().build().unwrap()
}

/// The server side of a client's connections, and their number.
#[derive(Clone)]
pub(crate) struct Pipe {
    server: mpsc::UnboundedSender<DuplexStream>,
    connections: Arc<AtomicUsize>,
}

/// Starts a server with these routes, and returns the pipe to it.
macro_rules! serve {
    ($server:expr, $routes:expr) => {{
        let (pipe, connections) = $crate::tonic::support::Pipe::new();
        let router = $server.add_routes($routes);
        tokio::spawn(async move { router.serve_with_incoming(connections).await.unwrap() });
        pipe
    }};
}
pub(crate) use serve;

impl Pipe {
    pub(crate) fn new() -> (Self, impl stream::Stream<Item = io::Result<DuplexStream>>) {
        let (server, mut accept) = mpsc::unbounded_channel();
        let incoming = stream::poll_fn(move |cx| accept.poll_recv(cx).map(|io| io.map(Ok)));
        (
            Self {
                server,
                connections: Arc::default(),
            },
            incoming,
        )
    }

    pub(crate) async fn channel(&self) -> Channel {
        let pipe = self.clone();
        let connect = service_fn(move |_: Uri| {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            pipe.connections.fetch_add(1, Ordering::Relaxed);
            let sent = pipe.server.send(theirs).map_err(io::Error::other);
            async move { sent.map(|()| TokioIo::new(ours)) }
        });
        Endpoint::from_static("http://server.example")
            .connect_with_connector(connect)
            .await
            .unwrap()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Starts the greeter below this layer, and returns a client.
macro_rules! greeter {
    ($layer:expr) => {{
        let pipe = $crate::tonic::support::serve!(
            tonic::transport::Server::builder().layer($layer),
            tonic::service::Routes::new($crate::tonic::greeter::Greeter)
        );
        $crate::tonic::client::GreeterClient::new(pipe.channel().await)
    }};
}
pub(crate) use greeter;

/// Starts the greeter below the default layer, and returns a client and its pipe.
pub(crate) async fn protected() -> (GreeterClient, Pipe) {
    let pipe = serve!(Server::builder().layer(layer()), Routes::new(Greeter));
    (GreeterClient::new(pipe.channel().await), pipe)
}
