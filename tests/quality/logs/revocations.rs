//! The events about revocations and log-outs: they name no user, session or token.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use tower::ServiceExt as _;
use tower_jwt_auth::{BackChannelLogout, RevocationSettings, Revocations};

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
        r#"logout token rejected kind="replayed""#,
        r#"logout token rejected kind="missing_claim" claim="events""#,
        r#"request rejected kind="revoked""#,
    ] {
        assert_eq!(log.matches(event).count(), 1, "{event}: {log}");
    }
}
