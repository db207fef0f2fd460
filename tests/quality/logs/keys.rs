//! Log events about an issuer's keys.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::{Authenticator, HttpClient, Issuer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key};
use crate::{TURN, capture, text};

#[tokio::test]
async fn an_emptied_key_set_has_a_log_line_of_its_own() {
    let _turn = TURN.lock().await;
    let emptied = Arc::<AtomicBool>::default();
    let sent = Arc::clone(&emptied);
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let keys = if sent.load(Relaxed) {
            vec![]
        } else {
            vec![default_key().jwk()]
        };
        let body = Full::<Bytes>::from(json!({"keys": keys}).to_string());
        async { Ok::<_, io::Error>(Response::new(body)) }
    }));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE).http_client(client);
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(authenticator.prefetch().await.is_ok());
    capture();
    emptied.store(true, Relaxed);
    assert!(authenticator.prefetch().await.is_err());
    let text = text();
    let is_withdrawal = |line: &&str| {
        line.contains("ERROR")
            && line.contains("JWK set without a usable key")
            && line.contains("300s")
    };
    assert_eq!(text.lines().filter(is_withdrawal).count(), 1, "{text}");
}
