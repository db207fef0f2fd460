//! A snapshot file that another user could have written is not used.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tower_jwt_auth::{Authenticator, Issuer, JwksCacheSettings, KeysEvent};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, JWKS_URI, Mock};
use crate::cache::restart::Folder;
use crate::support::tokio;

type Errors = Arc<Mutex<Vec<String>>>;

fn start(mock: &Mock, dir: &Path) -> (Authenticator, Errors) {
    let errors = Errors::default();
    let recorded = Arc::clone(&errors);
    let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE)
        .http_client(mock.client())
        .jwks_cache(JwksCacheSettings::default().snapshot_dir(dir))
        .on_event(move |_, event| {
            if let KeysEvent::SnapshotFailed { error, .. } = event {
                recorded.lock().unwrap().push(error.to_string());
            }
        });
    let builder = Authenticator::builder(issuer);
    (builder.build_authenticator().unwrap(), errors)
}

/// Returns the issuer, which is down now, and a directory with its keys.
async fn written() -> (Mock, Folder) {
    let (mock, folder) = (Mock::new(), Folder::new());
    let (authenticator, errors) = start(&mock, folder.path());
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    folder.written().await;
    assert!(errors.lock().unwrap().is_empty());
    mock.answer(Answer::Unreachable);
    (mock, folder)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Asserts that a process accepts no token, and that it reports this error.
async fn assert_unused(mock: &Mock, folder: &Folder, error: &str) {
    let (authenticator, errors) = start(mock, folder.path());
    let reported = errors.lock().unwrap().clone();
    assert!(
        reported.len() == 1 && reported[0].contains(error),
        "{reported:?}, expected: {error}"
    );
    assert!(authenticator.authenticate(&mock.token()).await.is_err());
}

async fn assert_used(mock: &Mock, folder: &Folder) {
    let (authenticator, errors) = start(mock, folder.path());
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert!(errors.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_file_or_a_directory_that_others_can_write_to_is_not_used() {
    let (mock, folder) = written().await;
    let file = folder.written().await;
    for (path, trusted) in [(&*file, 0o600), (folder.path(), 0o700)] {
        for mode in [0o777, 0o1777, 0o722, 0o720, 0o702, 0o660] {
            set_mode(path, mode);
            let expected = format!("has mode {mode:04o}: only its owner may have write permission");
            assert_unused(&mock, &folder, &expected).await;
        }
        for mode in [trusted, 0o500, 0o755] {
            set_mode(path, mode);
            assert_used(&mock, &folder).await;
        }
        set_mode(path, trusted);
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_directory_that_others_can_write_to_no_file_is_written() {
    let (mock, folder) = (Mock::new(), Folder::new());
    set_mode(folder.path(), 0o777);
    let (authenticator, errors) = start(&mock, folder.path());
    assert_eq!(errors.lock().unwrap().len(), 1, "at once");
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    while errors.lock().unwrap().len() < 2 {
        tokio::task::spawn_blocking(thread::yield_now)
            .await
            .unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_symbolic_link_is_not_followed_and_then_replaced() {
    let (mock, folder) = written().await;
    let file = folder.written().await;
    let elsewhere = Folder::new();
    let target = elsewhere.path().join("target");
    fs::rename(&file, &target).unwrap();
    let content = fs::read(&target).unwrap();
    symlink(&target, &file).unwrap();
    assert_unused(&mock, &folder, "snapshot file").await;
    mock.answer(Answer::Keys);
    let (authenticator, _) = start(&mock, folder.path());
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    while file.is_symlink() {
        tokio::task::spawn_blocking(thread::yield_now)
            .await
            .unwrap();
    }
    assert_eq!(fs::read(&target).unwrap(), content);
}

/// A link that the operator has made for the directory is followed: its owner and mode count.
#[tokio::test(start_paused = true)]
async fn the_directory_may_be_a_symbolic_link() {
    let (mock, folder) = written().await;
    let elsewhere = Folder::new();
    let link = elsewhere.path().join("link");
    symlink(folder.path(), &link).unwrap();
    let (authenticator, errors) = start(&mock, &link);
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    assert!(errors.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_directory_in_place_of_the_file_is_not_read() {
    let (mock, folder) = written().await;
    let file = folder.written().await;
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_unused(&mock, &folder, "must be a regular file").await;
}

#[tokio::test(start_paused = true)]
async fn a_named_pipe_in_place_of_the_file_does_not_hang_the_start() {
    let (mock, folder) = written().await;
    let file = folder.written().await;
    fs::remove_file(&file).unwrap();
    let made = Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    let (started, is_started) = channel();
    let (starting, dir) = (mock.clone(), folder.path().to_owned());
    thread::spawn(move || started.send(start(&starting, &dir).1));
    let errors = is_started
        .recv_timeout(Duration::from_secs(30))
        .expect("the start does not hang");
    let errors = errors.lock().unwrap().clone();
    assert!(errors[0].contains("must be a regular file"), "{errors:?}");
}

/// Only root can give a file away: as another user, this test does nothing.
#[tokio::test(start_paused = true)]
async fn a_file_or_a_directory_of_another_user_is_not_used() {
    let (mock, folder) = written().await;
    let file = folder.written().await;
    for path in [&*file, folder.path()] {
        if chown(path, Some(54321), None).is_err() {
            return;
        }
        assert_unused(
            &mock,
            &folder,
            "belongs to user 54321: must belong to user 0",
        )
        .await;
        chown(path, Some(0), None).unwrap();
        assert_used(&mock, &folder).await;
    }
}
