//! What observers and metrics add to a request with a cached token, from one interleaved run: none,
//! one that does nothing, metrics without a recorder, and metrics that Prometheus' exporter counts.
//!
//! ```text
//! cargo bench --bench metrics --features metrics,testing
//! ```
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and prints its results"
)]

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use std::time::Instant;

use metrics_exporter_prometheus::PrometheusBuilder;
use support::report::median;
use support::requests::{Inner, send, send_rejected};
use support::tokens::{MyClaims, bearer, builder, claims, public};
use tower::Layer as _;
use tower_jwt_auth::metrics::Metrics;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuthBuilder, Observe, TokenCacheSettings};

const ROUNDS: usize = 201;
const BATCH: u32 = 2000;

/// An observer that does nothing.
struct Silent;

impl Observe for Silent {}

#[derive(Clone, Copy, PartialEq)]
enum Observed {
    None,
    Silently,
    Unrecorded,
    Recorded,
}

const OBSERVED: [(&str, Observed); 4] = [
    ("no observer", Observed::None),
    ("one that does nothing", Observed::Silently),
    ("metrics, no recorder", Observed::Unrecorded),
    ("metrics, Prometheus", Observed::Recorded),
];

/// One measured service.
struct Candidate {
    name: &'static str,
    run: Box<dyn FnMut()>,
}

fn main() {
    let key = TestKey::generate(Algorithm::ES256);
    measure("hit", |observed| service(&key, observed));
    measure("rejected: malformed", |observed| rejecting(&key, observed));
}

fn measure(title: &str, service: impl Fn(Observed) -> Box<dyn FnMut()>) {
    let candidates = OBSERVED.map(|(name, observed)| Candidate {
        name,
        run: service(observed),
    });
    let mut candidates = candidates;
    let mut nanos = vec![Vec::new(); candidates.len()];
    allocations::uncounted(|| {
        for _ in 0..ROUNDS {
            for (candidate, times) in candidates.iter_mut().zip(&mut nanos) {
                let start = Instant::now();
                (0..BATCH).for_each(|_| (candidate.run)());
                times.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
            }
        }
    });
    println!(
        "{title:24} {:>10} {:>10} {:>12}",
        "ns", "added", "allocations"
    );
    let medians: Vec<f64> = nanos.iter_mut().map(|times| median(times)).collect();
    for (candidate, nanos) in candidates.iter_mut().zip(&medians) {
        println!(
            "{:24} {nanos:>10.1} {:>10.1} {:>12}",
            candidate.name,
            nanos - medians[0],
            allocations::count(|| (candidate.run)())
        );
    }
}

fn builder_of(key: &TestKey, observed: Observed) -> JwtAuthBuilder<MyClaims> {
    let builder = builder(public(key)).token_cache(TokenCacheSettings::default());
    match observed {
        Observed::None => builder,
        Observed::Silently => builder.add_observer(Silent),
        Observed::Unrecorded | Observed::Recorded => builder.add_observer(Metrics::new()),
    }
}

/// Runs a request for the first time: the handles of its metrics are made then.
fn first(observed: Observed, run: &mut dyn FnMut()) {
    if observed == Observed::Recorded {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || (0..2).for_each(|_| run()));
    }
    (0..2).for_each(|_| run());
}

fn service(key: &TestKey, observed: Observed) -> Box<dyn FnMut()> {
    let layer = builder_of(key, observed).build().unwrap();
    let values = vec![bearer(&claims(key).sign())];
    let mut run = send(layer.layer(Inner), values);
    first(observed, &mut run);
    Box::new(run)
}

fn rejecting(key: &TestKey, observed: Observed) -> Box<dyn FnMut()> {
    let layer = builder_of(key, observed).build().unwrap();
    let mut run = send_rejected(layer.layer(Inner), bearer("made.up.token"));
    first(observed, &mut run);
    Box::new(run)
}
