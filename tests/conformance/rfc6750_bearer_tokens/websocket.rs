//! Requirements 3 and 7: tokens in the subprotocols `bearer, <token>` and `bearer.<token>` of a
//! WebSocket handshake, which are opt-in.

use tower_jwt_auth::{ErrorKind, JwtAuthLayer, TokenSource};

use super::other_sources::websocket as handshake;
use crate::support::tokio;
use crate::support::{ask, builder, encode, token};

fn layer() -> JwtAuthLayer {
    let sources = [
        TokenSource::authorization(),
        TokenSource::websocket_bearer(),
    ];
    builder().token_sources(sources).build().unwrap()
}

#[tokio::test]
async fn the_token_follows_bearer() {
    let token = &*token().sign();
    for protocols in [
        &[&*format!("bearer, {token}")][..],
        &[&format!("bearer,{token},chat.v1")],
        &[&format!("chat.v1 , bearer ,, {token}")],
        &["chat.v1", "bearer", token],
        &["bearer,", token, "chat.v1"],
        &[&format!("chat, bearer.{token}")],
        &[&format!("bearer.{token},chat")],
    ] {
        let answer = ask(&layer(), handshake(protocols)).await;
        let answer = answer.named(format!("{protocols:?}"));
        assert_eq!(answer.headers["cache-control"], "private");
        answer.accepted();
    }
}

#[tokio::test]
async fn other_subprotocols_are_no_token() {
    let token = token().sign();
    for protocol in [
        "chat".to_owned(),
        token.clone(),
        format!("Bearer, {token}"),
        format!("bearer2, {token}"),
        format!("xbearer.{token}"),
        format!("Bearer.{token}"),
        format!("base64url.bearer.authorization.k8s.io.{}", encode(&token)),
    ] {
        let answer = ask(&layer(), handshake(&[&protocol])).await;
        answer.named(&protocol).no_token();
    }
}

#[tokio::test]
async fn bearer_without_a_token_is_an_invalid_token() {
    for protocol in [
        "bearer",
        "chat, bearer,",
        "bearer, chat",
        "bearer.",
        "bearer, bearer",
    ] {
        let answer = ask(&layer(), handshake(&[protocol])).await;
        answer
            .named(protocol)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

#[tokio::test]
async fn two_tokens_are_an_invalid_request() {
    let token = token().sign();
    for protocol in [
        format!("bearer, {token}, bearer, {token}"),
        format!("bearer, {token}, bearer.{token}"),
        format!("bearer, {token}, bearer"),
    ] {
        let answer = ask(&layer(), handshake(&[&protocol])).await;
        answer.named(&protocol).invalid_request();
    }
}

#[tokio::test]
async fn by_default_it_is_not_read() {
    let protocol = format!("bearer, {}", token().sign());
    let default = builder().build().unwrap();
    ask(&default, handshake(&[&protocol])).await.no_token();
    let kubernetes = builder().token_sources([TokenSource::websocket_protocol()]);
    let kubernetes = kubernetes.build().unwrap();
    ask(&kubernetes, handshake(&[&protocol])).await.no_token();
}
