//! Single use, with hostile ids of tokens: what differs is another token, and what is equal is the
//! same, however it is written.

use std::collections::HashSet;

use futures::future::join_all;
use http::StatusCode;
use serde_json::json;
use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{
    Error, ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer, MemoryReplayStore, TokenCacheSettings,
};

use crate::checks::support::{bearing, builder, rejection, send, token};
use crate::support::tokio;
use crate::support::{AUDIENCE, HEADER, ISSUER, default_key, public_key};

fn kind(rejected: Option<&Error>) -> Option<ErrorKind> {
    rejected.map(Error::kind)
}

fn with_id(id: &str) -> TokenBuilder {
    token().claim("jti", id)
}

/// Returns ids that a store which cuts, joins, folds or interprets them would mix up.
fn similar() -> Vec<String> {
    let long = "a".repeat(4096);
    let mut ids: Vec<String> = [
        "a",
        "A",
        " a",
        "a ",
        "a\0",
        "\0a",
        "a\0b",
        "a:b",
        "a\nb",
        "a\r\nb",
        "*",
        "a*",
        "{a}",
        "{}",
        "a{b}",
        "\\u0061",
        "%61",
        "a/../a",
        "a;b",
        "a b",
        "\u{e1}",
        "a\u{301}",
        "\u{ff41}",
        "\u{202e}a",
        "0",
        "00",
        "null",
        "true",
        "",
    ]
    .map(ToOwned::to_owned)
    .into();
    ids.extend([
        format!("{long}b"),
        format!("{long}c"),
        format!("b{long}"),
        long,
    ]);
    ids.extend([
        format!("{ISSUER}a"),
        format!("{ISSUER}:a"),
        format!("{ISSUER}\0a"),
    ]);
    ids
}

/// Returns layers with and without the token cache.
fn layers() -> [JwtAuthLayer; 2] {
    let of = |builder: JwtAuthBuilder| builder.reject_replays(1000).build().unwrap();
    let caching = builder().token_cache(TokenCacheSettings::default());
    [of(builder()), of(caching)]
}

#[tokio::test]
async fn tokens_whose_ids_differ_in_any_way_are_different_and_each_is_accepted_once() {
    let ids = similar();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    let tokens: Vec<_> = ids.iter().map(|id| (id, with_id(id).sign())).collect();
    for layer in layers() {
        for expected in [None, Some(ErrorKind::Replayed)] {
            for (id, token) in &tokens {
                let rejected = rejection(&layer, token).await;
                assert_eq!(kind(rejected.as_ref()), expected, "{id:?}");
            }
        }
    }
}

#[tokio::test]
async fn an_id_written_with_escapes_is_the_same_id() {
    let claims = |id: &str| {
        let payload = with_id("ID").sign();
        let payload = crate::support::decode(payload.split('.').nth(1).unwrap());
        let text = String::from_utf8(payload).unwrap();
        default_key().sign_raw(HEADER, text.replace("\"ID\"", id).as_bytes())
    };
    for layer in layers() {
        assert!(rejection(&layer, &claims("\"a/b\"")).await.is_none());
        for same in [
            r#""a\/b""#,
            r#""\u0061/b""#,
            r#""a\u002Fb""#,
            r#""a\u002fb""#,
        ] {
            let rejected = rejection(&layer, &claims(same)).await;
            assert_eq!(kind(rejected.as_ref()), Some(ErrorKind::Replayed), "{same}");
        }
    }
}

// Joined without a separator, each issuer and id would be the same text.
#[tokio::test]
async fn issuer_and_id_are_not_joined_into_one_text() {
    let issuers = [
        "https://a.example",
        "https://a.example/b",
        "https://a.example/bc",
    ];
    let ids = ["/bcd", "cd", "d"];
    let trusted = |issuer: &str| Issuer::from_keys(issuer, public_key(), AUDIENCE);
    let layer = JwtAuthLayer::builder(trusted(issuers[0]))
        .add_issuer(trusted(issuers[1]))
        .add_issuer(trusted(issuers[2]))
        .replay_store(MemoryReplayStore::new(100).unwrap())
        .build()
        .unwrap();
    for expected in [None, Some(ErrorKind::Replayed)] {
        for (issuer, id) in issuers.into_iter().zip(ids) {
            let rejected = rejection(&layer, &with_id(id).issuer(issuer).sign()).await;
            assert_eq!(kind(rejected.as_ref()), expected, "{issuer} {id}");
        }
    }
}

#[tokio::test]
async fn of_a_hundred_requests_with_one_token_at_once_one_is_accepted() {
    for layer in layers() {
        let token = with_id("one").sign();
        let sent = (0..100).map(|_| send(&layer, bearing(&token)));
        let responses = join_all(sent).await;
        let accepted = responses.iter().filter(|(_, seen)| seen.is_some()).count();
        assert_eq!(accepted, 1);
        let rejected = responses
            .iter()
            .filter(|(response, _)| response.status() == StatusCode::UNAUTHORIZED);
        assert_eq!(rejected.count(), 99);
    }
}

// A forged token, or one that is rejected for another reason, does not use up the id of a valid
// one.
#[tokio::test]
async fn a_rejected_token_does_not_use_up_the_id_of_a_valid_one() {
    for layer in layers() {
        let valid = with_id("victim").sign();
        let (message, _) = valid.rsplit_once('.').unwrap();
        let forged = format!("{message}.{}", crate::support::encode([7; 64]));
        let others = [
            forged,
            with_id("victim").audience("https://other.example").sign(),
            with_id("victim").expired().sign(),
            with_id("victim").claim("cnf", json!({})).sign(),
        ];
        for other in others {
            assert!(rejection(&layer, &other).await.is_some());
        }
        assert!(rejection(&layer, &valid).await.is_none());
    }
}
