//! Which tokens are found.

use super::support::{Clocked, ISSUER, clocked, ids, state, time};
use crate::revocation::RevocationState::{NotRevoked, Revoked};
use crate::revocation::{Revocation, RevocationSettings, TokenIds};

const NOW: u64 = 1_000_000;

fn with(revocation: Revocation<'_>) -> Clocked {
    let list = clocked(RevocationSettings::default());
    list.list.add(revocation).unwrap();
    list
}

#[test]
fn each_kind_is_found_by_its_own_id_of_its_own_issuer() {
    type With = fn(&'static str, &'static str) -> Revocation<'static>;
    type Set = fn(&mut TokenIds<'static>);
    let cases: [(&'static str, With, Set); 6] = [
        (
            "token",
            |issuer, id| Revocation::token(issuer, id, time(NOW + 60)),
            |ids| ids.id = Some("other"),
        ),
        ("subject", Revocation::subject, |ids| ids.subject = None),
        ("session", Revocation::session, |ids| ids.session = None),
        ("client", Revocation::client, |ids| ids.clients[0] = None),
        ("azp", Revocation::client, |ids| ids.clients[1] = None),
        (
            "",
            |issuer, _| Revocation::issuer(issuer),
            |ids| ids.issuer = "https://other.example.com",
        ),
    ];
    for (id, revocation, without) in cases {
        let list = with(revocation(ISSUER, id));
        assert_eq!(list.state(ids(NOW)), Revoked, "{id:?}");
        let mut other = ids(NOW);
        without(&mut other);
        assert_eq!(list.state(other), NotRevoked, "{id:?}");
        let of_other = with(revocation("https://login.example.com/", id));
        assert_eq!(of_other.state(ids(NOW)), NotRevoked, "{id:?}");
    }
    // Nor by the id of another kind.
    for id in ["token", "session", "client", "azp"] {
        assert_eq!(
            with(Revocation::subject(ISSUER, id)).state(ids(NOW)),
            NotRevoked
        );
    }
}

#[test]
fn a_token_that_was_issued_later_is_not_found() {
    for revocation in [
        Revocation::subject(ISSUER, "subject"),
        Revocation::client(ISSUER, "client"),
        Revocation::issuer(ISSUER),
    ] {
        let list = with(revocation);
        assert_eq!(list.state(ids(NOW)), Revoked);
        assert_eq!(list.state(ids(NOW + 1)), NotRevoked);
        let at = with(revocation.issued_before(time(NOW - 100)));
        assert_eq!(at.state(ids(NOW - 101)), Revoked);
        assert_eq!(at.state(ids(NOW - 100)), NotRevoked);
    }
}

#[test]
fn a_token_without_iat_counts_as_issued_before() {
    let list = with(Revocation::subject(ISSUER, "subject").issued_before(time(5)));
    assert_eq!(list.state(ids(NOW)), NotRevoked);
    let without = TokenIds {
        issued_at: None,
        ..ids(NOW)
    };
    // The entry has ended: no token lives that long.
    assert_eq!(list.state(without), NotRevoked);
    let list = with(Revocation::subject(ISSUER, "subject").issued_before(time(NOW - 5)));
    let without = TokenIds {
        issued_at: None,
        ..ids(NOW)
    };
    assert_eq!(list.state(without), Revoked);
}

#[test]
fn a_session_covers_tokens_from_a_clock_that_is_ahead_by_the_leeway() {
    let list = with(Revocation::session(ISSUER, "session"));
    assert_eq!(list.state(ids(NOW + 60)), Revoked);
    assert_eq!(list.state(ids(NOW + 61)), NotRevoked);
}

#[test]
fn of_two_for_one_subject_the_later_time_counts() {
    let subject = Revocation::subject(ISSUER, "subject");
    for times in [[NOW - 10, NOW - 5], [NOW - 5, NOW - 10]] {
        let list = clocked(RevocationSettings::default());
        for before in times {
            list.list.add(subject.issued_before(time(before))).unwrap();
        }
        assert_eq!(list.list.len(), 1);
        assert_eq!(list.state(ids(NOW - 6)), Revoked);
        assert_eq!(list.state(ids(NOW - 5)), NotRevoked);
    }
}

#[test]
fn a_token_without_jti_is_found_by_its_claims() {
    let text = r#"{"sub":"subject"}"#;
    let revocation = Revocation::verified_token(ISSUER, None, text, None, time(NOW + 60));
    let list = with(revocation);
    let without_id = |text| TokenIds {
        id: None,
        text,
        ..ids(NOW)
    };
    assert_eq!(list.state(without_id(text)), Revoked);
    assert_eq!(list.state(without_id("{}")), NotRevoked);
    assert_eq!(list.state(TokenIds { text, ..ids(NOW) }), NotRevoked);
}

#[test]
fn tokens_of_a_subject_without_session_are_found_and_no_others() {
    let list = with(Revocation::subject_without_session(ISSUER, "subject"));
    assert_eq!(list.state(ids(NOW)), NotRevoked);
    let session = None;
    assert_eq!(
        list.state(TokenIds {
            session,
            ..ids(NOW)
        }),
        Revoked
    );
}

#[test]
fn a_long_list_has_what_was_added_and_nothing_else() {
    let list = clocked(RevocationSettings::default());
    let names: Vec<String> = (0..20_000).map(|n| format!("subject {n}")).collect();
    for name in &names {
        list.list.revoke_subject(ISSUER, name).unwrap();
    }
    assert_eq!(list.list.len(), names.len());
    let state_of = |subject: &str| {
        let subject = Some(subject);
        let token = TokenIds {
            subject,
            ..ids(NOW)
        };
        state(&list.list, &token, NOW)
    };
    assert!(names.iter().all(|name| state_of(name) == Revoked));
    assert!((20_000..40_000).all(|n| state_of(&format!("subject {n}")) == NotRevoked));
}

#[test]
fn the_debug_output_shows_no_id() {
    let list = with(Revocation::subject(ISSUER, "telltale"));
    let shown = format!(
        "{:?} {:?}",
        list.list,
        Revocation::subject(ISSUER, "telltale")
    );
    assert!(!shown.contains("telltale"), "{shown}");
    assert!(shown.contains("kind: \"subject\""), "{shown}");
}
