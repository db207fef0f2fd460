//! An instance of a protected service, whose used proofs are in Redis.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use http::StatusCode;
use http::header::RETRY_AFTER;
use tower_jwt_auth::{
    JwtAuthLayer, MemoryReplayStore, OnRedisOutage, RedisReplayStore, RedisReplayStoreBuilder,
};

use crate::support::ask;
use crate::support::dpop::{bound, layer_with, presented, proof, required};

/// The time limit of an operation.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(100);

/// What an answer may take beyond the time limit, usually.
pub(crate) const MARGIN: Duration = Duration::from_millis(10);

pub(crate) struct Api {
    pub(crate) store: RedisReplayStore,
    layer: JwtAuthLayer,
    token: String,
}

impl Api {
    pub(crate) fn new(url: &str) -> Self {
        Self::with(url, OnRedisOutage::Reject)
    }

    /// Returns an instance that uses its memory in an outage.
    pub(crate) fn with_memory(url: &str) -> Self {
        let memory = MemoryReplayStore::new(10_000).unwrap();
        Self::with(url, OnRedisOutage::Memory(memory))
    }

    fn with(url: &str, on_outage: OnRedisOutage) -> Self {
        Self::of(RedisReplayStore::builder(url, "test", on_outage))
    }

    pub(crate) fn of(store: RedisReplayStoreBuilder) -> Self {
        Self::built(store.timeout(TIMEOUT))
    }

    /// Returns an instance that waits for as long as is allowed, on a machine that may be busy.
    pub(crate) fn patient(store: RedisReplayStoreBuilder) -> Self {
        Self::built(store.timeout(Duration::from_secs(2)))
    }

    fn built(store: RedisReplayStoreBuilder) -> Self {
        let store = store.build().unwrap();
        Self {
            layer: layer_with(required().replay_store(store.clone())),
            store,
            token: token().to_owned(),
        }
    }

    /// Signs a proof.
    pub(crate) fn proof(&self, id: &str) -> String {
        proof(&self.token).claim("jti", id).sign()
    }

    /// Sends a request with this proof.
    pub(crate) async fn send(&self, proof: &str) -> StatusCode {
        let answer = ask(&self.layer, presented(&self.token, proof)).await;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(answer.headers[RETRY_AFTER], "1");
        }
        answer.status
    }

    /// Sends a request with a new proof.
    pub(crate) async fn send_new(&self, id: &str) -> StatusCode {
        self.send(&self.proof(id)).await
    }

    /// Sends requests with new proofs until one of them has this status.
    pub(crate) async fn wait_for(&self, status: StatusCode) {
        for id in 0..1_000 {
            if self.send_new(&format!("wait {id} {status}")).await == status {
                return;
            }
            crate::support::tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no request was answered with {status}");
    }

    /// Asserts that every request is answered with 503, within the time limit, and that after five
    /// of them none waits.
    pub(crate) async fn assert_outage(&self) {
        let mut times = Vec::new();
        for id in 0..20 {
            let proof = self.proof(&format!("outage {id}"));
            let before = Instant::now();
            let status = self.send(&proof).await;
            times.push(before.elapsed());
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{id}");
        }
        assert!(!self.store.is_available());
        assert_times(&times);
    }
}

/// Returns the token of all instances' requests: a proof is one for a token.
fn token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(bound)
}

/// The machine may be busy: what is asserted exactly is the median.
fn assert_times(times: &[Duration]) {
    let (waiting, skipped) = times.split_at(5);
    for (times, limit) in [(waiting, TIMEOUT), (skipped, Duration::ZERO)] {
        let mut times = times.to_vec();
        times.sort_unstable();
        let (median, max) = (times[times.len() / 2], times[times.len() - 1]);
        assert!(median <= limit + MARGIN, "{times:?}");
        assert!(max <= limit + MARGIN * 20, "{times:?}");
    }
}
