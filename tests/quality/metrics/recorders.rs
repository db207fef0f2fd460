//! Recorders that are installed early, late, or not at all.

use ::metrics::with_local_recorder;
use metrics_util::debugging::DebuggingRecorder;
use tower_jwt_auth::metrics::{METRICS, MetricKind, Metrics, names};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuthLayer, TokenCacheSettings};

use crate::scenario::run_all;
use crate::series::{recorded, run, value, value_or_zero};
use crate::support::{ISSUER, ask, bearer, builder, request, token, token_of};

fn requests(issuer: &str) -> [(&str, &str); 4] {
    [
        ("outcome", "accepted"),
        ("reason", "none"),
        ("scheme", "bearer"),
        ("issuer", issuer),
    ]
}

#[test]
fn a_recorder_that_is_installed_after_the_first_requests_counts_the_next_ones() {
    let metrics = Metrics::new();
    let layer = builder()
        .token_cache(TokenCacheSettings::default())
        .add_observer(metrics)
        .build()
        .unwrap();
    let token = token().sign();
    let send = async || {
        ask(&layer, bearer(&token)).await;
    };
    run(async { send().await });
    let all = recorded(async {
        send().await;
        send().await;
    });
    assert_eq!(value(&all, names::REQUESTS, &requests(ISSUER)), 2.0);
    assert_eq!(value(&all, names::TOKEN_CACHE, &[("result", "hit")]), 2.0);
}

#[test]
fn responses_are_the_same_with_a_recorder_and_without_one_or_an_observer() {
    let observed = || builder().add_observer(Metrics::new()).build().unwrap();
    let statuses = async |layer: &JwtAuthLayer| {
        let other = TestKey::generate(Algorithm::ES256).with_key_id("other");
        let tokens = [
            token().sign(),
            token().expired().sign(),
            token_of(&other).sign(),
            "garbage".to_owned(),
        ];
        let mut statuses = Vec::new();
        for token in &tokens {
            statuses.push(ask(layer, bearer(token)).await.status);
        }
        statuses.push(ask(layer, request(&[])).await.status);
        statuses
    };
    let [mut plain, mut without, mut with] = [const { Vec::new() }; 3];
    run(async {
        plain = statuses(&builder().build().unwrap()).await;
        without = statuses(&observed()).await;
    });
    recorded(async { with = statuses(&observed()).await });
    assert_eq!(plain, [200, 401, 401, 401, 401]);
    assert_eq!((&without, &with), (&plain, &plain));
}

/// Everything that could be counted happens, and nothing panics or hangs.
#[test]
fn everything_works_without_a_recorder() {
    let metrics = Metrics::new();
    run(async { run_all(&metrics).await });
    let all = recorded(async { run_all(&metrics).await });
    assert_eq!(
        value(&all, names::TOKEN_CACHE_EVICTIONS, &[]),
        1.0,
        "of the second time only"
    );
}

#[test]
fn every_metric_is_emitted_with_the_labels_that_are_described() {
    let all = recorded(async { run_all(&Metrics::new()).await });
    for metric in METRICS {
        let series: Vec<_> = all.iter().filter(|one| one.name == metric.name).collect();
        assert!(!series.is_empty(), "{} is not emitted", metric.name);
        for series in series {
            let labels: Vec<_> = series.labels.keys().map(String::as_str).collect();
            let mut described = metric.labels.to_vec();
            described.sort_unstable();
            assert_eq!(labels, described, "{}", metric.name);
            let kind = match series.kind {
                metrics_util::MetricKind::Counter => MetricKind::Counter,
                metrics_util::MetricKind::Gauge => MetricKind::Gauge,
                metrics_util::MetricKind::Histogram => MetricKind::Histogram,
            };
            assert_eq!(kind, metric.kind, "{}", metric.name);
        }
    }
    let described = |name: &str| METRICS.iter().any(|metric| metric.name == name);
    let others: Vec<_> = all.iter().filter(|one| !described(&one.name)).collect();
    assert!(others.is_empty(), "not described: {others:?}");
}

