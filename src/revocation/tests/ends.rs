//! When entries end.

use std::time::Duration;

use super::support::{HOUR, ISSUER, clocked, ids, time};
use crate::revocation::RevocationState::{NotRevoked, Revoked};
use crate::revocation::{Revocation, RevocationSettings, Revocations, TokenIds};

const NOW: u64 = 1_000_000;
/// An hour of leeway and 5 minutes.
const MARGIN: u64 = HOUR + 5 * 60;

fn without_iat() -> TokenIds<'static> {
    TokenIds {
        issued_at: None,
        ..ids(NOW)
    }
}

#[test]
fn an_entry_of_a_token_ends_when_the_token_has_expired_and_the_margin_is_over() {
    let list = clocked(RevocationSettings::default());
    let expires_at = time(NOW + 600);
    list.list.revoke_token(ISSUER, "token", expires_at).unwrap();
    list.set(NOW + 600 + MARGIN - 1);
    assert_eq!(list.state(ids(NOW)), Revoked);
    list.set(NOW + 600 + MARGIN);
    assert_eq!(list.state(ids(NOW)), NotRevoked);
}

#[test]
fn an_entry_of_a_subject_ends_when_the_last_token_issued_before_has_expired() {
    let list = clocked(RevocationSettings::default());
    let before = time(NOW - 100);
    let revocation = Revocation::subject(ISSUER, "subject").issued_before(before);
    list.list.add(revocation).unwrap();
    // The longest life is an hour.
    list.set(NOW - 100 + HOUR + MARGIN - 1);
    assert_eq!(list.state(without_iat()), Revoked);
    list.set(NOW - 100 + HOUR + MARGIN);
    assert_eq!(list.state(without_iat()), NotRevoked);
}

#[test]
fn entries_that_have_ended_make_room_and_are_not_stored() {
    let list = clocked(RevocationSettings::default().max_entries(100));
    for n in 0..100 {
        list.list.revoke_subject(ISSUER, &format!("{n}")).unwrap();
    }
    list.list.revoke_subject(ISSUER, "more").unwrap_err();
    list.set(NOW + 2 * HOUR + MARGIN);
    for n in 100..200 {
        list.list.revoke_subject(ISSUER, &format!("{n}")).unwrap();
    }
    assert_eq!(list.list.len(), 100);
    // Its tokens have all expired.
    list.list.revoke_token(ISSUER, "old", time(NOW)).unwrap();
    let long_ago = Revocation::subject(ISSUER, "old").issued_before(time(NOW));
    list.list.add(long_ago).unwrap();
    assert_eq!(list.list.len(), 100);
}

#[test]
fn an_entry_does_not_stay_for_ever_whatever_its_times() {
    let list = clocked(RevocationSettings::default().max_entries(2));
    let far = time(253_402_300_799);
    list.list.revoke_token(ISSUER, "token", far).unwrap();
    let subject = Revocation::subject(ISSUER, "subject").issued_before(far);
    list.list.add(subject).unwrap();
    // An hour ahead, and an hour of life.
    list.set(NOW + 2 * HOUR + MARGIN - 1);
    assert_eq!(list.state(without_iat()), Revoked);
    list.set(NOW + 367 * 24 * HOUR + MARGIN);
    assert_eq!(list.state(without_iat()), NotRevoked);
    list.list.revoke_subject(ISSUER, "a").unwrap();
    list.list.revoke_subject(ISSUER, "b").unwrap();
}

#[test]
fn the_longest_lifetime_of_the_layers_counts() {
    let list = Revocations::new();
    let clock: std::sync::Arc<dyn crate::clock::Clock> =
        std::sync::Arc::new(crate::clock::SystemClock);
    let bind = |lifetime: Option<u64>| {
        let lifetime = lifetime.map(Duration::from_secs);
        list.bind(&clock, lifetime, Duration::ZERO).unwrap();
        list.list().max_lifetime().as_secs()
    };
    assert_eq!(bind(Some(HOUR)), HOUR);
    assert_eq!(bind(Some(60)), HOUR);
    assert_eq!(bind(None), 24 * HOUR);
    assert_eq!(bind(Some(48 * HOUR)), 48 * HOUR);
}

#[test]
fn a_layer_whose_tokens_live_longer_than_the_entries_is_rejected() {
    let settings = RevocationSettings::default().max_lifetime(Duration::from_secs(HOUR));
    let list = Revocations::with_settings(settings).unwrap();
    let clock: std::sync::Arc<dyn crate::clock::Clock> =
        std::sync::Arc::new(crate::clock::SystemClock);
    let bind = |lifetime: Option<u64>| {
        list.bind(&clock, lifetime.map(Duration::from_secs), Duration::ZERO)
    };
    assert_eq!(bind(Some(HOUR)).unwrap(), Duration::from_secs(HOUR));
    assert_eq!(bind(None).unwrap(), Duration::from_secs(HOUR));
    let error = bind(Some(HOUR + 1)).unwrap_err().to_string();
    assert!(
        error.ends_with("must be at least that of the layer, 3601s"),
        "{error}"
    );
}
