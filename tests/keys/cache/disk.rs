//! A disk that hangs while the snapshot file is written.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use tower_jwt_auth::{Authenticator, Issuer, JwksCacheSettings, KeysEvent};

use crate::cache::mock::{AUDIENCE, ISSUER, JWKS_URI, Mock};
use crate::cache::restart::Folder;
use crate::support::tokio;

/// Returns an authenticator, and the number of its attempts to write a snapshot. Each of them
/// fails, and then hangs until the sender of `gate` is dropped.
fn hanging(mock: &Mock, folder: &Folder, gate: Receiver<()>) -> (Authenticator, Arc<AtomicUsize>) {
    let (attempts, gate) = (Arc::<AtomicUsize>::default(), Mutex::new(gate));
    let counted = Arc::clone(&attempts);
    let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(JwksCacheSettings::default().snapshot_dir(folder.path().join("nowhere")))
        .on_event(move |_, event| {
            if let KeysEvent::SnapshotFailed { .. } = event {
                counted.fetch_add(1, Relaxed);
                assert!(gate.lock().unwrap().recv().is_err());
            }
        });
    (
        Authenticator::builder(issuer)
            .build_authenticator()
            .unwrap(),
        attempts,
    )
}

/// Waits until there were `count` attempts.
async fn until(attempts: &AtomicUsize, count: usize) {
    while attempts.load(Relaxed) < count {
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn only_one_thread_hangs_and_it_writes_the_newest_keys_afterwards() {
    let (mock, folder, (held, gate)) = (Mock::new(), Folder::new(), channel());
    let (authenticator, attempts) = hanging(&mock, &folder, gate);
    assert!(authenticator.prefetch().await.is_ok());
    until(&attempts, 1).await;
    for _ in 0..20 {
        assert!(authenticator.prefetch().await.is_ok());
        tokio::task::spawn_blocking(std::thread::yield_now)
            .await
            .unwrap();
    }
    assert_eq!(
        (mock.fetches(), attempts.load(Relaxed)),
        (21, 1),
        "no other thread tries to write"
    );
    drop(held);
    until(&attempts, 2).await;
    assert!(authenticator.prefetch().await.is_ok());
    until(&attempts, 3).await;
    assert_eq!(
        (mock.fetches(), attempts.load(Relaxed)),
        (22, 3),
        "one for the first keys, one for the newest of the next 20 fetches, one for the last"
    );
}
