//! A flood of requests, and how long it delays an unrelated task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::HeaderValue;
use tokio::task::yield_now;
use tokio::time::sleep;
use tower::ServiceExt as _;
use tower_jwt_auth::JwtAuth;

use super::support::requests::{Inner, request};
use super::support::tokens::MyClaims;

/// The number of tasks that send requests.
const TASKS: usize = 64;
const DURATION: Duration = Duration::from_millis(600);
/// Between two measurements of the delay.
const PAUSE: Duration = Duration::from_millis(1);

pub(crate) type Protected = JwtAuth<Inner, MyClaims>;

/// Sends a request, which must succeed.
pub(crate) async fn send(service: &Protected, value: &HeaderValue) {
    let response = service.clone().oneshot(request(value)).await.unwrap();
    assert!(response.status().is_success());
}

/// Returns the delays of an unrelated task in microseconds, and the number of requests a second.
/// Without a service no requests are sent.
pub(crate) async fn flood(service: Option<Protected>, value: &HeaderValue) -> (Vec<f64>, f64) {
    let over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let tasks: Vec<_> = service
        .iter()
        .cycle()
        .take(if service.is_some() { TASKS } else { 0 })
        .map(|service| {
            tokio::spawn(caller(
                service.clone(),
                value.clone(),
                Arc::clone(&over),
                Arc::clone(&answered),
            ))
        })
        .collect();
    let delays = tokio::spawn(unrelated(begin + DURATION)).await.unwrap();
    // `Relaxed` suffices for a counter and a flag that publish no other data.
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
    // `Relaxed`: see `flood`.
    while !over.load(Ordering::Relaxed) {
        send(&service, &value).await;
        answered.fetch_add(1, Ordering::Relaxed);
        // A connection also yields between two requests.
        yield_now().await;
    }
}

/// Wakes at intervals and measures how long it waits in the run queue.
async fn unrelated(until: Instant) -> Vec<f64> {
    let mut delays = Vec::new();
    while Instant::now() < until {
        sleep(PAUSE).await;
        let begin = Instant::now();
        // Goes to the end of the run queue, like a task that has just been woken.
        yield_now().await;
        delays.push(micros(begin));
    }
    delays
}

pub(crate) fn micros(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e6
}
