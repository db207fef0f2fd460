//! The latency of valid tokens during a flood of unknown keys, and while the issuer hangs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tower_jwt_auth::testing::{Fault, TestIssuer, TestKey};
use tower_jwt_auth::{Algorithm, Authenticator};

use crate::network::support::{AUDIENCE, authenticator, settings};
use crate::support::tokio;

const FLOOD: usize = 10_000;
const REQUESTS: usize = 4000;

/// Returns the median and the 99th percentile of verifying a valid token repeatedly.
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

/// Returns tokens with random key ids. Their signatures are never checked, so one key signs them
/// all.
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
async fn a_flood_of_random_key_ids_causes_two_fetches_and_does_not_slow_valid_tokens() {
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
    // The bound is generous, since the machine may be busy. Waiting for a fetch or for a lock would
    // make the median milliseconds.
    assert!(
        loud < quiet * 4 + Duration::from_micros(500),
        "p50 {quiet:?} became {loud:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_that_hangs_does_not_slow_tokens_whose_key_is_known() {
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
    let unknown_key = crate::network::support::unknown_key_token(&issuer);
    let waiting = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.authenticate(&unknown_key).await }
    });
    while issuer.jwks_fetches() < 2 {
        tokio::task::yield_now().await;
    }
    let (hung, hung_99) = latencies(&authenticator, &token).await;
    assert!(
        !waiting.is_finished(),
        "the fetch hangs during the whole measurement"
    );
    waiting.abort();
    println!(
        "a known key: p50 {quiet:?}, p99 {quiet_99:?}; while the issuer hangs: p50 {hung:?}, p99 {hung_99:?}"
    );
    assert!(
        hung < quiet * 4 + Duration::from_micros(500),
        "p50 {quiet:?} became {hung:?}"
    );
}
