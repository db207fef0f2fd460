//! Metrics by the facade of the crate [`metrics`](https://docs.rs/metrics) (feature `metrics`).
//!
//! [`Metrics`] is an [observer](crate::Observe) that counts what it is told. Any recorder of the
//! facade exports it, such as `metrics-exporter-prometheus`. [`names`] has the names of all metrics
//! and labels, and [`METRICS`] what they mean.

mod describe;
mod handles;
mod health;
mod issuers;
pub mod names;
mod observe;
mod reasons;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::DeserializeOwned;

pub use self::describe::{METRICS, MetricDescription, MetricKind, MetricUnit, describe_metrics};
use self::handles::CachedCounter;
use self::health::RecordedIssuers;
use self::issuers::Issuers;
use crate::Authenticator;

/// Metrics of a layer, by the facade of the crate `metrics`.
///
/// Counters and histograms are recorded as things happen, except for
/// `jwt_auth_revocation_store_failures_total`, which [`record_health`](Self::record_health) sets
/// with the gauges. Gauges show the state of keys, caches, stores and revocations. The handler of
/// `/metrics` calls `record_health` before it renders.
///
/// The recorder may be installed after the layer is built, and after its first requests: earlier
/// events are not counted. Once installed, it must not be replaced, as the facade requires: the
/// handles of the most frequent counters are cached when they are first used. A recorder must have
/// a size: the facade's own, which stands for none, is recognized by having none.
///
/// Counters and histograms of several layers add up in the same series. Gauges of the same series
/// are overwritten: the last call of `record_health` counts.
///
/// Cheap to clone: clones share their handles.
///
/// # Examples
///
/// With `metrics-exporter-prometheus`:
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use metrics_exporter_prometheus::PrometheusBuilder;
/// use tower_jwt_auth::metrics::Metrics;
/// use tower_jwt_auth::{Claims, Issuer, JwtAuthLayer};
///
/// # fn app(issuer: Issuer) -> Result<Router, Box<dyn std::error::Error>> {
/// let prometheus = PrometheusBuilder::new().install_recorder()?;
/// let metrics = Metrics::new();
/// let auth = JwtAuthLayer::builder(issuer).add_observer(metrics.clone()).build()?;
/// let authenticator = auth.authenticator().clone();
/// let app = Router::new()
///     .route("/me", get(|_: Claims| async { "hello" }))
///     .layer(auth)
///     .route("/metrics", get(move || async move {
///         metrics.record_health(&authenticator);
///         prometheus.render()
///     }));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    issuers: Issuers,
    recorded: RecordedIssuers,
    token_cache: TokenCacheCounters,
    is_described: AtomicBool,
    was_recorded: AtomicBool,
}

#[derive(Default)]
struct TokenCacheCounters {
    hits: CachedCounter,
    misses: CachedCounter,
    skipped: CachedCounter,
    evictions: CachedCounter,
}

impl Metrics {
    /// Creates the metrics of a layer, for
    /// [`JwtAuthBuilder::add_observer`](crate::JwtAuthBuilder::add_observer).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of issuers with series of their own. Default: 100, at least 1. The
    /// first issuers that are counted or recorded have them, also after they are removed. All
    /// further ones share the label `issuer="other"`: a token selects the issuer that it names, so
    /// a caller could otherwise create the series of thousands. An issuer with the name `other`
    /// shares it, too.
    ///
    /// Clones share the maximum. Call it before the layer is built.
    #[must_use]
    pub fn max_issuers(self, max: usize) -> Self {
        self.0.issuers.set_max(max);
        self
    }

    /// Sets the gauges to the state of an authenticator, and describes all metrics when it is first
    /// called while a recorder is installed. Waits for nothing, and costs some microseconds for
    /// each issuer and each 100 KB of the token cache.
    ///
    /// Call it when the metrics are about to be exported: in the handler of `/metrics`, or every
    /// few seconds if they are pushed. A gauge that was set and has no value any more, such as
    /// those of an issuer that was removed, is set to 0.
    pub fn record_health<C>(&self, authenticator: &Authenticator<C>)
    where
        C: DeserializeOwned + Send + Sync + 'static,
    {
        // Relaxed: describing them twice does no harm.
        if handles::is_recorded() && !self.0.is_described.swap(true, Ordering::Relaxed) {
            describe_metrics();
        }
        let removed = self.0.recorded.take_removed();
        let configured = authenticator.issuers().names();
        let states = health::states_of(self.issuers(), &configured, &authenticator.health());
        self.0.recorded.record(&states, &removed);
        if let Some(cache) = authenticator.token_cache_health() {
            health::record_token_cache(cache);
        }
        health::record_replays(authenticator.replay_health());
        if let Some(revocations) = authenticator.revocation_health() {
            health::record_revocations(&revocations);
        }
    }

    /// Returns whether a recorder has been seen. Until then a request looks for one first, and
    /// finds no counters.
    fn is_recorded(&self) -> bool {
        // Relaxed: the flag guards no other memory.
        self.0.was_recorded.load(Ordering::Relaxed) || self.look_for_recorder()
    }

    #[cold]
    fn look_for_recorder(&self) -> bool {
        let is_recorded = handles::is_recorded();
        if is_recorded {
            self.0.was_recorded.store(true, Ordering::Relaxed);
        }
        is_recorded
    }

    fn recorded_issuers(&self) -> &RecordedIssuers {
        &self.0.recorded
    }

    fn issuers(&self) -> &Issuers {
        &self.0.issuers
    }

    fn token_cache_counters(&self) -> &TokenCacheCounters {
        &self.0.token_cache
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}
