//! What the pages say about keys that are new, stale or missing.

use std::time::Duration;

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, HttpClient};

use super::{KEYS, PROGRAMS, Service};
use crate::support::tokio;
use crate::support::web::Web;

fn new_key(id: &str) -> TestKey {
    TestKey::generate(Algorithm::RS256).with_key_id(id)
}

#[tokio::test(start_paused = true)]
async fn without_keys_requests_get_503_with_retry_after() {
    for program in PROGRAMS {
        let service = Service::start(program);
        service.site.fail(KEYS);
        let answer = service.get(&service.token()).await;
        answer.check(503, program.0);
        assert!(answer.retry_after.is_some() && answer.challenge.is_none());
        assert_eq!(answer.body, "");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_id_causes_two_fetches_in_30_s() {
    for program in PROGRAMS {
        let service = Service::start(program);
        service.get(&service.token()).await;
        let fetches = || {
            let fetched = service.site.fetched();
            fetched.iter().filter(|url| *url == KEYS).count()
        };
        assert_eq!(fetches(), 1);
        let new = new_key("2026-12");
        service
            .site
            .publish_keys(KEYS, [service.site.key.jwk(), new.jwk()]);
        let token = service.token().header("kid", "2026-12").sign(&new);
        let answer = service.get_with(&format!("Bearer {token}")).await;
        answer.check(200, program.0);
        for id in ["a", "b", "c"] {
            let made_up = service.token().header("kid", id);
            let answer = service.get(&made_up).await;
            answer.check(401, (program.0, id));
        }
        assert_eq!(fetches(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_key_is_rejected_after_the_next_fetch() {
    for program in PROGRAMS {
        let service = Service::start(program);
        service.get(&service.token()).await;
        service.site.publish_keys(KEYS, [new_key("2026-12").jwk()]);
        // Keys are fresh for ten minutes if the issuer says nothing.
        tokio::time::sleep(Duration::from_secs(11 * 60)).await;
        let answer = service.get(&service.token()).await;
        answer.check(401, program.0);
    }
}

#[tokio::test(start_paused = true)]
async fn stale_keys_are_used_for_an_hour() {
    for program in PROGRAMS {
        let service = Service::start(program);
        service.get(&service.token()).await;
        service.site.fail(KEYS);
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
        let answer = service.get(&service.token()).await;
        answer.check(200, program.0);
        tokio::time::sleep(Duration::from_secs(20 * 60)).await;
        let answer = service.get(&service.token()).await;
        answer.check(503, program.0);
    }
}

/// A service can fail at startup if its issuer's keys are unavailable.
#[tokio::test(start_paused = true)]
async fn prefetch_fails_while_the_issuer_is_down() {
    let client: HttpClient = Web::default().client();
    let issuer = tower_jwt_auth::Issuer::discovery("https://login.example.com/", "api");
    let layer = tower_jwt_auth::JwtAuthLayer::builder(issuer.http_client(client));
    let layer = layer.build().unwrap();
    assert!(layer.authenticator().prefetch().await.is_err());
}
