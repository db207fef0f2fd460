//! A walk through rotations of a shared secret under load: two signers, one server, and no wrong
//! answer. Prints its numbers.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use tempfile::TempDir;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::harness::{AUDIENCE, Server, in_time, run};

const ISSUER: &str = "https://signers.example";
const ROTATIONS: usize = 5;
const REQUESTS_AT_ONCE: usize = 4;

/// What signs tokens with its current secret, and sends them.
struct Signer {
    current: Mutex<Current>,
    accepted: AtomicU64,
}

/// The secret that a signer has now.
#[derive(Clone)]
struct Current {
    key: TestKey,
    /// One for each request in flight with a token of this secret, and one here.
    in_flight: Arc<()>,
}

impl Current {
    fn new(key: &TestKey) -> Self {
        Self {
            key: key.clone(),
            in_flight: Arc::default(),
        }
    }
}

/// Answers that were expected, and those that were not.
#[derive(Default)]
struct Tally {
    rejected: AtomicU64,
    wrong: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Tally {
    fn note(&self, what: &str, status: StatusCode, expected: StatusCode) {
        if status != expected {
            self.wrong.lock().unwrap().push(format!("{what}: {status}"));
        }
    }
}

impl Signer {
    fn new(key: &TestKey) -> Arc<Self> {
        Arc::new(Self {
            current: Mutex::new(Current::new(key)),
            accepted: AtomicU64::new(0),
        })
    }

    /// Sends tokens, with and without `kid`, until the walk is over.
    async fn load(self: Arc<Self>, server: Arc<Server>, tally: Arc<Tally>) {
        while !tally.is_over.load(Ordering::Relaxed) {
            // Counted as in flight until it is dropped.
            let current = self.current.lock().unwrap().clone();
            let count = self.accepted.fetch_add(1, Ordering::Relaxed);
            let token = if count.is_multiple_of(3) {
                without_kid(&current.key)
            } else {
                token(&current.key)
            };
            let status = server.whoami(&token).await.status;
            drop(current);
            tally.note("a valid token", status, StatusCode::OK);
        }
    }
}

fn token(key: &TestKey) -> String {
    key.token().issuer(ISSUER).audience(AUDIENCE).sign()
}

fn without_kid(key: &TestKey) -> String {
    let token = key.token().issuer(ISSUER).audience(AUDIENCE);
    token.without_header("kid").sign()
}

/// Generates a secret with the example, and returns the key that a signer has.
async fn generate(folder: &Path, kid: &str) -> TestKey {
    let path = folder.join(kid);
    let output = run("secret", &["--out", path.to_str().unwrap()]).await;
    assert!(output.status.success());
    let text = fs::read_to_string(path).unwrap();
    TestKey::from_secret(Algorithm::HS256, text.trim_end()).with_key_id(kid)
}

/// Sends tokens of a secret that the server has never had.
async fn forge(server: Arc<Server>, tally: Arc<Tally>) {
    let key = TestKey::generate(Algorithm::HS256).with_key_id("1");
    while !tally.is_over.load(Ordering::Relaxed) {
        for token in [token(&key), without_kid(&key)] {
            let status = server.whoami(&token).await.status;
            tally.note("a forged token", status, StatusCode::UNAUTHORIZED);
            tally.rejected.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Returns after each request with a token of this secret has been answered.
async fn drain(old: &Current) {
    in_time(async {
        while Arc::strong_count(&old.in_flight) > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Adds a secret, switches both signers, and removes the old one.
async fn rotate(
    folder: &TempDir,
    server: &Server,
    signers: &[Arc<Signer>],
    tally: &Tally,
    (old, number): (TestKey, usize),
) -> TestKey {
    let kid = format!("rotation-{number}");
    let new = generate(folder.path(), &kid).await;
    server.send_signal("HUP").await;
    server.logged(&format!("added=[{kid:?}]")).await;
    for signer in signers {
        let next = Current::new(&new);
        let old = std::mem::replace(&mut *signer.current.lock().unwrap(), next);
        tokio::time::sleep(Duration::from_millis(100)).await;
        drain(&old).await;
    }
    let last = token(&old);
    tally.note(
        "a token of the old secret",
        server.whoami(&last).await.status,
        StatusCode::OK,
    );
    fs::remove_file(folder.path().join(old.key_id())).unwrap();
    server.send_signal("HUP").await;
    server
        .logged(&format!("removed=[{:?}]", old.key_id()))
        .await;
    for token in [last, token(&old), without_kid(&old)] {
        let status = server.whoami(&token).await.status;
        tally.note(
            "a token of the removed secret",
            status,
            StatusCode::UNAUTHORIZED,
        );
        tally.rejected.fetch_add(1, Ordering::Relaxed);
    }
    new
}

#[tokio::test]
async fn a_secret_is_rotated_under_load_without_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut key = generate(folder.path(), "rotation-0").await;
    let dir = folder.path().to_str().unwrap();
    let options = [
        "--issuer",
        ISSUER,
        "--audience",
        AUDIENCE,
        "--hmac-secret-dir",
        dir,
    ];
    let server = Arc::new(Server::resource_server(&options).await);
    let (tally, signers) = (
        Arc::new(Tally::default()),
        [Signer::new(&key), Signer::new(&key)],
    );
    let mut load = tokio::task::JoinSet::new();
    load.spawn(forge(Arc::clone(&server), Arc::clone(&tally)));
    for signer in signers
        .iter()
        .flat_map(|signer| vec![signer; REQUESTS_AT_ONCE])
    {
        load.spawn(Arc::clone(signer).load(Arc::clone(&server), Arc::clone(&tally)));
    }
    for number in 1..=ROTATIONS {
        key = rotate(&folder, &server, &signers, &tally, (key, number)).await;
    }
    tally.is_over.store(true, Ordering::Relaxed);
    while load.join_next().await.is_some() {}
    let sent = signers
        .each_ref()
        .map(|signer| signer.accepted.load(Ordering::Relaxed));
    let wrong = tally.wrong.lock().unwrap();
    println!(
        "{ROTATIONS} rotations: {} and {} valid tokens of the two signers, {} others; {} wrong answers",
        sent[0],
        sent[1],
        tally.rejected.load(Ordering::Relaxed),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(sent.iter().all(|count| *count > 100));
}
