//! A list that is full.

use super::support::{Clocked, HOUR, ISSUER, clocked, ids, time};
use crate::error::ErrorKind;
use crate::revocation::RevocationState::{NotRevoked, Revoked, Unknown};
use crate::revocation::{Revocation, RevocationSettings, TokenIds, WhenRevocationsFull};

const NOW: u64 = 1_000_000;

/// A list that is full of other subjects.
fn full(when_full: WhenRevocationsFull) -> Clocked {
    let settings = RevocationSettings::default().max_entries(3);
    let list = clocked(settings.when_full(when_full));
    for subject in ["a", "b", "c"] {
        list.list.revoke_subject(ISSUER, subject).unwrap();
    }
    list
}

fn of(subject: &'static str, issued_at: u64) -> TokenIds<'static> {
    TokenIds {
        subject: Some(subject),
        ..ids(issued_at)
    }
}

#[test]
fn a_full_list_that_fails_closed_rejects_every_token_that_may_be_revoked() {
    let list = full(WhenRevocationsFull::Reject);
    assert_eq!(list.state(ids(NOW)), NotRevoked);
    let error = list.list.revoke_subject(ISSUER, "subject").unwrap_err();
    let expected = "the list of revocations is full: raise its max_entries, which is 3";
    assert_eq!(error.to_string(), expected);
    assert_eq!(list.list.len(), 3);
    assert_eq!(list.state(ids(NOW)), Unknown);
    assert_eq!(list.state(of("other", NOW - 10)), Unknown);
    let without_iat = TokenIds {
        issued_at: None,
        ..ids(NOW)
    };
    assert_eq!(list.state(without_iat), Unknown);
    assert_eq!(list.state(of("a", NOW)), Revoked);
    // What is issued later can't be what was revoked.
    assert_eq!(list.state(ids(NOW + 1)), NotRevoked);
    let kind = Unknown.error().unwrap().kind();
    assert_eq!(kind, ErrorKind::CheckUnavailable);
}

#[test]
fn a_full_list_that_fails_open_accepts_what_it_does_not_have() {
    let list = full(WhenRevocationsFull::Accept);
    list.list.revoke_subject(ISSUER, "subject").unwrap_err();
    assert_eq!(list.state(ids(NOW)), NotRevoked);
    assert_eq!(list.state(of("a", NOW)), Revoked);
}

#[test]
fn a_full_list_still_raises_what_it_has() {
    let list = full(WhenRevocationsFull::Reject);
    list.set(NOW + 10);
    list.list.revoke_subject(ISSUER, "a").unwrap();
    assert_eq!(list.state(of("a", NOW + 10)), Revoked);
    assert_eq!(list.state(ids(NOW)), NotRevoked);
}

#[test]
fn it_fails_closed_until_the_last_token_has_expired_that_may_be_revoked() {
    let list = full(WhenRevocationsFull::Reject);
    list.list.revoke_subject(ISSUER, "subject").unwrap_err();
    let without_iat = || TokenIds {
        issued_at: None,
        ..ids(NOW)
    };
    let end = NOW + HOUR + HOUR + 5 * 60;
    list.set(end);
    assert_eq!(list.state(without_iat()), Unknown);
    // A millisecond later than the second.
    list.set(end + 1);
    assert_eq!(list.state(without_iat()), NotRevoked);
    // There is room again, and nothing is unknown.
    list.list.revoke_subject(ISSUER, "subject").unwrap();
    assert_eq!(list.state(ids(end + 1)), Revoked);
    assert_eq!(list.state(of("other", end)), NotRevoked);
}

#[test]
fn a_token_that_is_not_stored_is_among_those_issued_until_now_or_at_its_iat() {
    for (issued_at, first_accepted) in [(None, NOW + 61), (Some(NOW - 50), NOW - 49)] {
        let list = full(WhenRevocationsFull::Reject);
        let issued_at = issued_at.map(time);
        let id = Some("token");
        let token = Revocation::verified_token(ISSUER, id, "{}", issued_at, time(NOW + 60));
        list.list.add(token).unwrap_err();
        assert_eq!(list.state(ids(first_accepted - 1)), Unknown);
        assert_eq!(list.state(ids(first_accepted)), NotRevoked);
    }
}
