//! When entries end.

use std::time::Duration;

use proptest::prelude::*;

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

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    /// Revokes the token with this number and the seconds until it expires.
    Token(u8, u64),
    /// Revokes the subject with this number, for tokens issued that many seconds ago.
    Subject(u8, u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u8, 0..2 * HOUR).prop_map(|(id, seconds)| Step::Token(id, seconds)),
        (0..4_u8, 0..2 * HOUR).prop_map(|(id, seconds)| Step::Subject(id, seconds)),
        (1..2 * HOUR).prop_map(Step::Wait),
    ]
}

const IDS: [&str; 4] = ["0", "1", "2", "3"];

proptest! {
    // The model: an entry is in force until the last token that it applies to has expired and the
    // margin is over; the latest of an id counts.
    #[test]
    fn a_history_ends_as_the_model_says(steps in prop::collection::vec(step(), 1..60)) {
        let list = clocked(RevocationSettings::default());
        let (mut tokens, mut subjects) = ([0_u64; 4], [0_u64; 4]);
        for step in steps {
            let now = list.now();
            match step {
                Step::Wait(seconds) => list.set(now + seconds),
                Step::Token(id, seconds) => {
                    let at = usize::from(id);
                    list.list.revoke_token(ISSUER, IDS[at], time(now + seconds)).unwrap();
                    tokens[at] = tokens[at].max(now + seconds);
                }
                Step::Subject(id, ago) => {
                    let at = usize::from(id);
                    let subject = Revocation::subject(ISSUER, IDS[at]);
                    list.list.add(subject.issued_before(time(now - ago))).unwrap();
                    if now - ago + HOUR + MARGIN > now {
                        subjects[at] = subjects[at].max(now - ago);
                    }
                }
            }
            let now = list.now();
            for at in 0..4 {
                let token = TokenIds { id: Some(IDS[at]), subject: None, ..ids(now) };
                let expected = tokens[at] != 0 && now < tokens[at] + MARGIN;
                prop_assert_eq!(list.state(token) == Revoked, expected);
                let before = subjects[at];
                for issued_at in [before.saturating_sub(1), before, now] {
                    let token = TokenIds { id: None, subject: Some(IDS[at]), ..ids(issued_at) };
                    let expected = issued_at < before && now < before + HOUR + MARGIN;
                    prop_assert_eq!(list.state(token) == Revoked, expected);
                }
            }
            // Entries that have ended are removed when room is needed: there are no more than ids.
            prop_assert!(list.list.len() <= 8);
        }
    }
}
