use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::support::tokio;
use crate::test_kit::{get, send, tasks_fall_to};
use tower_jwt_auth::testing::{Fault, TestIssuer};

async fn issuer_with(fault: Fault) -> TestIssuer {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(fault));
    issuer
}

#[tokio::test]
async fn a_status_fault_sends_the_document() {
    let issuer = issuer_with(Fault::Status(500)).await;
    let response = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (response.status(), response.body),
        (500, issuer.jwks().into_bytes())
    );
    issuer.set_fault(None);
    assert_eq!(get(&issuer.jwks_uri()).await.status(), 200);
    assert_eq!(issuer.jwks_fetches(), 2);
}

#[tokio::test]
async fn a_delayed_response_is_complete() {
    let issuer = issuer_with(Fault::Delay(Duration::from_millis(50))).await;
    let start = Instant::now();
    assert_eq!(get(&issuer.jwks_uri()).await.body, issuer.jwks().as_bytes());
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_hanging_issuer_sends_nothing_and_notices_that_the_client_disconnects() {
    let issuer = issuer_with(Fault::Hang).await;
    let mut socket = send(&issuer.jwks_uri(), "").await.unwrap();
    assert!(
        timeout(Duration::from_millis(100), socket.read_u8())
            .await
            .is_err()
    );
    drop(socket);
    tasks_fall_to(1).await;
}

#[tokio::test]
async fn a_closed_connection_has_no_response() {
    let issuer = issuer_with(Fault::Close).await;
    assert_eq!(get(&issuer.jwks_uri()).await.head, "");
    assert_eq!(issuer.jwks_fetches(), 1);
}

#[tokio::test]
async fn a_truncated_response_has_the_content_length_of_the_whole() {
    let issuer = issuer_with(Fault::Truncated).await;
    let response = get(&issuer.jwks_uri()).await;
    let whole = issuer.jwks();
    assert_eq!(
        response.header("content-length"),
        Some(whole.len().to_string().as_str())
    );
    assert_eq!(response.body, &whole.as_bytes()[..whole.len() / 2]);
}

#[tokio::test]
async fn each_fault_of_the_body_is_what_its_docs_say() {
    let issuer = issuer_with(Fault::Garbage).await;
    assert!(String::from_utf8(get(&issuer.jwks_uri()).await.body).is_err());
    issuer.set_fault(Some(Fault::Html));
    assert!(
        get(&issuer.jwks_uri())
            .await
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    issuer.set_fault(Some(Fault::Empty));
    let empty = get(&issuer.jwks_uri()).await;
    assert_eq!((empty.status(), empty.body.len()), (200, 0));
    issuer.set_fault(Some(Fault::NoKeys));
    assert_eq!(get(&issuer.jwks_uri()).await.body, br#"{"keys":[]}"#);
    issuer.set_fault(Some(Fault::SomeUnusableKeys));
    let ids = get(&issuer.jwks_uri()).await.key_ids();
    assert_eq!(ids[1..4], ["unknown-type", "rsa-1024", "bad-base64"]);
    assert_eq!(ids[4..7], ["off-curve", "symmetric", "for-encryption"]);
    assert!(issuer.jwks().contains(&ids[7]));
    assert_eq!(ids.len(), 8);
}

#[tokio::test]
async fn redirects_and_retry_after_are_headers() {
    let issuer = issuer_with(Fault::Redirect("http://127.0.0.1:1/evil".to_owned())).await;
    let response = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (response.status(), response.header("location")),
        (302, Some("http://127.0.0.1:1/evil"))
    );
    issuer.set_fault(Some(Fault::RetryAfter {
        status: 429,
        seconds: 7,
    }));
    let response = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (response.status(), response.header("retry-after")),
        (429, Some("7"))
    );
}

#[tokio::test]
async fn a_huge_response_is_the_document_after_200_mib() {
    let issuer = issuer_with(Fault::Huge).await;
    let mut socket = send(&issuer.jwks_uri(), "").await.unwrap();
    let (mut total, mut end, mut buffer) = (0_usize, Vec::new(), vec![0; 1 << 20]);
    loop {
        let count = socket.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        total += count;
        end.extend_from_slice(&buffer[count.saturating_sub(1000)..count]);
        end.drain(..end.len().saturating_sub(1000));
    }
    assert!(total > 200 << 20, "{total}");
    assert!(String::from_utf8(end).unwrap().contains(&issuer.jwks()));
}

#[tokio::test]
async fn streams_end_when_the_client_disconnects() {
    for fault in [Fault::Huge, Fault::Endless, Fault::Drip] {
        let issuer = issuer_with(fault).await;
        let mut socket = send(&issuer.jwks_uri(), "").await.unwrap();
        socket.read_exact(&mut [0; 150]).await.unwrap();
        drop(socket);
        tasks_fall_to(1).await;
        drop(issuer);
        tasks_fall_to(0).await;
    }
}

#[tokio::test]
async fn a_dripping_response_arrives_byte_by_byte() {
    let issuer = issuer_with(Fault::Drip).await;
    issuer.set_jwks("{}");
    let start = Instant::now();
    let response = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (response.header("content-length"), response.body.as_slice()),
        (Some("2"), &b"{}"[..])
    );
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn metadata_has_its_own_fault() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_metadata_fault(Some(Fault::Status(503)));
    let metadata = format!("{}/.well-known/openid-configuration", issuer.issuer());
    assert_eq!(get(&metadata).await.status(), 503);
    assert_eq!(get(&issuer.jwks_uri()).await.status(), 200);
}

#[tokio::test]
#[should_panic(expected = "status is 42: must be between 200 and 999")]
async fn setting_an_invalid_fault_panics_in_the_test() {
    issuer_with(Fault::Status(42)).await;
}
