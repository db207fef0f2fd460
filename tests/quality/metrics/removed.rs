//! Issuers that are added and removed at run time.

use tower_jwt_auth::metrics::{Metrics, names};
use tower_jwt_auth::{Algorithm, Issuer};

use crate::series::{recorded, value};
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
