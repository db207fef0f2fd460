//! The cost and the benefit of checking a signature on another thread (`JwtAuthBuilder::offload`),
//! on a runtime with two workers.
//!
//! ```text
//! cargo bench --bench offload --features full                            # all rows, 30 seconds
//! cargo bench --bench offload --features full -- ES384 --tsv file.tsv    # also to a TSV file
//! ```
//!
//! "one request" is the time of a request while there are no others, inline and offloaded in turns.
//! "flood" is the time that an unrelated task waits for a worker while 64 tasks send requests, and
//! yield after each one: the latency that the flood adds to all other requests.
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and uses a part of the shared modules"
)]

#[path = "support/flood.rs"]
mod flood;
#[path = "support/rsa4096.rs"]
mod rsa4096;
mod support;

use std::time::Instant;

use flood::{Protected, flood, micros, send};
use http::HeaderValue;
use support::report::{Report, median, quantile};
use support::requests::Inner;
use support::tokens::{bearer, builder, public, token};
use tokio::runtime::{self, Runtime};
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Key};

const WORKERS: usize = 2;
const REQUESTS: usize = 2000;
const FLOODS: usize = 5;

/// A token, and services that check its signature inline and on another thread.
struct Candidate {
    name: &'static str,
    value: HeaderValue,
    inline: Protected,
    offloaded: Protected,
}

impl Candidate {
    fn new(name: &'static str, algorithm: Algorithm, token: &str, key: impl Fn() -> Key) -> Self {
        let inline = builder(key()).build().unwrap().layer(Inner);
        let offloaded = builder(key())
            .offload([algorithm])
            .build()
            .unwrap()
            .layer(Inner);
        Self {
            name,
            value: bearer(token),
            inline,
            offloaded,
        }
    }

    /// Returns a candidate with a generated key.
    fn generate(name: &'static str, algorithm: Algorithm) -> Self {
        let key = TestKey::generate(algorithm);
        Self::new(name, algorithm, &token(&key), || public(&key))
    }
}

fn main() {
    let columns = [
        ("median", 1),
        ("99 %", 1),
        ("maximum", 1),
        ("requests/s", 0),
    ];
    let mut report = Report::begin("µs", &columns);
    let (pem, token) = rsa4096::signed();
    let candidates = [
        Candidate::generate("RS256", Algorithm::RS256),
        Candidate::new("RS256 with 4096 bits", Algorithm::RS256, &token, || {
            Key::from_pem(&pem).unwrap()
        }),
        Candidate::generate("ES384", Algorithm::ES384),
    ];
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_time()
        .build()
        .unwrap();
    for candidate in candidates {
        if !report.includes(candidate.name) {
            continue;
        }
        measure_alone(&runtime, &candidate, &mut report);
        measure_floods(&runtime, &candidate, &mut report);
        println!();
    }
}

/// Measures requests one after the other.
fn measure_alone(runtime: &Runtime, candidate: &Candidate, report: &mut Report) {
    let value = candidate.value.clone();
    let (inline, offloaded) = (candidate.inline.clone(), candidate.offloaded.clone());
    // `spawn` runs it on a worker; `block_on` alone would run it on this thread.
    let (mut inline, mut offloaded) = runtime
        .block_on(runtime.spawn(async move {
            let mut times = (Vec::new(), Vec::new());
            for _ in 0..REQUESTS {
                times.0.push(time(&inline, &value).await);
                times.1.push(time(&offloaded, &value).await);
            }
            times
        }))
        .unwrap();
    for (mode, times) in [("inline", &mut inline), ("offloaded", &mut offloaded)] {
        report.row(
            &format!("{}: one request, {mode}", candidate.name),
            &summary(times, f64::NAN),
        );
    }
}

async fn time(service: &Protected, value: &HeaderValue) -> f64 {
    let begin = Instant::now();
    send(service, value).await;
    micros(begin)
}

/// Measures the delay without a flood and with floods of both kinds, in turns.
fn measure_floods(runtime: &Runtime, candidate: &Candidate, report: &mut Report) {
    let mut modes = [
        ("none", None),
        ("inline", Some(&candidate.inline)),
        ("offloaded", Some(&candidate.offloaded)),
    ]
    .map(|(mode, service)| (mode, service, Vec::new(), Vec::new()));
    for _ in 0..FLOODS {
        for (_, service, delays, speeds) in &mut modes {
            let (new, speed) = runtime.block_on(flood(service.cloned(), &candidate.value));
            delays.extend(new);
            speeds.push(speed);
        }
    }
    for (mode, service, mut delays, mut speeds) in modes {
        let speed = if service.is_some() {
            median(&mut speeds)
        } else {
            f64::NAN
        };
        report.row(
            &format!("{}: flood, {mode}", candidate.name),
            &summary(&mut delays, speed),
        );
    }
}

fn summary(times: &mut [f64], speed: f64) -> [f64; 4] {
    [
        median(times),
        quantile(times, 0.99),
        quantile(times, 1.0),
        speed,
    ]
}