#[test]
fn what_is_recorded_of_a_known_course_of_events_is_right() {
    let all = recorded(async { run_all(&Metrics::new()).await });
    let count = |name, labels: &[(&str, &str)]| value(&all, name, labels);
    let issuer = ("issuer", ISSUER);
    // At the start, and for the first unknown key.
    let fetches = |result| [issuer, ("result", result)];
    assert_eq!(count(names::KEYS_FETCHES, &fetches("ok")), 2.0);
    let failed = value_or_zero(&all, names::KEYS_FETCHES, &fetches("error"));
    assert_eq!(failed, 0.0);
    assert_eq!(count(names::REFETCH_LIMIT_REACHED, &[issuer]), 1.0);
    let cache = |result| count(names::TOKEN_CACHE, &[("result", result)]);
    assert_eq!((cache("hit"), cache("skipped")), (1.0, 2.0));
    assert_eq!(count(names::TOKEN_CACHE_EVICTIONS, &[]), 1.0);
    assert_eq!(count(names::TOKEN_CACHE_ENTRIES, &[]), 1.0);
    for (kind, entries) in [("token", 3.0), ("proof", 1.0)] {
        assert_eq!(count(names::REPLAYS_REJECTED, &[("kind", kind)]), 1.0);
        assert_eq!(count(names::REPLAY_ENTRIES, &[("kind", kind)]), entries);
    }
    let dpop = |reason| count(names::DPOP_REJECTIONS, &[("reason", reason)]);
    assert_eq!((dpop("replayed"), dpop("wrong_nonce")), (1.0, 1.0));
    assert_eq!(count(names::DPOP_NONCES_ISSUED, &[]), 1.0);
    let opaque = ("issuer", crate::scenario::INTROSPECTED);
    let asked = |result| count(names::INTROSPECTIONS, &[opaque, ("result", result)]);
    assert_eq!((asked("active"), asked("cached")), (1.0, 1.0));
    let secrets = ("issuer", crate::scenario::WITH_SECRETS);
    assert_eq!(count(names::SECRETS_RELOAD_FAILURES, &[secrets]), 1.0);
    let refusals = [("reason", "insufficient_scope")];
    assert_eq!(count(names::REQUIREMENT_REJECTIONS, &refusals), 1.0);
    assert!(count(names::REVOCATION_STORE_FAILURES, &[]) >= 1.0);
    assert!(count(names::REVOCATION_STALENESS_SECONDS, &[]) < 10.0);
    let times = |name, seconds: f64| {
        let mut values = all.iter().filter(|one| one.name == name);
        values.any(|one| {
            one.values
                .iter()
                .any(|value| (value - seconds).abs() < 0.001)
        })
    };
    assert!(times(names::KEYS_FETCH_SECONDS, 0.01));
    assert!(times(names::INTROSPECTION_SECONDS, 0.01));
    assert!(times(names::STORE_SECONDS, 0.005));
    assert!(times(names::WAIT_SECONDS, 0.01) && times(names::WAIT_SECONDS, 0.005));
}

#[test]
fn metrics_of_several_layers_add_up() {
    let layers = [(), ()].map(|()| builder().add_observer(Metrics::new()).build().unwrap());
    let all = recorded(async {
        for layer in &layers {
            ask(layer, bearer(&token().sign())).await;
        }
    });
    assert_eq!(value(&all, names::REQUESTS, &requests(ISSUER)), 2.0);
}

#[test]
fn many_threads_lose_no_count() {
    let metrics = Metrics::new();
    let layer = builder().add_observer(metrics).build().unwrap();
    let (recorder, token) = (DebuggingRecorder::new(), token().sign());
    let snapshotter = recorder.snapshotter();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_local_recorder(&recorder, || {
                    run(async {
                        for _ in 0..250 {
                            ask(&layer, bearer(&token)).await;
                        }
                    });
                });
            });
        }
    });
    let counts = snapshotter.snapshot().into_vec().into_iter();
    let counts: Vec<_> = counts.map(|(_, _, _, value)| value).collect();
    assert_eq!(counts, [metrics_util::debugging::DebugValue::Counter(1000)]);
}
