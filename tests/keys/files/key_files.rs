//! Public keys in files that are watched.

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ConfigErrorKind, Issuer, KeyFile};

use crate::files::Folder;
use crate::files::site::{next_scan, service};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER};

fn jwks(keys: &[&TestKey]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.jwk()).collect();
    json!({"keys": keys}).to_string()
}

fn keys() -> [TestKey; 2] {
    ["1", "2"].map(|id| TestKey::generate(Algorithm::ES256).with_key_id(id))
}

async fn accepts(authenticator: &Authenticator, key: &TestKey) -> bool {
    let token = key.token().issuer(ISSUER).audience(AUDIENCE).sign();
    authenticator.authenticate(&token).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_jwk_set_in_a_file_is_replaced_without_a_restart() {
    let (folder, [one, two]) = (Folder::new(), keys());
    let path = folder.write("jwks.json", jwks(&[&one]));
    let issuer = Issuer::jwks_file(ISSUER, &path, AUDIENCE);
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(accepts(&authenticator, &one).await && !accepts(&authenticator, &two).await);
    folder.write("jwks.json", jwks(&[&two]));
    next_scan().await;
    assert!(!accepts(&authenticator, &one).await && accepts(&authenticator, &two).await);
    assert_eq!(
        authenticator.health()[0].files.as_ref().unwrap().last_error,
        None
    );
}

#[tokio::test(start_paused = true)]
async fn the_keys_stay_while_the_file_is_absent_or_has_none() {
    let (folder, [one, two]) = (Folder::new(), keys());
    let path = folder.write("jwks.json", jwks(&[&one]));
    let file = KeyFile::watch_jwks(&path).build().unwrap();
    let (authenticator, events) = service(file.clone());
    for content in [None, Some("{"), Some(r#"{"keys":[]}"#), Some("{}")] {
        match content {
            None => std::fs::remove_file(&path).unwrap(),
            Some(content) => drop(folder.write("jwks.json", content)),
        }
        assert!(file.reload().await.is_err());
        assert!(accepts(&authenticator, &one).await);
        assert!(file.health().last_error.unwrap().contains("jwks.json"));
    }
    folder.write("jwks.json", jwks(&[&one, &two]));
    file.reload().await.unwrap();
    assert!(accepts(&authenticator, &one).await && accepts(&authenticator, &two).await);
    let events = events.lock().unwrap();
    assert_eq!(events.first().unwrap(), "1 +1 -");
    assert_eq!(events[events.len() - 2..], ["1,2 +2 -", "recovered 4"]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_in_a_jwk_set_of_a_file_is_used() {
    let folder = Folder::new();
    let secret = TestKey::generate(Algorithm::HS256).with_key_id("1");
    let path = folder.write("jwks.json", jwks(&[&secret]));
    let (authenticator, _) = service(KeyFile::watch_jwks(path).build().unwrap());
    assert!(accepts(&authenticator, &secret).await);
}

#[tokio::test(start_paused = true)]
async fn a_public_key_in_pem_form_is_replaced_without_a_restart() {
    let (folder, [one, two]) = (Folder::new(), keys());
    let path = folder.write("key.pem", one.pem());
    let issuer = Issuer::pem_file(ISSUER, &path, AUDIENCE).on_event(|_, _| {});
    let authenticator: Authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    assert!(accepts(&authenticator, &one).await && !accepts(&authenticator, &two).await);
    folder.write("key.pem", two.pem());
    next_scan().await;
    assert!(!accepts(&authenticator, &one).await && accepts(&authenticator, &two).await);
}

#[tokio::test(start_paused = true)]
async fn a_pem_file_may_have_several_public_keys_so_that_they_rotate_with_an_overlap() {
    let (folder, [one, two]) = (Folder::new(), keys());
    let rsa = TestKey::generate(Algorithm::RS256);
    let path = folder.write("keys.pem", one.pem());
    let file = KeyFile::watch_pem(&path).build().unwrap();
    let (authenticator, _) = service(file.clone());
    folder.write(
        "keys.pem",
        format!("# old\n{}# new\n{}{}", one.pem(), two.pem(), rsa.pem()),
    );
    file.reload().await.unwrap();
    for key in [&one, &two] {
        assert!(accepts(&authenticator, key).await);
    }
    assert_eq!(authenticator.health()[0].keys.len(), 3);
    folder.write("keys.pem", two.pem());
    file.reload().await.unwrap();
    assert!(!accepts(&authenticator, &one).await && accepts(&authenticator, &two).await);
}

#[test]
fn several_certificates_or_too_many_keys_in_a_pem_file_are_an_error() {
    let (folder, [key, _]) = (Folder::new(), keys());
    let pem = key.pem();
    let certificate = pem.replace("PUBLIC KEY", "CERTIFICATE");
    for (content, expected) in [
        (
            format!("{pem}{certificate}"),
            "the key is one of several, of which at least one is a certificate (such as a chain): \
             must be one certificate, or only public keys",
        ),
        (
            pem.repeat(9),
            "the key is one of 9: must be at most 8, since a token is verified with each",
        ),
        (
            format!("{pem}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
            "the key is not a public key: must be RSA, P-256, P-384, P-521, Ed25519 or ML-DSA",
        ),
    ] {
        let path = folder.write("keys.pem", content);
        let error = KeyFile::watch_pem(&path).build().unwrap_err();
        let expected = format!("file {:?}: {expected}", path.to_string_lossy());
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_file_that_cannot_be_used_is_an_error_when_the_layer_is_built() {
    let folder = Folder::new();
    let build = |issuer| Authenticator::builder(issuer).build_authenticator();
    let path = folder.join("absent");
    for issuer in [
        Issuer::jwks_file(ISSUER, &path, AUDIENCE),
        Issuer::pem_file(ISSUER, &path, AUDIENCE),
    ] {
        let error = build(issuer).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::UnusableFile, "{error}");
    }
}
