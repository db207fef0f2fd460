//! A restart during an outage: the last fetched keys are loaded from the snapshot file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;
use tower_jwt_auth::{Authenticator, ErrorKind, JwksCacheSettings};

use crate::cache::mock::{Answer, Mock, kind, minutes};
use crate::support::tokio;

/// A temporary directory of this user alone, removed on drop.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Waits until the file is written, which a thread of its own does, and returns its path.
    pub(crate) async fn written(&self) -> PathBuf {
        while fs::read_dir(&self.0)
            .unwrap()
            .all(|entry| entry.unwrap().path().extension().unwrap() == "tmp")
        {
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
        self.file()
    }

    /// Returns the path of the only file.
    fn file(&self) -> PathBuf {
        let files: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }

    fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut record = serde_json::from_slice(&fs::read(self.file()).unwrap()).unwrap();
        change(&mut record);
        fs::write(self.file(), record.to_string()).unwrap();
    }
}

fn start(mock: &Mock, folder: &Path) -> Authenticator {
    let settings = JwksCacheSettings::default().snapshot_dir(folder);
    mock.builder(settings).build_authenticator().unwrap()
}

/// Returns the directory of an earlier process, which has fetched keys with a TTL of ten minutes.
async fn earlier(mock: &Mock) -> Folder {
    mock.header("cache-control", "max-age=600");
    let folder = Folder::new();
    let authenticator = start(mock, folder.path());
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
    folder.written().await;
    folder
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_during_an_outage_tokens_are_accepted() {
    let mock = Mock::new();
    let folder = earlier(&mock).await;
    mock.answer(Answer::Unreachable);
    let authenticator = start(&mock, folder.path());
    for _ in 0..60 {
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        minutes(1).await;
    }
    minutes(11).await;
    assert_eq!(
        kind(authenticator.authenticate(&mock.token()).await),
        Some(ErrorKind::KeysUnavailable)
    );
}

#[tokio::test(start_paused = true)]
async fn keys_from_a_file_are_refreshed_at_once() {
    let mock = Mock::new();
    let folder = earlier(&mock).await;
    let old = mock.token();
    mock.rotate();
    let authenticator = start(&mock, folder.path());
    assert!(authenticator.authenticate(&old).await.is_ok());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        kind(authenticator.authenticate(&old).await),
        Some(ErrorKind::UnknownKey)
    );
}

#[tokio::test(start_paused = true)]
async fn expired_keys_and_keys_from_the_future_are_not_loaded() {
    let mock = Mock::new();
    let folder = earlier(&mock).await;
    mock.answer(Answer::Unreachable);
    for (shift, outcome) in [
        (-(600 + 3600 - 10), None),
        (-(600 + 3600 + 1), Some(ErrorKind::KeysUnavailable)),
        (30, None),
        (3600, Some(ErrorKind::KeysUnavailable)),
        (-1_000_000_000, Some(ErrorKind::KeysUnavailable)),
    ] {
        let original = fs::read(folder.file()).unwrap();
        folder.change(|record| {
            record["fetched_at"] = json!(record["fetched_at"].as_i64().unwrap() + shift);
        });
        let authenticator = start(&mock, folder.path());
        // Stale keys are used only after a fetch has failed.
        assert_eq!(
            kind(authenticator.authenticate(&mock.token()).await),
            outcome,
            "shifted by {shift} s"
        );
        fs::write(folder.file(), original).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn keys_of_another_issuer_or_url_or_in_another_format_are_not_loaded() {
    let mock = Mock::new();
    let folder = earlier(&mock).await;
    mock.answer(Answer::Unreachable);
    let original = fs::read(folder.file()).unwrap();
    for (member, value) in [
        ("issuer", json!("https://evil.example")),
        ("source", json!("https://evil.example/jwks")),
        ("version", json!(2)),
        ("fetched_at", json!(-1)),
        ("jwks", json!({"keys": []})),
        ("jwks", json!("keys")),
    ] {
        folder.change(|record| record[member] = value);
        let authenticator = start(&mock, folder.path());
        assert_eq!(
            kind(authenticator.authenticate(&mock.token()).await),
            Some(ErrorKind::KeysUnavailable),
            "{member}"
        );
        fs::write(folder.file(), &original).unwrap();
    }
}

/// Returns whether a process accepts a token with a changed snapshot file while the issuer is down.
async fn is_accepted_with(change: impl FnOnce(String) -> String) -> bool {
    let mock = Mock::new();
    let folder = earlier(&mock).await;
    let file = folder.file();
    fs::write(&file, change(fs::read_to_string(&file).unwrap())).unwrap();
    mock.answer(Answer::Unreachable);
    start(&mock, folder.path())
        .authenticate(&mock.token())
        .await
        .is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_file_is_read_up_to_twice_the_limit_of_a_response_body() {
    const MAX: usize = 2 * 1024 * 1024;
    let padded =
        |length: usize| move |text: String| format!("{}{text}", " ".repeat(length - text.len()));
    assert!(is_accepted_with(padded(MAX)).await);
    assert!(!is_accepted_with(padded(MAX + 1)).await);
}

#[tokio::test(start_paused = true)]
async fn deep_json_and_huge_numbers_in_a_file_do_no_harm() {
    let with = |name: &'static str, value: String| {
        move |text: String| {
            let mut record: Value = serde_json::from_str(&text).unwrap();
            record.as_object_mut().unwrap().remove(name);
            format!(
                "{},\"{name}\":{value}}}",
                record.to_string().trim_end_matches('}')
            )
        }
    };
    let deep = || format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for name in ["version", "issuer", "source", "fetched_at", "ttl", "jwks"] {
        assert!(!is_accepted_with(with(name, deep())).await, "{name}");
        assert!(
            !is_accepted_with(with(name, "1e400".to_owned())).await,
            "{name}"
        );
    }
    assert!(
        is_accepted_with(with("other", deep())).await,
        "an ignored member need only be valid JSON"
    );
    for time in ["18446744073709551615", "18446744073709551616", "-1"] {
        assert!(
            !is_accepted_with(with("fetched_at", time.to_owned())).await,
            "{time}"
        );
    }
    assert!(
        is_accepted_with(with("ttl", u64::MAX.to_string())).await,
        "the TTL is limited by max_ttl"
    );
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_ignored_and_replaced() {
    let mock = Mock::new();
    for damage in [&b""[..], b"{", b"\0\xff\xfe", &vec![b'['; 100_000], b"null"] {
        let folder = earlier(&mock).await;
        let file = folder.file();
        fs::write(&file, damage).unwrap();
        let authenticator = start(&mock, folder.path());
        assert!(authenticator.authenticate(&mock.token()).await.is_ok());
        while fs::read(&file).unwrap() == damage {
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_file_contains_public_keys_only_and_only_its_owner_can_read_it() {
    let mock = Mock::new();
    let folder = earlier(&mock).await;
    let record: Value = serde_json::from_slice(&fs::read(folder.file()).unwrap()).unwrap();
    let key = record["jwks"]["keys"][0].as_object().unwrap();
    let mut members: Vec<_> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_directory_tokens_are_accepted_all_the_same() {
    let mock = Mock::new();
    let folder = Folder::new();
    let authenticator = start(&mock, &folder.path().join("nowhere"));
    assert!(authenticator.authenticate(&mock.token()).await.is_ok());
}
