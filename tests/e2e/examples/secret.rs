//! `examples/secret` writes a secret once, and does not show it.

use std::fs;
use std::process::Stdio;

use tower_jwt_auth::{Algorithm, Key, Secret, SecretEncoding};

use crate::harness::{example, in_time, run};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_secret_is_written_to_a_file_of_its_owner_and_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (algorithm, len) in [(Algorithm::HS256, 32), (Algorithm::HS512, 64)] {
        let path = folder.path().join(algorithm.name());
        let path = path.to_str().unwrap();
        let output = run("secret", &["--algorithm", algorithm.name(), "--out", path]).await;
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), format!("written to {path}\n"));
        let secret = Secret::from_encoded_file(path, SecretEncoding::Base64url).unwrap();
        assert_eq!(secret.as_ref().len(), len);
        for secret in [secret, Secret::from_file(path).unwrap()] {
            assert!(Key::from_secret(algorithm, secret).is_ok());
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        }
    }
    // No temporary file stays.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn an_existing_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "kept").unwrap();
    let output = run("secret", &["--out", path.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(!message.contains("--help"), "{message}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_secret_is_printed_only_if_that_is_asked_for() {
    let output = run("secret", &["--algorithm", "HS384", "--print"]).await;
    let printed = text(&output.stdout);
    let secret = Secret::decode(printed.trim_end(), SecretEncoding::Base64url).unwrap();
    assert_eq!(secret.as_ref().len(), 48);
    for args in [
        &[][..],
        &["--out"],
        &["--out", "/no/such/a", "--out", "/no/such/b"],
        &["--print", "--algorithm", "HS256", "--algorithm", "HS512"],
    ] {
        let output = run("secret", args).await;
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(text(&output.stderr).ends_with("(see --help)\n"));
    }
    let output = run("secret", &["--algorithm", "ES256", "--print"]).await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_secret_that_cannot_be_printed_is_an_error() {
    for args in [&["--print"][..], &["--help"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = example("secret");
        // Not `output`, which replaces the standard output.
        let child = command
            .args(args)
            .stdout(full.unwrap())
            .stderr(Stdio::piped())
            .spawn();
        let output = in_time(child.unwrap().wait_with_output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert!(message.starts_with("secret: can't print: "), "{message}");
    }
}
