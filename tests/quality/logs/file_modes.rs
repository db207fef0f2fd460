//! Warnings about files of secrets that every user can read.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;
use tower_jwt_auth::{Algorithm, KeyFile, Secret, SecretEncoding, SecretFiles};

use crate::support::recorded::record;
use crate::support::tokio;
use crate::{TURN, capture, text};

/// Returns the lines about files that every user can read. The system's folder of temporary files
/// may have others.
fn readable_by_all(folder: &Path) -> Vec<String> {
    let text = text();
    let lines = text.lines().filter(|line| {
        line.contains("every user of this system can read")
            && line.contains(folder.to_str().unwrap())
    });
    lines.map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn a_file_of_a_secret_that_every_user_can_read_is_one_warning_with_its_path() {
    let _turn = TURN.lock().await;
    let new_secret = || {
        let secret = Secret::generate(Algorithm::HS256).unwrap();
        record(secret.as_ref());
        secret
    };
    for (mode, warnings) in [(0o644, 1), (0o604, 1), (0o640, 0), (0o600, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (watched, jwks) = (folder.join("watched"), folder.join("keys.json"));
        std::fs::create_dir(&watched).unwrap();
        let file = watched.join("2026");
        let write = |path: &Path, content: &str| {
            write(path, content).unwrap();
            set_permissions(path, Permissions::from_mode(mode)).unwrap();
        };
        let assert_warned = |path: &Path| {
            let lines = readable_by_all(folder);
            assert_eq!(lines.len(), warnings, "{mode:o}: {lines:?}");
            let is_expected =
                |line: &String| line.contains("WARN") && line.contains(path.to_str().unwrap());
            assert!(lines.iter().all(is_expected), "{lines:?}");
        };

        write(&file, &new_secret().to_base64url());
        capture();
        let files = SecretFiles::watch(&watched, Algorithm::HS256);
        let files = files.encoding(SecretEncoding::Base64url).build().unwrap();
        for _ in 0..3 {
            files.reload().await.unwrap();
        }
        // The file has another secret.
        write(&file, &new_secret().to_base64url());
        files.reload().await.unwrap();
        assert_warned(&file);

        let key = json!({
            "kty": "oct", "alg": "HS256", "kid": "1", "k": &*new_secret().to_base64url(),
        });
        write(&jwks, &json!({ "keys": [key] }).to_string());
        capture();
        let files = KeyFile::watch_jwks(&jwks).build().unwrap();
        for _ in 0..3 {
            files.reload().await.unwrap();
        }
        assert_warned(&jwks);

        capture();
        drop(Secret::from_encoded_file(&file, SecretEncoding::Base64url).unwrap());
        assert_warned(&file);
    }
}
