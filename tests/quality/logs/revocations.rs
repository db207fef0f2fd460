//! The events about revocations and log-outs: they name no user, session or token.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use tower::ServiceExt as _;
use tower_jwt_auth::{BackChannelLogout, OnStaleRevocations, RevocationSettings, Revocations};

use crate::support::revocation_store::{Fault, MemoryRevocationStore};
use crate::support::tokio;
use crate::support::{ISSUER, ask, bearer, builder, token};
use crate::{TURN, capture, text};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

#[tokio::test]
async fn a_full_list_is_logged_once_a_minute() {
    let _turn = TURN.lock().await;
    let settings = RevocationSettings::default().max_entries(1);
    let list = Revocations::with_settings(settings).unwrap();
    capture();
    list.revoke_subject(ISSUER, "telltale-1").unwrap();
    assert_eq!(text(), "");
    for subject in ["telltale-2", "telltale-3"] {
        list.revoke_subject(ISSUER, subject).unwrap_err();
    }
    let log = text();
    let event = "a revocation was not stored: the list is full of entries that have not ended";
    assert_eq!(log.matches(event).count(), 1, "{log}");
    assert!(
        log.contains("ERROR") && log.contains("max_entries=1"),
        "{log}"
    );
    assert!(!log.contains("telltale"), "{log}");
}

#[tokio::test]
async fn log_outs_and_what_they_reject_name_nobody() {
    let _turn = TURN.lock().await;
    let list = Revocations::new();
    let layer = builder().revocations(&list).build().unwrap();
    let endpoint = BackChannelLogout::new(layer.authenticator(), ["client"]).unwrap();
    let logout = token()
        .header("typ", "logout+jwt")
        .audience("client")
        .subject("telltale-subject")
        .claim("sid", "telltale-session")
        .claim("jti", "telltale-id")
        .claim("events", json!({ EVENT: {} }));
    let end_session = async |token: String| {
        let form = "application/x-www-form-urlencoded";
        let body = Full::<Bytes>::from(format!("logout_token={token}"));
        let request = Request::post("/").header("content-type", form).body(body);
        let response = endpoint.clone().oneshot(request.unwrap()).await;
        response.unwrap().status().as_u16()
    };
    capture();
    assert_eq!(end_session(logout.sign()).await, 200);
    assert_eq!(end_session(logout.sign()).await, 400);
    assert_eq!(
        end_session(logout.clone().without_claim("events").sign()).await,
        400
    );
    let access = token()
        .subject("telltale-subject")
        .claim("sid", "telltale-session");
    let answer = ask(&layer, bearer(&access.sign())).await;
    assert_eq!(answer.status.as_u16(), 401);
    let log = text();
    assert!(!log.contains("telltale"), "{log}");
    for event in [
        r#"logged out at the issuer issuer="https://issuer.example" of="session""#,
        r#"logout token rejected error.type="replayed""#,
        r#"logout token rejected error.type="missing_claim" claim="events""#,
        r#"request rejected error.type="revoked""#,
    ] {
        assert_eq!(log.matches(event).count(), 1, "{event}: {log}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_goes_stale_is_logged_once_and_so_is_its_recovery() {
    let _turn = TURN.lock().await;
    let seconds = std::time::Duration::from_secs;
    let store = MemoryRevocationStore::default();
    let last_known = OnStaleRevocations::UseLastKnownFor(seconds(300));
    let settings = RevocationSettings::default().store(store.clone(), last_known);
    let list = Revocations::with_settings(settings).unwrap();
    capture();
    let layer = builder().revocations(&list).build().unwrap();
    list.loaded().await.unwrap();
    store.set(Fault::Fails);
    for _ in 0..100 {
        tokio::time::sleep(seconds(4)).await;
        ask(&layer, bearer(&token().sign())).await;
    }
    store.set(Fault::None);
    tokio::time::sleep(seconds(5)).await;
    let log = text();
    let stale = "the list of revocations is not up to date with its store";
    for (event, count) in [
        (format!("{stale}: the last known list is used"), 1),
        (format!("{stale}: requests get 503"), 1),
        ("the list of revocations is up to date again".to_owned(), 1),
        ("the store of revocations failed".to_owned(), 7),
    ] {
        let found = log.matches(&event).count();
        // Failures: once a minute.
        assert!(
            found == count || count == 7 && (6..=7).contains(&found),
            "{event}: {log}"
        );
    }
    assert!(log.contains("the store is down"), "{log}");
}
