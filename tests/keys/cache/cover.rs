//! The use of stale keys: only while fetches are tried.

use std::time::Duration;

use futures::FutureExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, advance, sleep, timeout};
use tower_jwt_auth::{Authenticator, ErrorKind, JwksCacheSettings};

use crate::cache::mock::{Answer, Mock, kind, minutes};
use crate::support::tokio;

const SECOND: Duration = Duration::from_secs(1);

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
}

/// Returns an issuer whose keys have a TTL of one minute.
fn one_minute_ttl() -> Mock {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=60");
    mock
}

/// A program that polls its runtime only during a call. Between the calls no background task runs.
struct Synchronous {
    runtime: Runtime,
    authenticator: Authenticator,
}

impl Synchronous {
    fn new(mock: &Mock) -> Self {
        Self {
            runtime: runtime(),
            authenticator: mock.authenticator(),
        }
    }

    fn call(&self, token: &str) -> Option<ErrorKind> {
        kind(
            self.runtime
                .block_on(self.authenticator.authenticate(token)),
        )
    }

    fn pass(&self, time: Duration) {
        let _context = self.runtime.enter();
        assert!(
            advance(time).now_or_never().is_none(),
            "the clock advances, and no task runs"
        );
    }
}

#[test]
fn without_a_running_refresher_a_withdrawn_key_is_rejected_after_its_ttl() {
    let mock = one_minute_ttl();
    let program = Synchronous::new(&mock);
    let withdrawn = mock.token();
    assert_eq!(program.call(&withdrawn), None);
    mock.answer(Answer::Status(500));
    assert_eq!(
        program.call(&Mock::unknown_key_token()),
        Some(ErrorKind::UnknownKey)
    );
    mock.answer(Answer::Keys);
    mock.rotate();
    let mut accepted_for = 0;
    while program.call(&withdrawn).is_none() {
        program.pass(SECOND);
        accepted_for += 1;
        assert!(
            accepted_for < 3600,
            "still trusted an hour after it was withdrawn"
        );
    }
    assert!(
        (55..=70).contains(&accepted_for),
        "{accepted_for} s: the TTL, and the duration of a fetch"
    );
    assert_eq!(program.call(&withdrawn), Some(ErrorKind::UnknownKey));
}

#[test]
fn without_a_running_refresher_requests_retry_in_an_outage_and_use_stale_keys() {
    for fault in [Answer::Unreachable, Answer::Hang] {
        let mock = one_minute_ttl();
        let program = Synchronous::new(&mock);
        let token = mock.token();
        assert_eq!(program.call(&token), None);
        mock.answer(fault);
        let start = mock.fetch_times(0)[0];
        let elapsed = || program.runtime.block_on(async { Instant::now() - start });
        while elapsed() < SECOND * 3590 {
            assert_eq!(program.call(&token), None, "{:?}", elapsed());
            program.pass(SECOND);
        }
        program.pass(SECOND * 120);
        assert_eq!(program.call(&token), Some(ErrorKind::KeysUnavailable));
        assert!(mock.fetches() > 300, "{} fetches", mock.fetches());
    }
}

#[test]
fn a_fetch_on_a_runtime_that_is_not_polled_does_not_block_the_refresher() {
    let mock = one_minute_ttl();
    let settings = JwksCacheSettings::default().refresh_at_percent(10);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let (withdrawn, unknown_key) = (mock.token(), Mock::unknown_key_token());
    let (awake, asleep) = (runtime(), runtime());
    awake.block_on(async {
        assert!(authenticator.authenticate(&withdrawn).await.is_ok());
        sleep(SECOND * 5).await;
    });
    mock.answer(Answer::Hang);
    asleep.block_on(async {
        sleep(SECOND * 5).await;
        let _ = timeout(SECOND / 100, authenticator.authenticate(&unknown_key)).await;
    });
    assert_eq!(mock.fetches(), 2);
    mock.answer(Answer::Keys);
    mock.rotate();
    awake.block_on(async {
        minutes(10).await;
        assert!(
            mock.fetches() > 50,
            "{} fetches in ten minutes",
            mock.fetches()
        );
        assert_eq!(
            kind(authenticator.authenticate(&withdrawn).await),
            Some(ErrorKind::UnknownKey)
        );
    });
}

#[test]
fn a_fetch_on_a_runtime_that_is_not_polled_does_not_block_prefetch() {
    let mock = Mock::new();
    mock.answer(Answer::Hang);
    let authenticator = mock.authenticator();
    let (awake, asleep) = (runtime(), runtime());
    asleep.block_on(async {
        let _ = timeout(SECOND / 100, authenticator.authenticate(&mock.token())).await;
    });
    mock.answer(Answer::Keys);
    awake.block_on(async {
        let start = Instant::now();
        let outcome = timeout(SECOND * 3600, authenticator.prefetch()).await;
        assert!(
            outcome.is_ok_and(|loaded| loaded.is_err()),
            "after {:?}",
            start.elapsed()
        );
        assert!(start.elapsed() < SECOND * 7, "{:?}", start.elapsed());
        sleep(SECOND).await;
        assert!(authenticator.prefetch().await.is_ok());
    });
}

#[test]
fn fetches_that_are_dropped_with_their_runtimes_do_not_prolong_the_use_of_keys() {
    let mock = one_minute_ttl();
    mock.delay(SECOND / 10);
    let authenticator: Authenticator = mock.authenticator();
    let withdrawn = mock.token();
    // Each call has a runtime of its own, which is dropped before a fetch in the background ends.
    let call = |seconds| {
        runtime().block_on(async {
            // A paused clock starts at the real time, so it must catch up with the one before.
            sleep(SECOND * seconds).await;
            let outcome = kind(authenticator.authenticate(&withdrawn).await);
            sleep(SECOND / 100).await;
            outcome
        })
    };
    assert_eq!(call(0), None);
    mock.rotate();
    let rejected = (1..600).find(|seconds| call(*seconds).is_some());
    assert!(
        rejected.is_some_and(|seconds| (42..=75).contains(&seconds)),
        "rejected after {rejected:?} s"
    );
    assert!(mock.fetches() > 3, "{} fetches", mock.fetches());
}

#[tokio::test(start_paused = true)]
async fn while_a_fetch_that_started_in_time_is_in_flight_stale_keys_are_used() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=10");
    let settings = JwksCacheSettings::default()
        .min_ttl(SECOND)
        .refresh_at_percent(95);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    mock.delay(SECOND * 49 / 10);
    for _ in 0..1000 {
        let start = Instant::now();
        assert!(authenticator.authenticate(&token).await.is_ok());
        assert_eq!(start.elapsed(), Duration::ZERO);
        sleep(SECOND / 10).await;
    }
}

#[tokio::test(start_paused = true)]
async fn during_the_delay_of_retry_after_stale_keys_are_used() {
    let mock = one_minute_ttl();
    mock.header("retry-after", "60");
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert!(authenticator.authenticate(&token).await.is_ok());
    for fault in [Answer::Status(503), Answer::Hang, Answer::Status(429)] {
        mock.answer(fault);
        for _ in 0..1000 {
            let start = Instant::now();
            assert!(authenticator.authenticate(&token).await.is_ok());
            assert_eq!(start.elapsed(), Duration::ZERO);
            sleep(SECOND).await;
        }
    }
}
