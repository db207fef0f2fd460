//! Mistakes in a configuration, which must not make it weaker.

use http::Request;
use http::header::{AUTHORIZATION, COOKIE, HeaderName, SEC_WEBSOCKET_PROTOCOL};
use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, ErrorKind, HttpClient, Issuer, JwksCacheSettings, Key, KeyQuery,
    RequestParts, TokenSource,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, ask, builder, builder_for, issuer, key, send, token};

#[tokio::test]
async fn a_second_predicate_does_not_replace_the_first() {
    let layer = builder()
        .authorize(|_| false)
        .authorize(|_| true)
        .build()
        .unwrap();
    assert_eq!(
        send(&layer, &token().sign()).await.error.unwrap().kind(),
        ErrorKind::InsufficientScope
    );
    let layer = builder()
        .reject_revoked(|_| true)
        .reject_revoked(|_| false)
        .build()
        .unwrap();
    assert_eq!(
        send(&layer, &token().sign()).await.error.unwrap().kind(),
        ErrorKind::Revoked
    );
}

#[tokio::test]
async fn a_second_exemption_does_not_replace_the_first() {
    let layer = builder()
        .skip(|request| request.uri().path() == "/a")
        .skip(|request| request.uri().path() == "/b")
        .build()
        .unwrap();
    let kind = async |path| {
        ask(&layer, Request::get(path).body(()).unwrap())
            .await
            .kind()
    };
    assert_eq!(
        (kind("/a").await, kind("/b").await, kind("/c").await),
        (None, None, Some(ErrorKind::MissingToken))
    );
}

#[test]
fn access_tokens_only_and_token_types_exclude_each_other() {
    for builder in [
        builder().access_tokens_only().token_types(["JWT"]),
        builder().token_types(["at+jwt"]).access_tokens_only(),
    ] {
        assert_eq!(
            builder.build().unwrap_err().kind(),
            ConfigErrorKind::InvalidSetting
        );
    }
}

#[test]
fn a_public_key_is_rejected_as_a_secret() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::Ed25519] {
        let key = key(algorithm);
        let pem = format!("\n{}", key.pem());
        for text in [
            pem.into_bytes(),
            key.pem().into_bytes(),
            key.der(),
            key.jwk().to_string().into_bytes(),
        ] {
            let error = Key::from_secret(Algorithm::HS256, &text).unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::WeakSecret);
        }
    }
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMq user@example";
    assert!(Key::from_secret(Algorithm::HS256, ssh).is_err());
}

#[test]
fn settings_about_fetching_are_rejected_for_configured_keys() {
    let client = HttpClient::new(tower::service_fn(
        |_: Request<http_body_util::Full<bytes::Bytes>>| async {
            Ok::<_, std::io::Error>(http::Response::new(String::new()))
        },
    ));
    let issuers: [Issuer; 3] = [
        issuer().jwks_cache(JwksCacheSettings::default()),
        issuer().http_client(client),
        issuer().on_event(|_, _| {}),
    ];
    for issuer in issuers {
        assert_eq!(
            builder_for(issuer).build().unwrap_err().kind(),
            ConfigErrorKind::InvalidSetting
        );
    }
}

#[test]
fn two_token_sources_of_the_same_location_are_rejected() {
    let cookie = || TokenSource::cookie("session").unwrap();
    for sources in [
        vec![TokenSource::authorization(), TokenSource::authorization()],
        vec![cookie(), TokenSource::authorization(), cookie()],
        vec![TokenSource::query("token"), TokenSource::query("token")],
        vec![
            TokenSource::authorization(),
            TokenSource::header(AUTHORIZATION),
        ],
        vec![TokenSource::header(COOKIE), cookie()],
        vec![
            TokenSource::websocket_protocol(),
            TokenSource::header(SEC_WEBSOCKET_PROTOCOL),
        ],
    ] {
        assert_eq!(
            builder().token_sources(sources).build().unwrap_err().kind(),
            ConfigErrorKind::InvalidSetting
        );
    }
    for sources in [
        [cookie(), TokenSource::cookie("other").unwrap()],
        [TokenSource::header(COOKIE), TokenSource::authorization()],
        [
            TokenSource::query("token"),
            TokenSource::header(HeaderName::from_static("x-token")),
        ],
    ] {
        assert!(builder().token_sources(sources).build().is_ok());
    }
}

#[test]
fn debug_shows_no_token_and_no_secret() {
    let request = Request::get("/path?access_token=telltale")
        .header("authorization", "Bearer telltale")
        .header("cookie", "session=telltale")
        .body(())
        .unwrap();
    let parts = format!("{:?}", RequestParts::from(&request));
    assert!(
        parts.contains("/path") && !parts.contains("telltale"),
        "{parts}"
    );
    let query = format!("{:?}", KeyQuery::new(Some("telltale"), Algorithm::ES256));
    assert!(!query.contains("telltale"), "{query}");
    let issuer = Issuer::from_keys(
        ISSUER,
        Key::from_secret(Algorithm::HS256, key(Algorithm::HS256).secret().unwrap()).unwrap(),
        AUDIENCE,
    );
    let shown = format!("{:?}", builder_for(issuer));
    let shown = shown.replace("secrets: None", "");
    assert!(!shown.contains("secret"), "{shown}");
}
