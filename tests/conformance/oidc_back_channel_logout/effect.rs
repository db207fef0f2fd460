//! What a log-out revokes (§2.7).

use std::time::Duration;

use tower_jwt_auth::testing::TokenBuilder;
use tower_jwt_auth::{ErrorKind, Issuer, JwtAuthLayer, RevocationSettings, Revocations};

use super::support::{CLIENT, Setup, access_token, logout_token, of, setup};
use crate::support::tokio;
use crate::support::{ISSUER, NOW, at, builder, default_key, key_set};

async fn is_revoked(setup: &Setup, token: TokenBuilder) -> bool {
    match setup.rejection(&token.sign()).await {
        None => false,
        Some(kind) => {
            assert_eq!(kind, ErrorKind::Revoked);
            true
        }
    }
}

#[tokio::test]
async fn a_cached_token_of_the_session_is_rejected_at_the_next_request() {
    let setup = setup();
    let token = access_token().sign();
    assert_eq!(setup.rejection(&token).await, None);
    setup
        .log_out(&logout_token().sign())
        .await
        .expect_logged_out();
    assert_eq!(setup.rejection(&token).await, Some(ErrorKind::Revoked));
}

#[tokio::test]
async fn with_sid_and_sub_other_sessions_of_the_subject_go_on() {
    let setup = setup();
    setup
        .log_out(&logout_token().sign())
        .await
        .expect_logged_out();
    assert!(is_revoked(&setup, access_token()).await);
    assert!(!is_revoked(&setup, access_token().claim("sid", "other")).await);
    // Of which session it is, is not known.
    assert!(is_revoked(&setup, access_token().without_claim("sid")).await);
    let bob = access_token().subject("bob");
    assert!(!is_revoked(&setup, bob.without_claim("sid")).await);
}

#[tokio::test]
async fn with_sid_alone_tokens_without_session_go_on() {
    let setup = setup();
    let token = logout_token().without_claim("sub").sign();
    setup.log_out(&token).await.expect_logged_out();
    assert!(is_revoked(&setup, access_token()).await);
    assert!(is_revoked(&setup, access_token().subject("bob")).await);
    assert!(!is_revoked(&setup, access_token().without_claim("sid")).await);
}

#[tokio::test]
async fn with_sub_alone_all_sessions_of_the_subject_end() {
    let setup = setup();
    let token = logout_token().without_claim("sid").sign();
    setup.log_out(&token).await.expect_logged_out();
    for token in [
        access_token(),
        access_token().claim("sid", "other"),
        access_token().without_claim("sid"),
    ] {
        assert!(is_revoked(&setup, token).await);
    }
    let bob = access_token().subject("bob");
    assert!(!is_revoked(&setup, bob).await);
}

#[tokio::test]
async fn tokens_that_are_issued_after_the_log_out_are_accepted() {
    let log_out = logout_token().issued_at(at(NOW - 10)).without_claim("sid");
    let setup = setup();
    setup.log_out(&log_out.sign()).await.expect_logged_out();
    // Of the same second, it may have been issued before.
    assert!(is_revoked(&setup, access_token().issued_at(at(NOW - 10))).await);
    assert!(!is_revoked(&setup, access_token().issued_at(at(NOW - 9))).await);
}

#[tokio::test]
async fn no_token_of_the_session_is_accepted_within_the_leeway() {
    let setup = setup();
    let log_out = logout_token().issued_at(at(NOW - 10)).sign();
    setup.log_out(&log_out).await.expect_logged_out();
    assert!(is_revoked(&setup, access_token().issued_at(at(NOW))).await);
}

#[tokio::test]
async fn the_same_ids_of_another_issuer_are_other_ids() {
    let other = "https://other.example";
    let of_other = Issuer::from_keys(other, key_set([default_key()]), crate::support::AUDIENCE);
    let setup = of(builder().add_issuer(of_other));
    let log_out = logout_token().issuer(other).sign();
    setup.log_out(&log_out).await.expect_logged_out();
    assert!(!is_revoked(&setup, access_token()).await);
    assert!(is_revoked(&setup, access_token().issuer(other)).await);
}

#[tokio::test]
async fn a_full_list_leads_to_503_and_the_token_can_be_sent_again() {
    let settings = RevocationSettings::default().max_entries(1);
    let list = Revocations::with_settings(settings).unwrap();
    let clock = crate::support::clock();
    let layer: JwtAuthLayer = builder()
        .clock(clock.clone())
        .revocations(&list)
        .build()
        .unwrap();
    let endpoint = tower_jwt_auth::BackChannelLogout::new(layer.authenticator(), [CLIENT]);
    let endpoint = endpoint
        .unwrap()
        .max_age(Duration::from_secs(3600))
        .unwrap();
    let other = tower_jwt_auth::Revocation::token(ISSUER, "other", at(NOW - 3599));
    list.add(other).unwrap();
    let token = logout_token()
        .without_claim("sub")
        .without_claim("exp")
        .sign();
    let setup = Setup {
        layer,
        list,
        endpoint,
    };
    let answer = setup.log_out(&token).await;
    let description = "a check of the logout token is temporarily unavailable";
    let unavailable = http::StatusCode::SERVICE_UNAVAILABLE;
    answer.expect_error(unavailable, "temporarily_unavailable", description);
    assert_eq!(answer.headers["retry-after"], "1");
    // When there is space again.
    clock.advance(Duration::from_secs(600));
    setup.log_out(&token).await.expect_logged_out();
}

#[tokio::test]
async fn the_rules_for_access_tokens_do_not_change() {
    let setup = setup();
    let logout = logout_token().audience([CLIENT, crate::support::AUDIENCE]);
    setup.log_out(&logout.sign()).await.expect_logged_out();
    let rejection = setup.rejection(&logout.claim("jti", "2").sign()).await;
    assert_eq!(rejection, Some(ErrorKind::WrongTokenType));
    let untyped = logout_token().without_header("typ");
    let untyped = untyped.audience(crate::support::AUDIENCE).sign();
    assert_eq!(
        setup.rejection(&untyped).await,
        Some(ErrorKind::WrongTokenType)
    );
}
