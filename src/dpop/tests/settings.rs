//! The settings, and the errors of wrong ones.

use super::support::{build, seconds};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::ConfigErrorKind;
use crate::dpop::{Dpop, DpopNonces};
use crate::replay::MemoryReplayStore;

fn error(dpop: Dpop) -> (ConfigErrorKind, String) {
    let error = dpop.build(seconds(60)).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn all_asymmetric_algorithms_are_allowed_by_default_and_each_is_named() {
    let verifier = build(Dpop::optional());
    let names = "ES256 EdDSA Ed25519 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512";
    assert_eq!(verifier.algorithms(), names);
    for algorithm in Algorithm::all() {
        let is_named = names.split(' ').any(|name| name == algorithm.name());
        let is_default = AlgorithmSet::asymmetric().contains(algorithm);
        assert_eq!(is_named, is_default, "{algorithm}");
    }
}

#[test]
fn the_configured_algorithms_are_named_once_each_in_their_order() {
    let dpop = Dpop::optional();
    let dpop = dpop.algorithms([Algorithm::PS256, Algorithm::ES256, Algorithm::PS256]);
    assert_eq!(build(dpop).algorithms(), "PS256 ES256");
}

#[test]
fn a_symmetric_algorithm_or_none_at_all_is_an_error() {
    let (kind, text) = error(Dpop::optional().algorithms([Algorithm::ES256, Algorithm::HS256]));
    assert_eq!(kind, ConfigErrorKind::InvalidSetting);
    let expected =
        "algorithms of Dpop HS256: must be asymmetric, since a proof contains its public key";
    assert_eq!(text, expected);
    assert_eq!(
        error(Dpop::optional().algorithms([])).0,
        ConfigErrorKind::NoAlgorithms
    );
}

#[test]
fn the_maximum_age_is_5_seconds_to_5_minutes() {
    for (age, valid) in [(4, false), (5, true), (300, true), (301, false), (0, false)] {
        let built = Dpop::optional().max_age(seconds(age)).build(seconds(60));
        assert_eq!(built.is_ok(), valid, "{age}");
    }
    let (kind, text) = error(Dpop::optional().max_age(seconds(1)));
    assert_eq!(kind, ConfigErrorKind::InvalidSetting);
    assert_eq!(text, "max_age of Dpop 1s: must be 5 s to 5 min");
}

#[test]
fn a_store_without_space_or_with_a_second_bound_is_an_error() {
    let (kind, text) = error(Dpop::optional().max_replay_entries(0));
    assert_eq!(kind, ConfigErrorKind::InvalidSetting);
    assert_eq!(text, "max_replay_entries of Dpop is 0: must be at least 1");
    let store = MemoryReplayStore::new(10).unwrap();
    let (_, text) = error(Dpop::optional().max_replay_entries(1).replay_store(store));
    let expected = "max_replay_entries and replay_store of Dpop exclude each other: remove one";
    assert_eq!(text, expected);
}

#[test]
fn whether_it_is_required_is_what_the_constructor_says() {
    assert!(build(Dpop::required()).is_required());
    assert!(!build(Dpop::optional()).is_required());
}

#[test]
fn the_debug_output_shows_settings_and_no_key() {
    let key: Vec<u8> = (0..32).map(|n| n * 7).collect();
    let dpop = Dpop::required().nonces(DpopNonces::with_keys([&key]).unwrap());
    let shown = format!("{dpop:?} {:?}", build(dpop.clone()));
    assert!(shown.starts_with("Dpop { is_required: true"), "{shown}");
    assert!(
        !shown.contains(&format!("{:?}", &key[..4])) && shown.contains("keys: 1"),
        "{shown}"
    );
}
