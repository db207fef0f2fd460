//! A bound in time for whatever a test waits for.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use futures::FutureExt as _;

thread_local! {
    /// What the test waits for, as far as it said so.
    static AWAITED: Cell<&'static str> = const { Cell::new("something that does not happen") };
}

/// A minute, or as many seconds as `TEST_TIME_LIMIT` says.
static LIMIT: LazyLock<Duration> = LazyLock::new(|| {
    let seconds = std::env::var("TEST_TIME_LIMIT").ok();
    Duration::from_secs(seconds.map_or(60, |seconds| seconds.parse().unwrap()))
});

/// Says what the test waits for while it waits for the future.
pub(crate) async fn wait_for<F: Future>(what: &'static str, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let poll = future.as_mut().poll(context);
        if poll.is_pending() {
            AWAITED.set(what);
        }
        poll
    })
    .await
}

/// Panics if the future takes longer than the limit. The time is real, also if tokio's is paused.
pub(crate) async fn within_limit<F: Future>(future: F) -> F::Output {
    within(*LIMIT, future).await
}

async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    let start = Instant::now();
    let mut future = pin!(future);
    let mut alarm = None;
    poll_fn(|context| {
        // Before the first poll, which may not return.
        alarm.get_or_insert_with(|| Alarm::set(limit, context.waker().clone()));
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(output);
        }
        assert!(
            start.elapsed() < limit,
            "after {limit:?} the test still waits for {}",
            AWAITED.get()
        );
        Poll::Pending
    })
    .await
}

/// Like that of `futures`, within the limit. A future that is ready at once needs no thread for it.
#[track_caller]
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().now_or_never() {
        Some(output) => output,
        None => futures::executor::block_on(within_limit(future)),
    }
}

/// Wakes a task at the limit. Ends the process if the task does not yield for as long again.
struct Alarm(#[expect(dead_code, reason = "its drop ends the thread")] Sender<()>);

impl Alarm {
    fn set(limit: Duration, waker: Waker) -> Self {
        let (sender, receiver) = mpsc::channel();
        let test = std::thread::current().name().map(ToOwned::to_owned);
        std::thread::spawn(move || {
            let expired = || receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if expired() {
                waker.wake();
                if expired() {
                    eprintln!("{test:?} has been running for {:?}", 2 * limit);
                    std::process::exit(1);
                }
            }
        });
        Self(sender)
    }
}

#[test]
#[should_panic(expected = "after 1s the test still waits for a reply")]
fn a_test_that_waits_too_long_fails_and_says_for_what() {
    let reply = wait_for("a reply", std::future::pending::<()>());
    futures::executor::block_on(within(Duration::from_secs(1), reply));
}
