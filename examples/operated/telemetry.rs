//! Metrics for Prometheus.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tower_jwt_auth::Authenticator;
use tower_jwt_auth::metrics::Metrics;

use crate::Result;

/// The bounds of histograms, in seconds: a store answers within a millisecond, and a request waits
/// for keys for 3 s at most.
const BUCKETS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The metrics of the layer, and the recorder that exports them.
#[derive(Clone)]
pub(crate) struct Telemetry {
    pub(crate) metrics: Metrics,
    recorder: PrometheusHandle,
}

impl Telemetry {
    /// Installs the recorder of this process. Metrics of other crates are exported, too.
    pub(crate) fn install() -> Result<Self> {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?;
        Ok(Self {
            metrics: Metrics::new(),
            recorder: builder.install_recorder()?,
        })
    }

    /// Returns the metrics as text. The gauges show the state of this moment.
    pub(crate) fn render(&self, authenticator: &Authenticator) -> String {
        self.metrics.record_health(authenticator);
        self.recorder.run_upkeep();
        self.recorder.render()
    }
}
