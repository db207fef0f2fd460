//! A runtime that shuts down while keys are fetched.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::cache::mock::{Mock, kind};
use crate::support::block_on;
use crate::support::tokio;

/// Runs `work` on a thread of its own and fails if it does not end: a deadlock can't be cancelled.
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = channel();
    thread::spawn(move || done.send(work()));
    outcome
        .recv_timeout(Duration::from_secs(20))
        .expect("a deadlock, or a panic")
}

#[test]
fn a_request_on_a_runtime_that_was_shut_down_is_answered() {
    ends(|| {
        let mock = Mock::new();
        let authenticator = mock.authenticator();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let token = mock.token();
        let request = authenticator.authenticate(&token);
        // tokio's timers panic on such a runtime; that must not be a deadlock.
        let request = std::panic::AssertUnwindSafe(|| kind(block_on(request)));
        drop(std::panic::catch_unwind(request));
    });
}

#[test]
fn requests_that_start_fetches_do_not_keep_a_runtime_from_shutting_down() {
    ends(|| {
        for _ in 0..20 {
            let runtime = Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            for _ in 0..2 {
                let mock = Mock::new();
                let (authenticator, token) = (mock.authenticator(), mock.token());
                runtime.spawn(async move {
                    // Still being polled when the runtime is dropped: the fetch starts after that.
                    thread::sleep(Duration::from_millis(5));
                    drop(authenticator.authenticate(&token).await);
                });
            }
            thread::sleep(Duration::from_millis(1));
            drop(runtime);
        }
    });
}
