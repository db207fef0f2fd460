//! Secrets in the URL that keys are fetched from.

use std::fs;

use serde_json::json;
use tower_jwt_auth::{
    Authenticator, ConfigError, ConfigErrorKind, ErrorKind, Issuer, JwksCacheSettings,
};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, Mock, kind};
use crate::cache::restart::Folder;
use crate::support::tokio;

const PASSWORDS: [&str; 5] = [
    "https://user:hunter2@issuer.example/jwks",
    "https://hunter2@issuer.example/jwks",
    "https://:hunter2@issuer.example/jwks",
    "https://@issuer.example/jwks",
    "http://user:hunter2@127.0.0.1:1/jwks",
];

fn build(issuer: Issuer) -> Result<Authenticator, ConfigError> {
    Authenticator::builder(issuer).build_authenticator()
}

#[test]
fn a_url_with_a_user_name_or_a_password_is_rejected_with_a_clear_error() {
    for url in PASSWORDS {
        for issuer in [
            Issuer::jwks(ISSUER, url, AUDIENCE),
            Issuer::discovery(url, AUDIENCE),
        ] {
            let error = build(issuer.http_client(Mock::new().client())).unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::InvalidUrl, "{url}");
            let text = error.to_string();
            assert!(
                text.ends_with(": must not contain a user name or a password"),
                "{text}"
            );
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn metadata_that_names_a_url_with_a_password_is_rejected() {
    for url in PASSWORDS {
        let mock = Mock::new();
        let metadata = json!({"issuer": ISSUER, "jwks_uri": url}).to_string();
        mock.page(
            "https://issuer.example/.well-known/openid-configuration",
            metadata,
        );
        let authenticator =
            build(Issuer::discovery(ISSUER, AUDIENCE).http_client(mock.client())).unwrap();
        assert_eq!(
            kind(authenticator.authenticate(&mock.token()).await),
            Some(ErrorKind::KeysUnavailable)
        );
        assert_eq!(
            mock.fetches(),
            1,
            "the metadata is fetched, and {url} is not"
        );
    }
}

fn start(mock: &Mock, url: &str, folder: &Folder) -> Authenticator {
    let settings = JwksCacheSettings::default().snapshot_dir(folder.path());
    build(
        Issuer::jwks(ISSUER, url, AUDIENCE)
            .http_client(mock.client())
            .jwks_cache(settings),
    )
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_file_contains_no_query_and_is_loaded_for_the_same_query_only() {
    const URL: &str = "https://issuer.example/jwks?app=1&code=hunter2";
    let (mock, folder) = (Mock::new(), Folder::new());
    assert!(
        start(&mock, URL, &folder)
            .authenticate(&mock.token())
            .await
            .is_ok()
    );
    let file = folder.written().await;
    assert_eq!(mock.fetched(), [URL]);
    let text = fs::read_to_string(&file).unwrap();
    for part in ["hunter2", "code", "app=1"] {
        assert!(
            !text.contains(part) && !file.to_str().unwrap().contains(part),
            "{part} in {file:?}: {text}"
        );
    }
    mock.answer(Answer::Unreachable);
    assert!(
        start(&mock, URL, &folder)
            .authenticate(&mock.token())
            .await
            .is_ok()
    );
    for other in [
        "https://issuer.example/jwks?app=2&code=hunter2",
        "https://issuer.example/jwks",
    ] {
        let outcome = kind(
            start(&mock, other, &folder)
                .authenticate(&mock.token())
                .await,
        );
        assert_eq!(outcome, Some(ErrorKind::KeysUnavailable), "{other}");
    }
}
