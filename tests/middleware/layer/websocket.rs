//! WebSockets of axum that end when the token expires or is revoked, over sockets on loopback.

use std::time::Duration;

use ::axum::Router;
use ::axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use ::axum::response::Response;
use ::axum::routing::any;
use futures::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, advance, pause, resume, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message as Received};
use tokio_tungstenite::{WebSocketStream, client_async};
use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer, Revocations, TokenSource, until_expiry};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, encode, public_key, wait_for};

const LIFETIME: Duration = Duration::from_secs(60);
/// How long the server waits for the client while it closes a connection.
const CLOSING: Duration = Duration::from_secs(5);
/// Longer than every wait of these tests.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// How the server ended a connection.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    ByClient,
    Expired { is_close_sent: bool },
}

/// Echoes each message until the token expires.
async fn echo(socket: &mut WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// Sends as fast as the client reads.
async fn flood(socket: &mut WebSocket) {
    let message = Message::from(vec![7; 64 * 1024]);
    while socket.send(message.clone()).await.is_ok() {}
}

/// Runs a conversation until the token expires, then tells the client why it ends.
async fn talk(mut socket: WebSocket, claims: Claims, is_flood: bool) -> Ended {
    let talk = async {
        if is_flood {
            flood(&mut socket).await;
        } else {
            echo(&mut socket).await;
        }
    };
    let Err(expired) = until_expiry(Box::pin(talk), &claims).await else {
        return Ended::ByClient;
    };
    let close = Message::Close(Some(CloseFrame {
        code: close_code::POLICY,
        reason: expired.to_string().into(),
    }));
    let closed = timeout(CLOSING, socket.send(close)).await;
    Ended::Expired {
        is_close_sent: closed.is_ok_and(|sent| sent.is_ok()),
    }
}

/// Reads messages until the token expires.
async fn read(upgrade: WebSocketUpgrade, claims: Claims) -> Response {
    upgrade.on_upgrade(async move |socket| {
        let mut messages = until_expiry(socket, &claims);
        while messages.next().await.is_some() {}
    })
}

/// Returns the router of a service with a WebSocket that echoes, one that floods, and one that is
/// read as a stream.
fn router(ended: UnboundedSender<Ended>, list: &Revocations) -> Router {
    let handler = move |is_flood| {
        let ended = ended.clone();
        move |upgrade: WebSocketUpgrade, claims: Claims| async move {
            let upgraded =
                async move |socket| drop(ended.send(talk(socket, claims, is_flood).await));
            upgrade.protocols(["chat"]).on_upgrade(upgraded)
        }
    };
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    let sources = [
        TokenSource::authorization(),
        TokenSource::websocket_protocol(),
    ];
    let auth = JwtAuthLayer::builder(issuer)
        .token_sources(sources)
        .revocations(list);
    Router::new()
        .route("/echo", any(handler(false)))
        .route("/flood", any(handler(true)))
        .route("/stream", any(read))
        .layer(auth.build().unwrap())
}

struct Server {
    address: std::net::SocketAddr,
    list: Revocations,
    ended: tokio::sync::mpsc::UnboundedReceiver<Ended>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, ended) = unbounded_channel();
        let list = Revocations::new();
        let app = router(sender, &list);
        tokio::spawn(async move { ::axum::serve(listener, app).await });
        Self {
            address,
            list,
            ended,
        }
    }

    /// Opens a WebSocket, with these headers in the handshake.
    async fn connect(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> Result<WebSocketStream<TcpStream>, Error> {
        let url = format!("ws://{}{path}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let opened = wait_for("the handshake", client_async(request, stream)).await;
        opened.map(|(socket, _)| socket)
    }

    async fn connect_with_token(&self, path: &str) -> WebSocketStream<TcpStream> {
        let bearer = format!("Bearer {}", token());
        let opened = self.connect(path, &[("authorization", bearer)]).await;
        opened.unwrap()
    }

    async fn ended(&mut self) -> Ended {
        wait_for("the end", self.ended.recv()).await.unwrap()
    }
}

fn token() -> String {
    let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    token.expires_in(LIFETIME).sign()
}

async fn expect_echo(socket: &mut WebSocketStream<TcpStream>) {
    socket.send("hello".into()).await.unwrap();
    let echoed = wait_for("the echo", socket.next()).await.unwrap().unwrap();
    assert_eq!(echoed.into_text().unwrap(), "hello");
}

/// Lets time pass while the runtime is idle, without real waiting. Only for a wait for a timer:
/// messages that are on their way do not stop a paused clock.
async fn within_paused_time<T>(future: impl Future<Output = T>) -> T {
    pause();
    let output = timeout(LIMIT, future).await.expect("the connection ends");
    resume();
    output
}

#[tokio::test]
async fn a_websocket_is_closed_with_a_reason_when_the_token_expires() {
    let mut server = Server::start().await;
    let mut socket = server.connect_with_token("/echo").await;
    let start = Instant::now();
    expect_echo(&mut socket).await;
    pause();
    advance(LIFETIME / 6 * 5).await;
    resume();
    expect_echo(&mut socket).await;

    let last = within_paused_time(socket.next()).await.unwrap().unwrap();
    let lasted = start.elapsed();
    let Received::Close(Some(close)) = last else {
        panic!("{last:?}")
    };
    assert_eq!(u16::from(close.code), close_code::POLICY);
    assert_eq!(close.reason, "the access token has expired");
    assert!(lasted <= LIFETIME + Duration::from_secs(1), "{lasted:?}");
    assert_eq!(
        server.ended().await,
        Ended::Expired {
            is_close_sent: true
        }
    );
    // What the client still sends is not echoed.
    drop(socket.send("more".into()).await);
    assert!(!matches!(socket.next().await, Some(Ok(Received::Text(_)))));
}

#[tokio::test]
async fn a_websocket_is_closed_with_a_reason_when_the_token_is_revoked() {
    let mut server = Server::start().await;
    let mut socket = server.connect_with_token("/echo").await;
    server.list.revoke_subject(ISSUER, "another").unwrap();
    expect_echo(&mut socket).await;
    server.list.revoke_subject(ISSUER, "test-subject").unwrap();
    let last = wait_for("the close", socket.next()).await;
    let Some(Ok(Received::Close(Some(close)))) = last else {
        panic!("{last:?}")
    };
    assert_eq!(close.reason, "the access token was revoked");
    let is_close_sent = true;
    assert_eq!(server.ended().await, Ended::Expired { is_close_sent });
}

#[tokio::test]
async fn a_websocket_that_the_client_closes_earlier_ends_with_it() {
    let mut server = Server::start().await;
    let mut socket = server.connect_with_token("/echo").await;
    expect_echo(&mut socket).await;
    socket.close(None).await.unwrap();
    assert_eq!(server.ended().await, Ended::ByClient);
}

#[tokio::test]
async fn a_websocket_read_as_a_stream_is_dropped_when_the_token_expires() {
    let server = Server::start().await;
    let mut socket = server.connect_with_token("/stream").await;
    let start = Instant::now();
    socket.send("hello".into()).await.unwrap();
    let last = within_paused_time(socket.next()).await;
    assert!(!matches!(last, Some(Ok(_))), "{last:?}");
    let lasted = start.elapsed();
    assert!(lasted > LIFETIME / 2 && lasted <= LIFETIME + Duration::from_secs(1));
}

// The close message waits behind what the client does not read.
#[tokio::test]
async fn a_client_that_reads_nothing_does_not_keep_its_websocket() {
    let mut server = Server::start().await;
    let socket = server.connect_with_token("/flood").await;
    let ended = within_paused_time(server.ended.recv()).await.unwrap();
    assert_eq!(
        ended,
        Ended::Expired {
            is_close_sent: false
        }
    );
    drop(socket);
}

#[tokio::test]
async fn without_a_valid_token_the_handshake_is_rejected() {
    let server = Server::start().await;
    let expired = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    let expired = expired.expired().sign();
    for headers in [
        vec![],
        vec![("authorization", format!("Bearer {expired}"))],
        vec![("sec-websocket-protocol", protocols(&expired))],
    ] {
        match server.connect("/echo", &headers).await {
            Err(Error::Http(response)) => {
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
                assert!(response.headers().contains_key("www-authenticate"));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn protocols(token: &str) -> String {
    let prefix = "base64url.bearer.authorization.k8s.io.";
    format!("chat, {prefix}{}", encode(token))
}

#[tokio::test]
async fn a_token_in_a_subprotocol_opens_a_websocket_with_the_other_subprotocol() {
    let mut server = Server::start().await;
    let headers = [("sec-websocket-protocol", protocols(&token()))];
    let mut socket = server.connect("/echo", &headers).await.unwrap();
    expect_echo(&mut socket).await;
    let last = within_paused_time(socket.next()).await.unwrap().unwrap();
    assert!(matches!(last, Received::Close(Some(_))), "{last:?}");
    let expired = Ended::Expired {
        is_close_sent: true,
    };
    assert_eq!(server.ended().await, expired);
}
