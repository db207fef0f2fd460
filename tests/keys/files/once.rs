//! A secret or a key from a file, read once.

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, Key, Secret, SecretEncoding};

use crate::files::{Folder, random};

#[test]
fn a_secret_of_a_file_is_its_content_without_one_line_feed() {
    let (folder, secret) = (Folder::new(), random());
    let text = secret.to_base64url();
    for end in ["", "\n"] {
        let path = folder.write("secret", format!("{}{end}", &*text));
        assert!(Secret::from_file(&path).unwrap() == Secret::new(text.as_bytes()));
        let decoded = Secret::from_encoded_file(&path, SecretEncoding::Base64url);
        assert!(decoded.unwrap() == secret);
    }
    let path = folder.write("raw", &secret);
    assert!(Secret::from_file(path).unwrap() == secret);
}

#[test]
fn content_that_is_no_secret_is_rejected_with_path_and_reason_and_without_the_content() {
    let (folder, text) = (Folder::new(), random().to_base64url().to_owned());
    for (content, encoding, expected) in [
        (String::new(), SecretEncoding::Raw, "is empty"),
        (" \n".into(), SecretEncoding::Raw, "has white space only"),
        (
            format!("\u{feff}{text}"),
            SecretEncoding::Raw,
            "starts with a byte order mark",
        ),
        (
            format!("{text}\r\n"),
            SecretEncoding::Raw,
            "ends with CR LF",
        ),
        (
            format!("{text}\n\n"),
            SecretEncoding::Base64url,
            "starts or ends with white space: remove it",
        ),
        (
            format!(" {text}"),
            SecretEncoding::Raw,
            "starts or ends with white space: remove it",
        ),
        (
            format!("\"{text}\"\n"),
            SecretEncoding::Raw,
            "is in quotes, which are not removed here (such as those of an env file): remove them",
        ),
        (text.clone(), SecretEncoding::Hex, "the secret is not hex"),
        (
            "a".repeat(64 * 1024 + 1),
            SecretEncoding::Raw,
            "must have at most 65536 bytes",
        ),
    ] {
        let path = folder.write("secret", content);
        let error = Secret::from_encoded_file(&path, encoding).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::UnusableFile);
        let shown = error.to_string();
        let start = format!("file {:?}: {expected}", path.to_string_lossy());
        assert!(shown.starts_with(&start), "{shown}");
        assert!(!shown.contains(&text[..8]), "{shown}");
    }
}

#[test]
fn what_is_no_file_is_rejected_and_not_opened() {
    let folder = Folder::new();
    let error = Secret::from_file(folder.join("absent")).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::UnusableFile);
    assert!(error.to_string().contains("absent"), "{error}");
    let error = Secret::from_file(folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("must be a regular file"),
        "{error}"
    );
}

#[test]
fn a_pem_file_is_read_and_its_error_has_the_path() {
    let (folder, key) = (Folder::new(), TestKey::generate(Algorithm::ES256));
    let path = folder.write("key.pem", key.pem());
    assert!(
        Key::from_pem_file(path)
            .unwrap()
            .algorithms()
            .contains(Algorithm::ES256)
    );
    let path = folder.write("key.pem", random().to_base64url().as_bytes());
    let error = Key::from_pem_file(&path).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::UnusableKey);
    let expected = format!(
        "file {:?}: the key is not a public key: must be RSA, P-256, P-384, P-521, Ed25519 or ML-DSA",
        path.to_string_lossy()
    );
    assert_eq!(error.to_string(), expected);
}
