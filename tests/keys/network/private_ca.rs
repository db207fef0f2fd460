//! The client of `examples/kubernetes`: an authority of one's own, a token that rotates, mTLS.

#[path = "../../../examples/kubernetes/client.rs"]
#[allow(dead_code, reason = "an example, of which a part is tested")]
mod client;

use std::path::PathBuf;

use http::header::AUTHORIZATION;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, Issuer};

use self::client::Files;
use crate::network::support::AUDIENCE;
use crate::support::tls::{Authority, Tls, TlsIssuer};
use crate::support::{tokio, wait_for};

fn files(authority: &Authority, identity: Option<PathBuf>) -> Files {
    Files {
        authority: authority.certificate(),
        token: authority.file("token", "first\n"),
        identity,
    }
}

fn authenticator(issuer: &TlsIssuer, files: &Files) -> Authenticator {
    let client = client::client(files).unwrap();
    let issuer = Issuer::discovery(issuer.name(), AUDIENCE).http_client(client);
    Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap()
}

#[tokio::test]
async fn the_authority_is_trusted_and_the_token_is_read_again_when_it_rotates() {
    let (authority, key) = (Authority::new(), TestKey::generate(Algorithm::ES256));
    let issuer = TlsIssuer::start(&authority, &key, Tls::default()).await;
    let files = files(&authority, None);
    let authenticator = authenticator(&issuer, &files);
    let token = key
        .token()
        .issuer(issuer.name())
        .audience(AUDIENCE)
        .subject("system:serviceaccount:shop:cart")
        .sign();
    let claims = wait_for("the keys", authenticator.authenticate(&token)).await;
    assert_eq!(
        claims.unwrap().subject(),
        Some("system:serviceaccount:shop:cart")
    );
    authority.file("token", "second\n");
    wait_for("a fetch", authenticator.prefetch()).await.unwrap();
    let sent: Vec<_> = issuer
        .received()
        .iter()
        .map(|request| request.headers[AUTHORIZATION].to_str().unwrap().to_owned())
        .collect();
    // Metadata and keys, then the keys again.
    assert_eq!(sent, ["Bearer first", "Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn an_issuer_with_a_certificate_by_another_authority_gets_no_token() {
    let (authority, other) = (Authority::new(), Authority::new());
    let key = TestKey::generate(Algorithm::ES256);
    let issuer = TlsIssuer::start(&other, &key, Tls::default()).await;
    let authenticator = authenticator(&issuer, &files(&authority, None));
    wait_for("a fetch", authenticator.prefetch())
        .await
        .unwrap_err();
    assert!(issuer.received().is_empty());
    let error = authenticator.health().remove(0).fetch.unwrap().last_error;
    assert!(error.as_ref().unwrap().contains("certificate"), "{error:?}");
}

#[tokio::test]
async fn a_certificate_of_the_client_is_sent_if_the_issuer_asks_for_one() {
    let (authority, key) = (Authority::new(), TestKey::generate(Algorithm::ES256));
    let tls = Tls {
        needs_client_certificate: true,
        ..Tls::default()
    };
    let issuer = TlsIssuer::start(&authority, &key, tls).await;
    let without = authenticator(&issuer, &files(&authority, None));
    wait_for("a fetch", without.prefetch()).await.unwrap_err();
    assert!(issuer.received().is_empty());
    let identity = Some(authority.identity());
    let with = authenticator(&issuer, &files(&authority, identity));
    wait_for("a fetch", with.prefetch()).await.unwrap();
    assert_eq!(issuer.received().len(), 2);
}
