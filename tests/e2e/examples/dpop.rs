//! Tokens that are bound to a key of the client, and the options of DPoP.

use reqwest::StatusCode;
use reqwest::header::WWW_AUTHENTICATE;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{DpopClient, TestIssuer};

use crate::harness::{Answer, Server};
use crate::support::tokio;

/// An issuer, a client and its token.
struct Bound {
    issuer: TestIssuer,
    client: DpopClient,
    token: String,
}

impl Bound {
    async fn new() -> Self {
        let issuer = TestIssuer::start().await.unwrap();
        let client = DpopClient::generate(Algorithm::ES256);
        let token = issuer.token().bound_to(&client).sign();
        Self {
            issuer,
            client,
            token,
        }
    }

    /// Requests `/whoami` with a proof for `origin`.
    async fn whoami(&self, server: &Server, origin: &str) -> Answer {
        let uri = format!("{origin}/whoami");
        let (client, token) = (&self.client, &self.token);
        server.get_bound("/whoami", client, token, &uri).await
    }
}

/// Asserts a rejection with one challenge.
#[track_caller]
fn assert_challenge(answer: &Answer, scheme: &str, error: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    let challenges: Vec<_> = answer.headers.get_all(WWW_AUTHENTICATE).iter().collect();
    assert_eq!(challenges.len(), 1, "{answer:?}");
    let challenge = answer.challenge();
    assert!(challenge.starts_with(scheme), "{answer:?}");
    assert!(
        challenge.contains(&format!("error=\"{error}\"")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn without_dpop_a_bound_token_is_rejected() {
    let bound = Bound::new().await;
    let server = Server::trusting(&bound.issuer, &[]).await;
    server.whoami(&bound.token).await.assert_rejected();
    let answer = bound.whoami(&server, &server.url).await;
    assert_eq!(
        (answer.status, answer.challenge()),
        (StatusCode::UNAUTHORIZED, "Bearer")
    );
}

#[tokio::test]
async fn optional_dpop_accepts_a_bound_token_with_a_proof_and_a_bearer_token() {
    let bound = Bound::new().await;
    let server = Server::trusting(&bound.issuer, &["--dpop", "optional"]).await;
    bound.whoami(&server, &server.url).await.assert_accepted();
    server.whoami(&bound.token).await.assert_rejected();
    let unbound = bound.issuer.token().sign();
    server.whoami(&unbound).await.assert_accepted();
}

#[tokio::test]
async fn required_dpop_rejects_a_bearer_token() {
    let bound = Bound::new().await;
    let server = Server::trusting(&bound.issuer, &["--dpop", "required"]).await;
    bound.whoami(&server, &server.url).await.assert_accepted();
    let answer = server.whoami(&bound.issuer.token().sign()).await;
    assert_challenge(&answer, "DPoP ", "invalid_token");
}

#[tokio::test]
async fn with_dpop_nonces_a_proof_needs_the_nonce_of_a_response() {
    let bound = Bound::new().await;
    let options = ["--dpop", "optional", "--dpop-nonces"];
    let server = Server::trusting(&bound.issuer, &options).await;
    let answer = bound.whoami(&server, &server.url).await;
    assert_challenge(&answer, "DPoP ", "use_dpop_nonce");
    assert!(bound.client.remember_nonce(&answer.headers), "{answer:?}");
    bound.whoami(&server, &server.url).await.assert_accepted();
}

#[tokio::test]
async fn with_public_origins_a_proof_is_for_one_of_them() {
    let bound = Bound::new().await;
    let [first, second] = ["https://api.example", "https://second.example:8443"];
    let options = [
        "--dpop",
        "required",
        "--public-origin",
        first,
        "--public-origin",
        second,
    ];
    let server = Server::trusting(&bound.issuer, &options).await;
    for origin in [first, second] {
        bound.whoami(&server, origin).await.assert_accepted();
    }
    let answer = bound.whoami(&server, &server.url).await;
    assert_challenge(&answer, "DPoP ", "invalid_dpop_proof");
}
