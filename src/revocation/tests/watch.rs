//! Watching a token.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::poll_fn;
use futures::task::noop_waker;
use tokio::time::timeout;

use super::support::{ISSUER, clocked, ids};
use crate::revocation::RevocationState::{NotRevoked, Revoked};
use crate::revocation::{RevocationSettings, RevocationState, RevocationWatch, Revocations};

const NOW: u64 = 1_000_000;

fn watch(list: &Revocations, issued_at: u64) -> RevocationWatch {
    Arc::new(list.revocable(&ids(issued_at))).watch()
}

fn poll(watch: &mut RevocationWatch) -> RevocationState {
    watch.poll(&mut Context::from_waker(&noop_waker()))
}

#[test]
fn a_token_that_is_in_the_list_already_is_found_at_the_first_poll() {
    let list = clocked(RevocationSettings::default());
    list.list.revoke_subject(ISSUER, "subject").unwrap();
    assert_eq!(poll(&mut watch(&list.list, NOW)), Revoked);
    let mut before_the_poll = watch(&list.list, NOW + 1);
    list.list.revoke_session(ISSUER, "session").unwrap();
    assert_eq!(poll(&mut before_the_poll), Revoked);
}

#[test]
fn changes_of_others_do_not_end_it() {
    let list = clocked(RevocationSettings::default());
    let mut token = watch(&list.list, NOW);
    for other in ["a", "b", "c"] {
        assert_eq!(poll(&mut token), NotRevoked);
        list.list.revoke_subject(ISSUER, other).unwrap();
        assert_eq!(poll(&mut token), NotRevoked);
    }
    list.list.revoke_subject(ISSUER, "subject").unwrap();
    assert_eq!(poll(&mut token), Revoked);
}

#[tokio::test]
async fn a_change_wakes_the_task() {
    let list = clocked(RevocationSettings::default());
    for subject in ["other", "subject"] {
        let mut token = watch(&list.list, NOW);
        let revoked = poll_fn(|cx| match token.poll(cx) {
            Revoked => Poll::Ready(()),
            _ => Poll::Pending,
        });
        let add = async {
            tokio::task::yield_now().await;
            list.list.revoke_subject(ISSUER, subject).unwrap();
        };
        let both = async { tokio::join!(revoked, add) };
        let outcome = timeout(Duration::from_millis(200), both).await;
        assert_eq!(outcome.is_ok(), subject == "subject");
    }
}

#[tokio::test]
async fn a_task_that_never_waits_learns_of_a_change() {
    let list = clocked(RevocationSettings::default());
    let mut token = watch(&list.list, NOW);
    let polls = poll_fn(|cx| {
        // More polls than tokio allows a task without waiting.
        for _ in 0..1000 {
            assert_eq!(token.poll(cx), NotRevoked);
            list.list.revoke_subject(ISSUER, "other").unwrap();
        }
        list.list.revoke_subject(ISSUER, "subject").unwrap();
        Poll::Ready(token.poll(cx))
    });
    assert_eq!(polls.await, Revoked);
}
