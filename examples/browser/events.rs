//! A WebSocket. Scripts can't add a proof to its handshake, so it takes tokens that are bound to no
//! key: of another audience, so that they are valid nowhere else, and short-lived.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use axum::routing::get;
use tokio::time::{interval, timeout};
use tower_jwt_auth::{Claims, ConfigError, Issuer, JwtAuthLayer, TokenSource, until_expiry};

use crate::Sites;

const MAX_LIFETIME: Duration = Duration::from_secs(60);
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn app(sites: &Sites) -> Result<Router, ConfigError> {
    let audience = format!("{}/events", sites.api);
    let auth = JwtAuthLayer::builder(Issuer::discovery(&sites.issuer, audience))
        .access_tokens_only()
        .token_sources([TokenSource::websocket_bearer()])
        .max_lifetime(MAX_LIFETIME)
        .build()?;
    let app = Router::new().route("/events", get(events));
    Ok(app.route_layer(auth))
}

/// Selects the subprotocol `bearer`: a browser closes a WebSocket for which none is selected.
async fn events(upgrade: WebSocketUpgrade, claims: Claims) -> Response {
    let upgrade = upgrade.protocols(["bearer"]);
    upgrade.on_upgrade(move |socket| send_until_expiry(socket, claims))
}

async fn send_until_expiry(mut socket: WebSocket, claims: Claims) {
    let subject = claims.subject().unwrap_or("no subject");
    let sending = Box::pin(send_events(&mut socket, subject));
    let Err(ended) = until_expiry(sending, &claims).await else {
        return;
    };
    let close = CloseFrame {
        code: close_code::POLICY,
        reason: ended.to_string().into(),
    };
    let sent = socket.send(Message::Close(Some(close)));
    timeout(SEND_TIMEOUT, sent).await.ok();
}

/// Sends an event each second, until the browser closes the WebSocket.
async fn send_events(socket: &mut WebSocket, subject: &str) {
    let mut seconds = interval(Duration::from_secs(1));
    for number in 1_u64.. {
        let event = format!("event {number} for {subject}");
        tokio::select! {
            _ = seconds.tick() => {
                if socket.send(event.into()).await.is_err() {
                    return;
                }
            }
            received = socket.recv() => {
                if !matches!(received, Some(Ok(_))) {
                    return;
                }
            }
        }
    }
}
