//! What it costs to hand a signature to another thread, and whom that helps (`JwtAuthBuilder::offload`), on a runtime
//! with two workers.
//!
//! ```text
//! cargo bench --bench offload --all-features                              # everything, half a minute
//! cargo bench --bench offload --all-features -- ES384 --tsv offload.tsv   # what has that in its name; numbers to a file
//! ```
//! "one request" is how long a request takes while there are no others, inline and offloaded in turn. "flood" is how long
//! a task that has something to do has to wait for a worker, while 64 others send a request, let others go first, and
//! send the next: what the latency of all other requests grows by.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a benchmark that can't run should say so by a panic, and it uses a part of what they share"
)]

#[path = "support/rsa4096.rs"]
mod rsa4096;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::HeaderValue;
use support::report::{Report, median, quantile};
use support::requests::{Inner, request};
use support::tokens::{MyClaims, bearer, public, token, trusting};
use tokio::runtime::{self, Runtime};
use tokio::task::yield_now;
use tokio::time::sleep;
use tower::{Layer as _, ServiceExt as _};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuth, Key};

const WORKERS: usize = 2;
const REQUESTS: usize = 2000;
const FLOOD: usize = 64;
const FLOODS: usize = 5;
const FLOOD_TIME: Duration = Duration::from_millis(600);
/// Between two measurements of how long a task waits.
const PAUSE: Duration = Duration::from_millis(1);

type Protected = JwtAuth<Inner, MyClaims>;

/// A token, and services that check it on the spot and elsewhere.
struct Candidate {
    name: &'static str,
    value: HeaderValue,
    inline: Protected,
    offloaded: Protected,
}

impl Candidate {
    fn new(name: &'static str, algorithm: Algorithm, token: &str, key: impl Fn() -> Key) -> Self {
        let inline = trusting(key()).build().unwrap().layer(Inner);
        let offloaded = trusting(key())
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

    fn of(name: &'static str, algorithm: Algorithm) -> Self {
        let key = TestKey::generate(algorithm);
        Self::new(name, algorithm, &token(&key), || public(&key))
    }
}

fn main() {
    let columns = [
        ("median", 1),
        ("99 %", 1),
        ("longest", 1),
        ("requests/s", 0),
    ];
    let mut report = Report::begin("µs", &columns);
    let (pem, large) = rsa4096::signed();
    let candidates = [
        Candidate::of("RS256", Algorithm::RS256),
        Candidate::new("RS256 with 4096 bits", Algorithm::RS256, &large, || {
            Key::from_pem(&pem).unwrap()
        }),
        Candidate::of("ES384", Algorithm::ES384),
    ];
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_time()
        .build()
        .unwrap();
    for candidate in candidates {
        if !report.wants(candidate.name) {
            continue;
        }
        alone(&runtime, &candidate, &mut report);
        flooded(&runtime, &candidate, &mut report);
        println!();
    }
}

/// Requests one after the other.
fn alone(
    runtime: &Runtime,
    Candidate {
        name,
        value,
        inline,
        offloaded,
    }: &Candidate,
    report: &mut Report,
) {
    let (value, inline, offloaded) = (value.clone(), inline.clone(), offloaded.clone());
    // On a worker: what is blocked on is not.
    let (mut inline, mut offloaded) = runtime
        .block_on(runtime.spawn(async move {
            let mut times = (Vec::new(), Vec::new());
            for _ in 0..REQUESTS {
                times.0.push(timed(&inline, &value).await);
                times.1.push(timed(&offloaded, &value).await);
            }
            times
        }))
        .unwrap();
    for (place, times) in [("inline", &mut inline), ("offloaded", &mut offloaded)] {
        report.row(
            &format!("{name}: one request, {place}"),
            &summary(times, f64::NAN),
        );
    }
}

async fn timed(service: &Protected, value: &HeaderValue) -> f64 {
    let begin = Instant::now();
    sent(service, value).await;
    micros(begin)
}

async fn sent(service: &Protected, value: &HeaderValue) {
    let response = service.clone().oneshot(request(value)).await.unwrap();
    assert!(response.status().is_success());
}

fn flooded(
    runtime: &Runtime,
    Candidate {
        name,
        value,
        inline,
        offloaded,
    }: &Candidate,
    report: &mut Report,
) {
    let mut places = [
        ("nobody", None),
        ("inline", Some(inline)),
        ("offloaded", Some(offloaded)),
    ]
    .map(|(place, service)| (place, service, Vec::new(), Vec::new()));
    for _ in 0..FLOODS {
        for (_, service, delays, speeds) in &mut places {
            let (new, speed) = runtime.block_on(flood(service.cloned(), value));
            delays.extend(new);
            speeds.push(speed);
        }
    }
    for (place, service, mut delays, mut speeds) in places {
        let speed = if service.is_some() {
            median(&mut speeds)
        } else {
            f64::NAN
        };
        report.row(
            &format!("{name}: flood, {place}"),
            &summary(&mut delays, speed),
        );
    }
}

/// How long an unrelated task waited, and how many requests a second there were.
async fn flood(service: Option<Protected>, value: &HeaderValue) -> (Vec<f64>, f64) {
    let over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for service in service
        .iter()
        .cycle()
        .take(if service.is_some() { FLOOD } else { 0 })
    {
        let (service, value) = (service.clone(), value.clone());
        tasks.push(tokio::spawn(caller(
            service,
            value,
            Arc::clone(&over),
            Arc::clone(&answered),
        )));
    }
    let delays = tokio::spawn(unrelated(begin + FLOOD_TIME)).await.unwrap();
    let speed = answered.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    (delays, speed)
}

async fn caller(
    service: Protected,
    value: HeaderValue,
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
) {
    while !over.load(Ordering::Relaxed) {
        sent(&service, &value).await;
        answered.fetch_add(1, Ordering::Relaxed);
        // As a connection does that waits for its next request.
        yield_now().await;
    }
}

/// Comes now and then, and goes to the end of the queue, as what was just woken does.
async fn unrelated(until: Instant) -> Vec<f64> {
    let mut delays = Vec::new();
    while Instant::now() < until {
        sleep(PAUSE).await;
        let begin = Instant::now();
        yield_now().await;
        delays.push(micros(begin));
    }
    delays
}

fn micros(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e6
}

fn summary(times: &mut [f64], speed: f64) -> [f64; 4] {
    [
        median(times),
        quantile(times, 0.99),
        quantile(times, 1.0),
        speed,
    ]
}
