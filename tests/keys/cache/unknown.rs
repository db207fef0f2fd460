//! Tokens whose key is not among the cached ones.

use std::time::Duration;

use futures::future::join_all;
use http::{HeaderValue, Request, Response, StatusCode};
use tokio::time::{Instant, sleep};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{ErrorKind, JwksCacheSettings, JwtAuthLayer};

use crate::cache::mock::{Answer, Mock, kind, minutes};
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn a_new_key_is_fetched_at_once() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.add_key();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(mock.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn many_tokens_with_different_new_keys_share_one_fetch() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.delay(Duration::from_millis(100));
    let tokens: Vec<_> = (0..5)
        .map(|_| {
            mock.add_key();
            mock.token()
        })
        .collect();
    let outcomes = join_all(tokens.iter().map(|token| authenticator.authenticate(token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(mock.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_removed_key_is_rejected_after_the_next_fetch() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    let old = mock.token();
    assert!(authenticator.authenticate(&old).await.is_ok());
    mock.rotate();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(
        kind(authenticator.authenticate(&old).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_random_key_ids_causes_two_fetches_in_thirty_seconds() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    for _ in 0..300 {
        assert_eq!(
            kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
            Some(ErrorKind::UnknownKey)
        );
        sleep(Duration::from_millis(90)).await;
    }
    assert_eq!(mock.fetches(), 1 + 2);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(
        kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
        Some(ErrorKind::UnknownKey)
    );
    assert_eq!(
        mock.fetches(),
        1 + 3,
        "in the next window another fetch is allowed"
    );
}

async fn status(layer: &JwtAuthLayer, credentials: &[u8]) -> StatusCode {
    let inner =
        service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(())));
    let value = HeaderValue::from_bytes(credentials).unwrap();
    let request = Request::get("/")
        .header("authorization", value)
        .body(())
        .unwrap();
    layer.layer(inner).oneshot(request).await.unwrap().status()
}

/// Without cached keys, and then with cached keys that the token's is not among.
#[tokio::test(start_paused = true)]
async fn a_token_that_no_key_can_verify_causes_no_fetch() {
    let mock = Mock::new();
    let layer = mock.builder(JwksCacheSettings::default()).build().unwrap();
    for fetches in 0..2 {
        let valid = Mock::unknown_key_token();
        let unsigned = valid.rsplit_once('.').unwrap().0;
        let signatures = [&b"!"[..], b"\xff", b"AA=", b"A", b"AB", &[b'A'; 1367]];
        for signature in signatures {
            let credentials = [b"Bearer ", unsigned.as_bytes(), b".", signature].concat();
            assert_eq!(
                status(&layer, &credentials).await,
                StatusCode::UNAUTHORIZED,
                "{signature:?}"
            );
        }
        for joined in [
            format!("Bearer {valid}, Bearer {valid}"),
            format!("Bearer {valid},{valid}"),
        ] {
            assert_eq!(
                status(&layer, joined.as_bytes()).await,
                StatusCode::BAD_REQUEST
            );
        }
        sleep(Duration::from_secs(10)).await;
        assert_eq!(mock.fetches(), fetches);
        assert_eq!(
            status(&layer, format!("Bearer {}", mock.token()).as_bytes()).await,
            StatusCode::OK
        );
    }
}

#[tokio::test(start_paused = true)]
async fn failed_refetches_are_not_repeated_at_once() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    let start = Instant::now();
    mock.answer(Answer::Status(500));
    for _ in 0..100 {
        assert_eq!(
            kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
            Some(ErrorKind::UnknownKey)
        );
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(
        mock.fetches(),
        1 + 1,
        "no request causes a fetch during the backoff"
    );
    for _ in 0..25 {
        assert_eq!(
            kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
            Some(ErrorKind::UnknownKey)
        );
        sleep(Duration::from_secs(1)).await;
    }
    mock.answer(Answer::Keys);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(
        kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test(start_paused = true)]
async fn while_the_issuer_fails_tokens_with_unknown_keys_do_not_wait_for_it() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.answer(Answer::Hang);
    assert_eq!(
        kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
        Some(ErrorKind::UnknownKey)
    );
    sleep(Duration::from_secs(30)).await;
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(
            kind(authenticator.authenticate(&Mock::unknown_key_token()).await),
            Some(ErrorKind::UnknownKey)
        );
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waits_twice_waits_no_longer_than_the_wait_timeout() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=600");
    let authenticator = mock.authenticator();
    let valid = mock.token();
    assert!(authenticator.authenticate(&valid).await.is_ok());
    mock.delay(Duration::from_millis(2900));
    let (early, late) = (Mock::unknown_key_token(), Mock::unknown_key_token());
    let joining = async {
        sleep(Duration::from_millis(100)).await;
        let start = Instant::now();
        let outcome = kind(authenticator.authenticate(&late).await);
        (outcome, start.elapsed())
    };
    let (_, (outcome, waited)) = tokio::join!(authenticator.authenticate(&early), joining);
    assert_eq!(
        (outcome, waited),
        (Some(ErrorKind::UnknownKey), Duration::from_secs(3))
    );
}

#[tokio::test(start_paused = true)]
async fn tokens_with_a_cached_key_never_wait_for_those_with_unknown_keys() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.answer(Answer::Hang);
    let unknown_key = Mock::unknown_key_token();
    let flood = join_all((0..100).map(|_| authenticator.authenticate(&unknown_key)));
    let valid = async {
        let start = Instant::now();
        for _ in 0..100 {
            assert!(authenticator.authenticate(&token).await.is_ok());
            tokio::task::yield_now().await;
        }
        start.elapsed()
    };
    let (_, waited) = tokio::join!(flood, valid);
    assert_eq!(waited, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_id_is_cached_until_a_new_set_arrives() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    let unknown_key = Mock::unknown_key_token();
    for _ in 0..10 {
        assert_eq!(
            kind(authenticator.authenticate(&unknown_key).await),
            Some(ErrorKind::UnknownKey)
        );
    }
    assert_eq!(
        mock.fetches(),
        2,
        "one fetch of the limit is left, and the same id does not use it up"
    );
    mock.add_key();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert_eq!(mock.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn scheduled_refreshes_do_not_count_against_the_refetch_limit() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    let authenticator = mock.authenticator();
    let token = mock.token();
    for _ in 0..10 {
        assert!(authenticator.authenticate(&token).await.is_ok());
        minutes(1).await;
    }
    let scheduled = mock.fetches();
    assert!(scheduled > 8);
    mock.add_key();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    mock.add_key();
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_known_key_id_with_another_algorithm_does_not_wait_for_a_fetch() {
    let mock = Mock::new();
    let authenticator = mock.authenticator();
    let valid = mock.token();
    assert!(authenticator.authenticate(&valid).await.is_ok());
    let header = authenticator.authenticate(&valid).await.unwrap();
    let other = tower_jwt_auth::testing::TestKey::generate(tower_jwt_auth::Algorithm::Ed25519)
        .with_key_id(header.key_id().unwrap());
    let token = other.token().issuer(crate::cache::mock::ISSUER).sign();
    let start = Instant::now();
    assert_eq!(
        kind(authenticator.authenticate(&token).await),
        Some(ErrorKind::UnknownKey)
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
}
