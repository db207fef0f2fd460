//! The log event of a full store of used tokens.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Issuer, JwtAuthLayer};

use crate::support::system_clock::request;
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};
use crate::{TURN, capture, text};

#[tokio::test(start_paused = true)]
async fn a_full_store_of_used_tokens_is_logged_once_a_minute_and_without_an_id() {
    let _turn = TURN.lock().await;
    capture();
    let layer = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .reject_replays(2)
        .build()
        .unwrap();
    for id in 0..8 {
        if id == 6 {
            tokio::time::advance(Duration::from_secs(61)).await;
        }
        let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
        let token = token.claim("jti", format!("telltale-{id}")).sign();
        let inner = service_fn(|_: Request<String>| async {
            Ok::<_, Infallible>(Response::new(String::new()))
        });
        let _ = layer.layer(inner).oneshot(request(Some(&token))).await;
    }
    let text = text();
    let events = text.matches("the store of used tokens is full of entries that have not expired");
    assert_eq!(events.count(), 2, "{text}");
    assert!(
        text.contains("WARN") && text.contains("max_entries"),
        "{text}"
    );
    assert!(!text.contains("telltale"), "{text}");
}
