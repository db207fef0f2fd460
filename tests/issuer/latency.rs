//! What a known key costs while others misbehave.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tower_jwt_auth::testing::{Fault, TestIssuer, TestKey};
use tower_jwt_auth::{Algorithm, Authenticator};

use crate::support::{AUDIENCE, authenticator, settings};

const FLOOD: usize = 10_000;
const REQUESTS: usize = 4000;

/// The median and the 99th percentile of verifying one valid token after the other.
async fn latencies(authenticator: &Authenticator, token: &str) -> (Duration, Duration) {
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let start = Instant::now();
        assert!(authenticator.authenticate(token).await.is_ok());
        times.push(start.elapsed());
        tokio::task::yield_now().await;
    }
    times.sort_unstable();
    (times[REQUESTS / 2], times[REQUESTS * 99 / 100])
}

/// Tokens that name random keys; their signatures matter to no one, so one key signs them all.
fn unknown_keys(issuer: &TestIssuer) -> Vec<String> {
    static KEY: OnceLock<TestKey> = OnceLock::new();
    let key = KEY.get_or_init(|| TestKey::generate(Algorithm::ES256));
    let sign = |number| {
        let key = key.clone().with_key_id(format!("random-{number}"));
        key.token()
            .issuer(issuer.issuer())
            .audience(AUDIENCE)
            .sign()
    };
    (0..FLOOD).map(sign).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_random_key_ids_costs_two_fetches_and_valid_tokens_next_to_nothing() {
    let issuer = TestIssuer::start().await.unwrap();
    let authenticator = authenticator(&issuer, settings());
    authenticator.prefetch().await.unwrap();
    let token = issuer.token().sign();
    let flood = unknown_keys(&issuer);
    latencies(&authenticator, &token).await;
    let (quiet, quiet_99) = latencies(&authenticator, &token).await;
    issuer.reset_counts();
    let ended = Arc::new(AtomicBool::new(false));
    let flooding = tokio::spawn({
        let (authenticator, ended) = (authenticator.clone(), Arc::clone(&ended));
        async move {
            for token in &flood {
                assert!(authenticator.authenticate(token).await.is_err());
            }
            ended.store(true, Ordering::Relaxed);
        }
    });
    let (loud, loud_99) = latencies(&authenticator, &token).await;
    flooding.await.unwrap();
    println!("{FLOOD} random key ids: {} fetches", issuer.jwks_fetches());
    println!(
        "a valid token without the flood: p50 {quiet:?}, p99 {quiet_99:?}; with it: p50 {loud:?}, p99 {loud_99:?}"
    );
    assert!(issuer.jwks_fetches() <= 2);
    // The machine may be busy; waiting for a fetch, or behind a lock, would show as milliseconds at
    // the median.
    assert!(
        loud < quiet * 4 + Duration::from_micros(500),
        "p50 {quiet:?} became {loud:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_hangs_slows_no_token_whose_key_is_known() {
    let issuer = TestIssuer::start().await.unwrap();
    let settings = settings()
        .fetch_timeout(Duration::from_secs(60))
        .wait_timeout(Duration::from_secs(60));
    let authenticator = authenticator(&issuer, settings);
    authenticator.prefetch().await.unwrap();
    let token = issuer.token().sign();
    latencies(&authenticator, &token).await;
    let (quiet, quiet_99) = latencies(&authenticator, &token).await;
    issuer.set_fault(Some(Fault::Hang));
    let unknown_key = crate::support::unknown_key_token(&issuer);
    let waiting = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.authenticate(&unknown_key).await }
    });
    while issuer.jwks_fetches() < 2 {
        tokio::task::yield_now().await;
    }
    let (hung, hung_99) = latencies(&authenticator, &token).await;
    assert!(!waiting.is_finished(), "the fetch hangs all the time");
    waiting.abort();
    println!(
        "a known key: p50 {quiet:?}, p99 {quiet_99:?}; while the issuer hangs: p50 {hung:?}, p99 {hung_99:?}"
    );
    assert!(
        hung < quiet * 4 + Duration::from_micros(500),
        "p50 {quiet:?} became {hung:?}"
    );
}
