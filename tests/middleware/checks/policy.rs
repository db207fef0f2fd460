//! Requirements 4 and 5: what a valid token must also pass: scopes, predicates, revocation, and
//! replay detection.

use serde_json::json;
use tower_jwt_auth::{ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, Answer, ask, bearer, builder, default_key, key_set, send, token};

fn reading() -> JwtAuthLayer {
    builder().require_scopes(["read", "list"]).build().unwrap()
}

#[track_caller]
fn insufficient(answer: &Answer, scope: Option<&str>) {
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
    assert_eq!(answer.attribute("scope"), scope);
    assert_eq!(answer.error.as_ref().unwrap().required_scope(), scope);
}

// 5: RFC 8693 §4.2; `scp` in the forms of several providers.
#[tokio::test]
async fn scopes_may_have_every_form_that_issuers_use() {
    let forms = [
        ("scope", json!("read list")),
        ("scope", json!("x  list   read ")),
        ("scope", json!(["list", "read"])),
        ("scope", json!(["list read"])),
        ("scp", json!("read list")),
        ("scp", json!(["read", "x", "list"])),
    ];
    for (name, form) in forms {
        let claims = send(&reading(), &token().claim(name, &form).sign())
            .await
            .named((name, &form))
            .accepted();
        assert!(claims.has_scope("read") && claims.has_scope("list") && !claims.has_scope("rea"));
        assert_eq!(
            claims.scopes().filter(|scope| *scope != "x").count(),
            2,
            "{name}: {form}"
        );
    }
}

// 5
#[tokio::test]
async fn a_token_without_all_required_scopes_is_rejected() {
    let forms = [
        json!(""),
        json!("read"),
        json!("list"),
        json!("Read List"),
        json!("read,list"),
        json!("readlist"),
        json!("read\tlist"),
        json!("read:all list:all"),
        json!([]),
        json!(["read"]),
        json!(["read,list"]),
        json!({"read": true, "list": true}),
        json!(["read", "list", 1]),
        json!(1),
        json!(true),
    ];
    for form in forms {
        for name in ["scope", "scp"] {
            let answer = send(&reading(), &token().claim(name, &form).sign()).await;
            insufficient(&answer.named((name, &form)), Some("read list"));
        }
    }
    insufficient(&send(&reading(), &token().sign()).await, Some("read list"));
}

// 5: only the bearer of a valid token learns which scopes are required.
#[tokio::test]
async fn the_rejection_of_an_invalid_token_names_no_scopes() {
    let answer = send(&reading(), &token().expired().sign()).await;
    answer.invalid_token(ErrorKind::Expired);
    assert_eq!(answer.attribute("scope"), None);
}

// 5
#[tokio::test]
async fn a_predicate_over_the_claims_can_reject() {
    let layer = builder()
        .authorize(|claims| claims.get("role").is_some_and(|role| role == "admin"))
        .build()
        .unwrap();
    send(&layer, &token().claim("role", "admin").sign())
        .await
        .accepted();
    insufficient(
        &send(&layer, &token().claim("role", "user").sign()).await,
        None,
    );
    insufficient(&send(&layer, &token().sign()).await, None);
}

// 4
#[tokio::test]
async fn a_revoked_token_is_invalid() {
    let layer = builder()
        .reject_revoked(|claims| claims.id() == Some("stolen"))
        .build()
        .unwrap();
    send(&layer, &token().sign()).await.accepted();
    send(&layer, &token().claim("jti", "stolen").sign())
        .await
        .invalid_token(ErrorKind::Revoked);
}

// 4: the predicate is called at every use.
#[tokio::test]
async fn a_token_that_is_revoked_later_is_rejected_from_then_on() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let revoked = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&revoked);
    let layer = builder()
        .reject_revoked(move |_| flag.load(Ordering::Relaxed))
        .build()
        .unwrap();
    let token = token().sign();
    send(&layer, &token).await.accepted();
    revoked.store(true, Ordering::Relaxed);
    send(&layer, &token).await.invalid_token(ErrorKind::Revoked);
    revoked.store(false, Ordering::Relaxed);
    send(&layer, &token).await.accepted();
}

// 4
#[tokio::test]
async fn predicates_are_called_only_for_tokens_that_are_otherwise_valid() {
    let layer = builder()
        .reject_revoked(|claims| {
            claims
                .subject()
                .is_none_or(|subject| panic!("called for {subject}"))
        })
        .authorize(|claims| {
            claims
                .subject()
                .is_none_or(|subject| panic!("called for {subject}"))
        })
        .build()
        .unwrap();
    let token = || token().subject("mallory");
    ask(&layer, bearer(&token().expired().sign()))
        .await
        .invalid_token(ErrorKind::Expired);
    ask(&layer, bearer(&token().audience("x").sign()))
        .await
        .invalid_token(ErrorKind::WrongAudience);
    let forged = format!("{}AA", &token().sign()[..]);
    let answer = ask(&layer, bearer(&forged)).await;
    assert!(answer.seen.is_none());
}

// 4
#[tokio::test]
async fn with_reject_replays_a_token_is_accepted_once() {
    let layer = builder().reject_replays(100).build().unwrap();
    let used = token().sign();
    send(&layer, &used).await.accepted();
    send(&layer, &used).await.invalid_token(ErrorKind::Replayed);
    send(&layer, &used).await.invalid_token(ErrorKind::Replayed);
    // Another token, and a clone of the layer.
    send(&layer, &token().sign()).await.accepted();
    send(&layer.clone(), &used)
        .await
        .invalid_token(ErrorKind::Replayed);
}

// 4: only the id counts, not the other claims.
#[tokio::test]
async fn another_token_with_a_used_id_is_rejected() {
    let layer = builder().reject_replays(100).build().unwrap();
    send(&layer, &token().claim("jti", "one").sign())
        .await
        .accepted();
    let again = token().claim("jti", "one").subject("bob").sign();
    send(&layer, &again)
        .await
        .invalid_token(ErrorKind::Replayed);
}

// 4: RFC 7519 §4.1.7: unique within an issuer.
#[tokio::test]
async fn two_issuers_may_use_the_same_id() {
    let other = "https://other.example";
    let second = Issuer::from_keys(other, key_set([default_key()]), AUDIENCE);
    let layer = builder()
        .add_issuer(second)
        .reject_replays(100)
        .build()
        .unwrap();
    send(&layer, &token().claim("jti", "one").sign())
        .await
        .accepted();
    send(&layer, &token().claim("jti", "one").issuer(other).sign())
        .await
        .accepted();
}

// 4
#[tokio::test]
async fn with_reject_replays_a_token_without_an_id_is_rejected() {
    let layer = builder().reject_replays(100).build().unwrap();
    let answer = send(&layer, &token().without_claim("jti").sign()).await;
    answer.invalid_token(ErrorKind::MissingClaim);
    assert_eq!(answer.claim(), Some("jti"));
}

// 4, 5
#[tokio::test]
async fn a_rejected_token_does_not_count_as_used() {
    let layer = builder()
        .reject_replays(100)
        .require_scopes(["read"])
        .build()
        .unwrap();
    let token = token().claim("jti", "one");
    insufficient(&send(&layer, &token.sign()).await, Some("read"));
    send(&layer, &token.clone().scope("read").audience("x").sign())
        .await
        .invalid_token(ErrorKind::WrongAudience);
    send(&layer, &token.scope("read").sign()).await.accepted();
}
