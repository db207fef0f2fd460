use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use super::{get, send, tasks_fall_to};
use crate::testing::{Fault, TestIssuer};

async fn broken(fault: Fault) -> TestIssuer {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_fault(Some(fault));
    issuer
}

#[tokio::test]
async fn a_wrong_status_comes_with_the_right_document() {
    let issuer = broken(Fault::Status(500)).await;
    let answer = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (answer.status(), answer.body),
        (500, issuer.jwks().into_bytes())
    );
    issuer.set_fault(None);
    assert_eq!(get(&issuer.jwks_uri()).await.status(), 200);
    assert_eq!(issuer.jwks_fetches(), 2);
}

#[tokio::test]
async fn a_late_answer_is_complete() {
    let issuer = broken(Fault::Delay(Duration::from_millis(50))).await;
    let start = Instant::now();
    assert_eq!(get(&issuer.jwks_uri()).await.body, issuer.jwks().as_bytes());
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_hanging_issuer_says_nothing_and_notices_that_the_client_left() {
    let issuer = broken(Fault::Hang).await;
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
async fn a_reset_is_no_answer_at_all() {
    let issuer = broken(Fault::Reset).await;
    assert_eq!(get(&issuer.jwks_uri()).await.parts, "");
    assert_eq!(issuer.jwks_fetches(), 1);
}

#[tokio::test]
async fn a_truncated_answer_announces_more_than_it_sends() {
    let issuer = broken(Fault::Truncated).await;
    let answer = get(&issuer.jwks_uri()).await;
    let whole = issuer.jwks();
    assert_eq!(
        answer.header("content-length"),
        Some(whole.len().to_string().as_str())
    );
    assert_eq!(answer.body, &whole.as_bytes()[..whole.len() / 2]);
}

#[tokio::test]
async fn bodies_are_as_bad_as_announced() {
    let issuer = broken(Fault::Garbage).await;
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
    issuer.set_fault(Some(Fault::HalfBad));
    let ids = get(&issuer.jwks_uri()).await.key_ids();
    assert_eq!(ids[1..4], ["unknown-type", "rsa-1024", "bad-base64"]);
    assert_eq!(ids[4..7], ["off-curve", "symmetric", "for-encryption"]);
    assert!(issuer.jwks().contains(&ids[7]));
    assert_eq!(ids.len(), 8);
}

#[tokio::test]
async fn redirects_and_pauses_are_headers() {
    let issuer = broken(Fault::Redirect("http://127.0.0.1:1/evil".to_owned())).await;
    let answer = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (answer.status(), answer.header("location")),
        (302, Some("http://127.0.0.1:1/evil"))
    );
    issuer.set_fault(Some(Fault::RetryAfter {
        status: 429,
        seconds: 7,
    }));
    let answer = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (answer.status(), answer.header("retry-after")),
        (429, Some("7"))
    );
}

#[tokio::test]
async fn a_huge_answer_is_the_document_behind_200_mib() {
    let issuer = broken(Fault::Huge).await;
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
async fn streams_end_when_the_client_leaves() {
    for fault in [Fault::Huge, Fault::Endless, Fault::Drip] {
        let issuer = broken(fault).await;
        let mut socket = send(&issuer.jwks_uri(), "").await.unwrap();
        socket.read_exact(&mut [0; 150]).await.unwrap();
        drop(socket);
        tasks_fall_to(1).await;
        drop(issuer);
        tasks_fall_to(0).await;
    }
}

#[tokio::test]
async fn a_dripping_answer_comes_byte_by_byte() {
    let issuer = broken(Fault::Drip).await;
    issuer.set_jwks("{}");
    let start = Instant::now();
    let answer = get(&issuer.jwks_uri()).await;
    assert_eq!(
        (answer.header("content-length"), answer.body.as_slice()),
        (Some("2"), &b"{}"[..])
    );
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn metadata_fails_on_its_own() {
    let issuer = TestIssuer::start().await.unwrap();
    issuer.set_metadata_fault(Some(Fault::Status(503)));
    let metadata = format!("{}/.well-known/openid-configuration", issuer.issuer());
    assert_eq!(get(&metadata).await.status(), 503);
    assert_eq!(get(&issuer.jwks_uri()).await.status(), 200);
}

#[tokio::test]
#[should_panic(expected = "42 is not the status of a final answer")]
async fn an_impossible_fault_fails_in_the_test() {
    broken(Fault::Status(42)).await;
}
