//! The text that Prometheus scrapes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use ::metrics::with_local_recorder;
use metrics_exporter_prometheus::PrometheusBuilder;
use tower_jwt_auth::metrics::{METRICS, MetricKind, Metrics};

use crate::scenario::run_all;
use crate::series::run;

fn rendered() -> String {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.005, 0.05, 0.5, 5.0])
        .unwrap()
        .build_recorder();
    let handle = recorder.handle();
    with_local_recorder(&recorder, || run(async { run_all(&Metrics::new()).await }));
    handle.render()
}

#[test]
fn each_metric_is_rendered_with_its_help_and_its_type() {
    let text = rendered();
    for metric in METRICS {
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            _ => "histogram",
        };
        let help = format!("# HELP {} {}\n", metric.name, metric.text);
        let kind = format!("# TYPE {} {kind}\n", metric.name);
        assert!(
            text.contains(&help) && text.contains(&kind),
            "{}",
            metric.name
        );
    }
    let sample = "jwt_auth_requests_total{outcome=\"rejected\",reason=\"replayed\",\
                  scheme=\"bearer\",issuer=\"https://issuer.example\"} 1\n";
    assert!(text.contains(sample), "{text}");
}

/// Only if `PROMTOOL_PROGRAM` names the program.
#[test]
fn promtool_finds_nothing_to_improve() {
    let Some(program) = std::env::var_os("PROMTOOL_PROGRAM") else {
        // Directly, since the harness captures what a passing test prints.
        let text = b"promtool check metrics was NOT RUN: PROMTOOL_PROGRAM is not set\n";
        return std::io::stderr().write_all(text).unwrap();
    };
    let mut promtool = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(rendered().as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.is_empty(), "{text}");
}
