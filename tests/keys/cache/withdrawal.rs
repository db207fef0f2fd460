//! An issuer whose JWK set has no usable key any more: its keys end with a grace.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower_jwt_auth::{
    Authenticator, ErrorKind, FetchHealth, Issuer, JwksCacheSettings, KeysEvent, TokenCacheSettings,
};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock, kind};
use crate::cache::restart::Folder;
use crate::support::tokio;

const SECOND: Duration = Duration::from_secs(1);
const UNAVAILABLE: Option<ErrorKind> = Some(ErrorKind::KeysUnavailable);

const EMPTY_SETS: [Answer; 3] = [
    Answer::Body("{\"keys\":[]}"),
    Answer::Body("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}"),
    Answer::Body("{\"keys\":[{\"kty\":\"unsupported\"},{}]}"),
];

fn day_long() -> Mock {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=86400");
    mock
}

/// Makes the issuer's next response the given one, and has it fetched now.
async fn respond(mock: &Mock, authenticator: &Authenticator, answer: Answer) {
    mock.answer(answer);
    let _ = authenticator.prefetch().await;
}

async fn ask(authenticator: &Authenticator, token: &str) -> Option<ErrorKind> {
    kind(authenticator.authenticate(token).await)
}

fn fetch_health(authenticator: &Authenticator) -> FetchHealth {
    authenticator.health().remove(0).fetch.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_last_key_is_rejected_five_minutes_after_the_set_was_emptied() {
    for empty in EMPTY_SETS {
        for token_cache in [false, true] {
            let mock = day_long();
            let builder = mock.builder(JwksCacheSettings::default());
            let builder = if token_cache {
                builder.token_cache(TokenCacheSettings::default())
            } else {
                builder
            };
            let authenticator = builder.build_authenticator().unwrap();
            let token = mock.token();
            assert_eq!(ask(&authenticator, &token).await, None);
            assert!(!fetch_health(&authenticator).withdrawn);
            respond(&mock, &authenticator, empty.clone()).await;
            let start = Instant::now();
            while start.elapsed() < SECOND * 299 {
                assert_eq!(ask(&authenticator, &token).await, None);
                sleep(SECOND).await;
            }
            let health = fetch_health(&authenticator);
            assert!(
                health.withdrawn && health.usable_for == Some(SECOND),
                "{health:?}"
            );
            sleep(SECOND).await;
            for _ in 0..100 {
                assert_eq!(ask(&authenticator, &token).await, UNAVAILABLE);
                sleep(SECOND * 60).await;
            }
            assert!(!authenticator.health()[0].serving);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_faults_during_the_grace_do_not_prolong_it() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert_eq!(ask(&authenticator, &token).await, None);
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    let start = Instant::now();
    for answer in [
        Answer::Status(500),
        Answer::Body("<html>"),
        EMPTY_SETS[1].clone(),
        Answer::Unreachable,
    ] {
        respond(&mock, &authenticator, answer).await;
        sleep(SECOND * 60).await;
    }
    sleep_until(start + SECOND * 299).await;
    assert_eq!(ask(&authenticator, &token).await, None);
    sleep(SECOND).await;
    assert_eq!(ask(&authenticator, &token).await, UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn usable_keys_end_the_withdrawal_and_the_next_one_has_its_own_grace() {
    let mock = day_long();
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert_eq!(ask(&authenticator, &token).await, None);
    for _ in 0..3 {
        respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
        sleep(SECOND * 200).await;
        assert_eq!(ask(&authenticator, &token).await, None);
        respond(&mock, &authenticator, Answer::Keys).await;
        assert!(!fetch_health(&authenticator).withdrawn);
        sleep(SECOND * 1000).await;
        assert_eq!(ask(&authenticator, &token).await, None);
    }
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    sleep(SECOND * 1000).await;
    assert_eq!(ask(&authenticator, &token).await, UNAVAILABLE);
    mock.answer(Answer::Keys);
    sleep(SECOND * 5).await;
    assert_eq!(ask(&authenticator, &token).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_of_the_cached_set_ends_the_withdrawal() {
    let mock = day_long();
    mock.header("etag", "\"1\"");
    let authenticator = mock.authenticator();
    let token = mock.token();
    assert_eq!(ask(&authenticator, &token).await, None);
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    respond(&mock, &authenticator, Answer::Keys).await;
    assert_eq!(mock.last_headers().get("if-none-match").unwrap(), "\"1\"");
    sleep(SECOND * 1000).await;
    assert_eq!(ask(&authenticator, &token).await, None);
}

#[tokio::test(start_paused = true)]
async fn the_grace_can_be_set() {
    for grace in [0, 30, 3600] {
        let mock = day_long();
        let settings = JwksCacheSettings::default().withdrawal_grace(SECOND * grace);
        let authenticator = mock.builder(settings).build_authenticator().unwrap();
        let token = mock.token();
        assert_eq!(ask(&authenticator, &token).await, None);
        respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
        let start = Instant::now();
        if grace > 0 {
            sleep(SECOND * (grace - 1)).await;
            assert_eq!(ask(&authenticator, &token).await, None);
        }
        sleep_until(start + SECOND * grace).await;
        assert_eq!(ask(&authenticator, &token).await, UNAVAILABLE);
    }
}

/// The grace is a limit: it does not keep stale keys in use.
#[tokio::test(start_paused = true)]
async fn during_the_grace_keys_are_not_used_longer_than_in_an_outage() {
    let mock = Mock::new();
    mock.header("cache-control", "max-age=100");
    let settings = JwksCacheSettings::default().stale_if_error(Duration::ZERO);
    let authenticator = mock.builder(settings).build_authenticator().unwrap();
    let token = mock.token();
    assert_eq!(ask(&authenticator, &token).await, None);
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    sleep(SECOND * 101).await;
    assert_eq!(ask(&authenticator, &token).await, UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn the_withdrawal_and_its_end_are_reported_once() {
    let mock = day_long();
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let recorded = Arc::clone(&events);
    let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE)
        .http_client(mock.client())
        .on_event(move |_, event| {
            recorded.lock().unwrap().push(match event {
                KeysEvent::Withdrawn { grace, .. } => format!("withdrawn after {grace:?}"),
                KeysEvent::FetchFailed { .. } => return,
                KeysEvent::Fetched { .. } => "fetched".to_owned(),
                KeysEvent::Recovered { .. } => "recovered".to_owned(),
                other => format!("{other:?}"),
            });
        });
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    assert!(
        events.lock().unwrap().is_empty(),
        "there was nothing to withdraw"
    );
    respond(&mock, &authenticator, Answer::Keys).await;
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    sleep(SECOND * 400).await;
    mock.answer(Answer::Keys);
    sleep(SECOND * 5).await;
    assert_eq!(
        *events.lock().unwrap(),
        [
            "fetched",
            "recovered",
            "withdrawn after 300s",
            "Expired",
            "fetched",
            "recovered"
        ]
    );
}

fn start(mock: &Mock, dir: &Path) -> Authenticator {
    let settings = JwksCacheSettings::default().snapshot_dir(dir);
    mock.builder(settings).build_authenticator().unwrap()
}

fn record(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Waits until a thread for blocking work has written the withdrawal, or its end.
async fn until_withdrawn(file: &Path, withdrawn: bool) {
    let written = async {
        while record(file).get("withdrawn_at").is_some() != withdrawn {
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
    };
    timeout(SECOND * 3600, written).await.unwrap();
}

/// An earlier process has fetched keys, and then a set without any.
#[tokio::test(start_paused = true)]
async fn a_restart_does_not_prolong_the_grace() {
    let (mock, folder) = (day_long(), Folder::new());
    let authenticator = start(&mock, folder.path());
    let token = mock.token();
    assert_eq!(ask(&authenticator, &token).await, None);
    let file = folder.written().await;
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    until_withdrawn(&file, true).await;
    drop(authenticator);
    let original = record(&file);
    for (passed, usable_for) in [(0, 290), (200, 90), (299, 0), (300, 0), (-3600, 0)] {
        let mut changed = original.clone();
        let withdrawn_at = original["withdrawn_at"].as_i64().unwrap() - passed;
        changed["withdrawn_at"] = json!(withdrawn_at);
        fs::write(&file, changed.to_string()).unwrap();
        let authenticator = start(&mock, folder.path());
        let start = Instant::now();
        while start.elapsed() < SECOND * usable_for {
            assert_eq!(ask(&authenticator, &token).await, None, "{passed} s");
            assert!(fetch_health(&authenticator).withdrawn);
            sleep(SECOND).await;
        }
        sleep(SECOND * 11).await;
        assert_eq!(ask(&authenticator, &token).await, UNAVAILABLE, "{passed} s");
        assert_eq!(
            record(&file)["withdrawn_at"],
            json!(withdrawn_at),
            "{passed} s"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn keys_from_a_file_can_be_withdrawn_and_published_again() {
    let (mock, folder) = (day_long(), Folder::new());
    let authenticator = start(&mock, folder.path());
    let token = mock.token();
    assert_eq!(ask(&authenticator, &token).await, None);
    let file = folder.written().await;
    let authenticator = start(&mock, folder.path());
    respond(&mock, &authenticator, EMPTY_SETS[1].clone()).await;
    until_withdrawn(&file, true).await;
    assert_eq!(ask(&authenticator, &token).await, None);
    respond(&mock, &authenticator, Answer::Keys).await;
    until_withdrawn(&file, false).await;
    sleep(SECOND * 1000).await;
    assert_eq!(ask(&authenticator, &token).await, None);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_withdrawal_that_could_not_be_written_is_written_later() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let mode = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    let mock = day_long();
    let settings = || JwksCacheSettings::default().snapshot_dir(folder.path());
    let authenticator = mock.builder(settings()).build_authenticator().unwrap();
    authenticator.prefetch().await.unwrap();
    let file = folder.written().await;
    // Not trusted, so not written.
    mode(0o777);
    let start = SystemTime::now();
    respond(&mock, &authenticator, EMPTY_SETS[0].clone()).await;
    // Of real time, which the file has in seconds.
    std::thread::sleep(3 * SECOND);
    mode(0o700);
    let is_written = || fs::read_to_string(&file).unwrap().contains("withdrawn_at");
    let limit = std::time::Instant::now() + 20 * SECOND;
    while !is_written() {
        assert!(std::time::Instant::now() < limit, "it is not written");
        sleep(SECOND).await;
        let _ = authenticator.prefetch().await;
        let _ = tokio::task::spawn_blocking(|| std::thread::sleep(SECOND / 20)).await;
    }
    let record: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let first = start.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let written = Duration::from_secs(record["withdrawn_at"].as_u64().unwrap());
    assert!(
        written <= first + SECOND,
        "the time is that of the first empty set"
    );
}
