//! Issuers that are added and removed at run time.

use tower_jwt_auth::metrics::{Metrics, names};
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer, SecretFiles};

use crate::series::{Series, recorded, recorded_by, value};
use crate::support::{AUDIENCE, ISSUER, builder, key, key_set};

#[test]
fn the_gauges_of_a_removed_issuer_are_set_to_zero() {
    let other = "https://other.example";
    let metrics = Metrics::new();
    let layer = builder().add_observer(metrics.clone()).build().unwrap();
    let record = || metrics.record_health(layer.authenticator());
    let state = |all: &[_], issuer| {
        let labels = [("issuer", issuer), ("state", "fresh")];
        value(all, names::KEYS_STATE, &labels)
    };
    let issuer = Issuer::from_keys(other, key_set([key(Algorithm::ES384)]), AUDIENCE);
    layer.issuers().add(issuer).unwrap();
    let all = recorded(async { record() });
    assert_eq!((state(&all, ISSUER), state(&all, other)), (1.0, 1.0));
    assert_eq!(value(&all, names::KEYS, &[("issuer", other)]), 1.0);
    let all = recorded(async {
        assert!(layer.issuers().remove(other));
        record();
    });
    assert_eq!((state(&all, ISSUER), state(&all, other)), (1.0, 0.0));
    let of_other = all
        .iter()
        .filter(|one| one.labels.get("issuer").is_some_and(|own| own == other));
    let values: Vec<_> = of_other.map(|one| one.value).collect();
    assert!(
        values.len() >= 5 && values.iter().all(|value| *value == 0.0),
        "{values:?}"
    );
}

/// Returns an issuer whose secret is in a folder.
fn with_files(name: &str) -> (tempfile::TempDir, Issuer) {
    let folder = tempfile::tempdir().unwrap();
    let secret = tower_jwt_auth::testing::TestKey::generate(Algorithm::HS256);
    std::fs::write(folder.path().join("1"), secret.secret().unwrap()).unwrap();
    let files = SecretFiles::watch(folder.path(), Algorithm::HS256);
    let issuer = Issuer::from_key_source(name, files.build().unwrap(), AUDIENCE);
    (folder, issuer)
}

fn with_keys(name: &str) -> Issuer {
    Issuer::from_keys(name, key_set([key(Algorithm::ES384)]), AUDIENCE)
}

fn gauge(all: &[Series], name: &str, issuer: &str) -> f64 {
    value(all, name, &[("issuer", issuer)])
}

/// The age of a secret that was just written is not 0.
fn assert_has_secret(all: &[Series], issuer: &str) {
    assert!(gauge(all, names::SECRET_AGE_SECONDS, issuer) > 0.0);
}

#[test]
fn gauges_without_a_value_are_set_to_zero_while_other_issuers_share_the_label() {
    let metrics = Metrics::new().max_issuers(1);
    let layer = builder().add_observer(metrics.clone()).build().unwrap();
    let (_folder, files) = with_files("https://files.example");
    let record = || recorded_by(|| metrics.record_health(layer.authenticator()));
    crate::series::run(async {
        record();
        layer.issuers().add(files).unwrap();
        layer
            .issuers()
            .add(with_keys("https://keys.example"))
            .unwrap();
        assert_has_secret(&record(), "other");
        assert!(layer.issuers().remove("https://files.example"));
        let all = record();
        assert_eq!(gauge(&all, names::SECRET_AGE_SECONDS, "other"), 0.0);
        assert_eq!(gauge(&all, names::KEYS, "other"), 1.0);
        assert!(layer.issuers().remove("https://keys.example"));
        assert_eq!(gauge(&record(), names::KEYS, "other"), 0.0);
    });
}

#[test]
fn gauges_without_a_value_are_set_to_zero_after_an_issuer_is_replaced() {
    let name = "https://files.example";
    let metrics = Metrics::new();
    let (_folder, files) = with_files(name);
    crate::series::run(async {
        let builder = JwtAuthLayer::builder(files).add_observer(metrics.clone());
        let layer = builder.build().unwrap();
        let record = || recorded_by(|| metrics.record_health(layer.authenticator()));
        assert_has_secret(&record(), name);
        layer.issuers().replace(with_keys(name)).unwrap();
        let all = record();
        assert_eq!(gauge(&all, names::SECRET_AGE_SECONDS, name), 0.0);
        assert_eq!(gauge(&all, names::KEYS, name), 1.0);
    });
}

#[test]
fn a_layer_does_not_clear_the_gauges_of_another_one() {
    let metrics = Metrics::new().max_issuers(1);
    let build = |name: &str| {
        let builder = builder().add_issuer(with_keys(name));
        builder.add_observer(metrics.clone()).build().unwrap()
    };
    let (one, two) = (build("https://one.example"), build("https://two.example"));
    let all = recorded(async {
        metrics.record_health(one.authenticator());
        metrics.record_health(two.authenticator());
        assert!(two.issuers().remove("https://two.example"));
        metrics.record_health(one.authenticator());
        metrics.record_health(two.authenticator());
    });
    assert_eq!(gauge(&all, names::KEYS, ISSUER), 1.0);
    assert_eq!(gauge(&all, names::KEYS, "other"), 1.0);
}

#[test]
fn an_issuer_with_the_name_of_the_others_is_one_of_them() {
    let metrics = Metrics::new();
    let builder = JwtAuthLayer::builder(with_keys("other")).add_observer(metrics.clone());
    let layer = builder
        .add_issuer(with_keys("https://one.example"))
        .build()
        .unwrap();
    let all = recorded_by(|| metrics.record_health(layer.authenticator()));
    for issuer in ["other", "https://one.example"] {
        assert_eq!(gauge(&all, names::KEYS, issuer), 1.0);
    }
}

#[test]
fn an_issuer_that_was_removed_before_it_was_recorded_takes_no_place() {
    let metrics = Metrics::new().max_issuers(2);
    let layer = builder().add_observer(metrics.clone()).build().unwrap();
    let record = || recorded_by(|| metrics.record_health(layer.authenticator()));
    record();
    let issuers = layer.issuers();
    issuers.add(with_keys("https://gone.example")).unwrap();
    assert!(issuers.remove("https://gone.example"));
    issuers.add(with_keys("https://new.example")).unwrap();
    assert_eq!(gauge(&record(), names::KEYS, "https://new.example"), 1.0);
}
