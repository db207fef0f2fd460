//! The state of an issuer's keys.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::sleep;
use tower_jwt_auth::JwtAuthLayer;
use tower_jwt_auth::metrics::{Metrics, names};

use crate::scenario::Provider;
use crate::series::{Series, recorded_by};
use crate::support::tokio;
use crate::support::{ask, bearer, clock, token};

/// Returns the state whose series is 1.
fn state(all: &[Series]) -> String {
    let states = all.iter().filter(|one| one.name == names::KEYS_STATE);
    let states: Vec<_> = states.collect();
    assert_eq!(states.len(), 4, "{states:?}");
    let mut current = states.iter().filter(|one| one.value == 1.0);
    let state = current.next().unwrap().labels["state"].clone();
    assert!(current.next().is_none(), "{states:?}");
    state
}

#[test]
fn keys_are_idle_then_fresh_stale_absent_and_fresh_again() {
    let (metrics, provider) = (Metrics::new(), Provider::default());
    let builder = JwtAuthLayer::builder(provider.issuer()).clock(clock());
    let layer = builder.build().unwrap();
    let runtime = {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    let state_after = |fails: bool, seconds: u64, is_used: bool| {
        provider.fails.store(fails, Ordering::Relaxed);
        runtime.block_on(async {
            let step = Duration::from_secs(120);
            let mut left = Duration::from_secs(seconds);
            while !left.is_zero() {
                sleep(step.min(left)).await;
                left = left.saturating_sub(step);
                if is_used {
                    ask(&layer, bearer(&token().sign())).await;
                }
            }
        });
        // In this runtime, whose clock has advanced.
        state(&recorded_by(|| {
            runtime.block_on(async { metrics.record_health(layer.authenticator()) });
        }))
    };
    assert_eq!(
        state_after(false, 0, true),
        "idle",
        "before the first request"
    );
    assert_eq!(state_after(false, 1, true), "fresh");
    assert_eq!(state_after(true, 1800, true), "stale", "fetching fails");
    assert_eq!(state_after(true, 2 * 3600, true), "absent");
    assert_eq!(state_after(false, 600, true), "fresh");
    assert_eq!(state_after(false, 3 * 3600, false), "idle", "not used");
}
