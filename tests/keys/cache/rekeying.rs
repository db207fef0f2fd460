//! New keys that look like forged tokens: under the id of an old key, or without ids.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, ErrorKind, Issuer, JwksCacheSettings, TokenCacheSettings,
};

use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock, kind};
use crate::support::tokio;

const SECOND: Duration = Duration::from_secs(1);
const INVALID: Option<ErrorKind> = Some(ErrorKind::InvalidSignature);

fn day_long() -> Mock {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    mock
}

/// Asserts that the answer does not wait.
async fn ask(authenticator: &Authenticator, token: &str) -> Option<ErrorKind> {
    let start = Instant::now();
    let outcome = kind(authenticator.authenticate(token).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
    outcome
}

/// Returns a token with the id of the issuer's key, and a signature by another key.
fn forged(mock: &Mock) -> String {
    TestKey::generate(Algorithm::ES256)
        .with_key_id(mock.key_id())
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .sign()
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_replaced_under_its_id_is_fetched_in_the_background() {
    let mock = day_long();
    let authenticator = mock
        .builder(JwksCacheSettings::default())
        .token_cache(TokenCacheSettings::default())
        .build_authenticator()
        .unwrap();
    let old = mock.token();
    assert_eq!(ask(&authenticator, &old).await, None);
    for rotation in 1..=3 {
        let replaced = mock.token();
        mock.replace_key();
        mock.delay(SECOND);
        let new = mock.token();
        assert_eq!(ask(&authenticator, &new).await, INVALID);
        assert_eq!(
            ask(&authenticator, &replaced).await,
            None,
            "cached until then"
        );
        sleep(SECOND * 2).await;
        assert_eq!(ask(&authenticator, &new).await, None);
        assert_eq!(ask(&authenticator, &replaced).await, INVALID);
        assert_eq!(mock.fetches(), 1 + rotation);
        sleep(SECOND * 60).await;
    }
}

/// As many providers do that have one key at a time.
#[tokio::test(start_paused = true)]
async fn a_rotation_of_a_set_without_ids_is_noticed_by_tokens_with_and_without_an_id() {
    let key = || TestKey::generate(Algorithm::ES256);
    let publish = |mock: &Mock, key: &TestKey| {
        let mut jwk = key.jwk();
        jwk.as_object_mut().unwrap().remove("kid");
        mock.page(JWKS_URI, json!({"keys": [jwk]}).to_string());
    };
    for with_id in [false, true] {
        let (mock, old, new) = (day_long(), key(), key());
        let token = |key: &TestKey| {
            let token = key.token().issuer(ISSUER).audience(AUDIENCE);
            if with_id {
                token.sign()
            } else {
                token.without_header("kid").sign()
            }
        };
        publish(&mock, &old);
        let authenticator = mock.authenticator();
        assert_eq!(ask(&authenticator, &token(&old)).await, None);
        publish(&mock, &new);
        let _ = authenticator.authenticate(&token(&new)).await;
        sleep(SECOND).await;
        assert_eq!(ask(&authenticator, &token(&new)).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_another_algorithm_under_the_same_id_is_fetched_in_the_background() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    let new = TestKey::generate(Algorithm::Ed25519).with_key_id(mock.key_id());
    mock.page(JWKS_URI, json!({"keys": [new.jwk()]}).to_string());
    let token = new.token().issuer(ISSUER).audience(AUDIENCE).sign();
    assert_eq!(
        ask(&authenticator, &token).await,
        Some(ErrorKind::UnknownKey)
    );
    sleep(SECOND).await;
    assert_eq!(ask(&authenticator, &token).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_forged_signatures_causes_a_fetch_a_minute_and_leaves_the_limit_for_new_keys() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    let (start, forged) = (Instant::now(), forged(&mock));
    while start.elapsed() < SECOND * 295 {
        assert_eq!(ask(&authenticator, &forged).await, INVALID);
        sleep(SECOND / 10).await;
    }
    assert_eq!(mock.fetches(), 1 + 5);
    for _ in 0..2 {
        mock.add_key();
        assert_eq!(ask(&authenticator, &mock.token()).await, None);
        assert_eq!(ask(&authenticator, &forged).await, INVALID);
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_flood_of_forged_signatures_a_replaced_key_is_noticed_within_a_minute() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    let forged = forged(&mock);
    assert_eq!(ask(&authenticator, &forged).await, INVALID);
    sleep(SECOND).await;
    mock.replace_key();
    let start = Instant::now();
    while ask(&authenticator, &mock.token()).await.is_some() {
        assert_eq!(ask(&authenticator, &forged).await, INVALID);
        sleep(SECOND).await;
        assert!(start.elapsed() <= SECOND * 60);
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_key_ids_leave_the_fetch_for_a_replaced_key() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    for _ in 0..10 {
        ask(&authenticator, &Mock::unknown_key_token()).await;
    }
    mock.replace_key();
    assert_eq!(ask(&authenticator, &mock.token()).await, INVALID);
    sleep(SECOND).await;
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
}

/// A fetch in flight may have read the set before the key was replaced.
#[tokio::test(start_paused = true)]
async fn during_a_fetch_an_invalid_signature_leaves_the_limit_untouched() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    mock.delay(SECOND * 2);
    let unknown = Mock::unknown_key_token();
    let fetching = timeout(SECOND / 10, authenticator.authenticate(&unknown));
    assert!(fetching.await.is_err(), "still waiting");
    let (forged, start) = (forged(&mock), Instant::now());
    while start.elapsed() < SECOND * 2 {
        assert_eq!(ask(&authenticator, &forged).await, INVALID);
        sleep(SECOND / 10).await;
    }
    assert_eq!(mock.fetches(), 2, "it has ended");
    mock.replace_key();
    sleep(SECOND).await;
    assert_eq!(ask(&authenticator, &mock.token()).await, INVALID);
    sleep(SECOND * 3).await;
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_no_key_can_make_valid_causes_no_fetch() {
    for issuers in 1..=2 {
        let mock = day_long();
        let mut builder = mock.builder(JwksCacheSettings::default());
        if issuers == 2 {
            let other = Issuer::jwks("https://other.example", JWKS_URI, AUDIENCE);
            builder = builder.add_issuer(other.http_client(mock.client()));
        }
        let authenticator = builder.build_authenticator().unwrap();
        assert_eq!(ask(&authenticator, &mock.token()).await, None);
        let key = TestKey::generate(Algorithm::ES256).with_key_id(mock.key_id());
        let token = || key.token().issuer(ISSUER).audience(AUDIENCE);
        let valid = token().sign();
        let unsigned = valid.rsplit_once('.').unwrap().0;
        let tokens = [
            token().expired().sign(),
            token().issuer("https://elsewhere.example").sign(),
            format!("{unsigned}.AA="),
            format!("{unsigned}.{}", "A".repeat(1367)),
        ];
        for token in tokens {
            assert!(ask(&authenticator, &token).await.is_some());
            sleep(SECOND).await;
            assert_eq!(mock.fetches(), 1);
        }
        assert_eq!(ask(&authenticator, &valid).await, INVALID);
        sleep(SECOND).await;
        assert_eq!(mock.fetches(), 2, "{issuers}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_between_two_such_fetches_can_be_set() {
    let mock = day_long();
    let settings = JwksCacheSettings::default().signature_refetch_interval(SECOND * 10);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    let forged = forged(&mock);
    for _ in 0..95 {
        assert_eq!(ask(&authenticator, &forged).await, INVALID);
        sleep(SECOND).await;
    }
    assert_eq!(mock.fetches(), 1 + 10);
}

#[tokio::test(start_paused = true)]
async fn forged_signatures_do_not_keep_the_refresher_running() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    let authenticator = mock.authenticator();
    assert_eq!(ask(&authenticator, &mock.token()).await, None);
    let forged = forged(&mock);
    for _ in 0..4 {
        sleep(SECOND * 50 * 60).await;
        assert_eq!(ask(&authenticator, &forged).await, INVALID);
    }
    sleep(SECOND).await;
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!((mock.fetches(), tasks), (1 + 4, 0));
}
