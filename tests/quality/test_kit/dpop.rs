use aws_lc_rs::digest::{SHA256, digest};
use http::{Request, StatusCode};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::{DpopClient, ProofBuilder, TestKey};
use tower_jwt_auth::{Algorithm, Dpop, DpopNonces, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, algorithms, decode, default_key, encode, public_key};

const URL: &str = "https://api.example/orders?page=2";

fn layer(dpop: Dpop) -> JwtAuthLayer {
    let issuer = Issuer::from_keys(ISSUER, public_key(), AUDIENCE);
    JwtAuthLayer::builder(issuer).dpop(dpop).build().unwrap()
}

fn token(client: &DpopClient) -> String {
    let token = default_key().token().issuer(ISSUER).audience(AUDIENCE);
    token.bound_to(client).sign()
}

fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

async fn send(layer: &JwtAuthLayer, request: Request<()>) -> http::Response<String> {
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    layer.layer(inner).oneshot(request).await.unwrap()
}

/// Returns the JSON of a part of a proof.
fn part(proof: &ProofBuilder, index: usize) -> Value {
    let proof = proof.sign();
    serde_json::from_slice(&decode(proof.split('.').nth(index).unwrap())).unwrap()
}

#[tokio::test]
async fn a_client_of_each_algorithm_is_accepted_with_its_token() {
    let asymmetric = || algorithms().filter(|algorithm| !algorithm.is_symmetric());
    let layer = layer(Dpop::required().algorithms(asymmetric()));
    for algorithm in asymmetric() {
        let client = DpopClient::generate(algorithm);
        let token = token(&client);
        // Each proof has another id.
        for _ in 0..2 {
            let response = send(&layer, client.authorize(get(URL), &token)).await;
            assert_eq!(response.status(), StatusCode::OK, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn a_request_with_a_path_alone_is_authorized_for_its_host() {
    let client = DpopClient::generate(Algorithm::ES256);
    let token = token(&client);
    let request = Request::get("/orders").header("host", "api.example");
    let request = client.authorize(request.body(()).unwrap(), &token);
    let response = send(&layer(Dpop::required()), request).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_remembers_the_nonce_of_a_response_is_accepted_with_it() {
    let layer = layer(Dpop::required().nonces(DpopNonces::random()));
    let client = DpopClient::generate(Algorithm::ES256);
    let token = token(&client);
    let response = send(&layer, client.authorize(get(URL), &token)).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(client.nonce(), None);
    // Clones share it.
    assert!(client.clone().store_nonce(response.headers()));
    let response = send(&layer, client.authorize(get(URL), &token)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let nonce = client.nonce();
    assert!(nonce.is_some() && !client.store_nonce(response.headers()));
    assert_eq!(client.nonce(), nonce);
}

#[test]
fn the_thumbprint_is_the_hash_of_the_required_members() {
    let client = DpopClient::generate(Algorithm::ES256);
    let jwk = client.jwk();
    let canonical = format!(
        r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
        jwk["x"], jwk["y"]
    );
    let expected = encode(digest(&SHA256, canonical.as_bytes()));
    assert_eq!(client.thumbprint(), expected);
    assert_eq!(DpopClient::new(client.key()).thumbprint(), expected);
    for (algorithm, members) in [(Algorithm::Ed25519, 3), (Algorithm::RS256, 3)] {
        let client = DpopClient::generate(algorithm);
        assert_eq!(client.jwk().as_object().unwrap().len(), members);
        assert_eq!(client.thumbprint().len(), 43);
    }
}

#[test]
fn each_setter_changes_one_part_of_a_proof() {
    let client = DpopClient::generate(Algorithm::ES256);
    let valid = client.proof("GET", URL, "token");
    let (header, claims) = (part(&valid, 0), part(&valid, 1));
    assert_eq!(header["jwk"], client.jwk());
    assert_eq!(claims["htu"], "https://api.example/orders");
    assert_eq!(claims["ath"], encode(digest(&SHA256, b"token")));
    assert_ne!(claims["jti"], part(&valid, 1)["jti"]);
    assert!(
        part(&valid.clone().without_header("jwk"), 0)
            .get("jwk")
            .is_none()
    );
    assert!(
        part(&valid.clone().without_claim("jti"), 1)
            .get("jti")
            .is_none()
    );
    assert_eq!(part(&valid.clone().header("typ", "JWT"), 0)["typ"], "JWT");
    assert_eq!(part(&valid.clone().claim("jti", "1"), 1)["jti"], "1");
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(7);
    assert_eq!(part(&valid.clone().issued_at(time), 1)["iat"], 7);
    let other = TestKey::generate(Algorithm::ES256);
    let forged = valid.signed_by(&other);
    assert_eq!(part(&forged, 0)["jwk"], client.jwk());
    let request = forged.authorize(get(URL));
    assert_eq!(request.headers()["authorization"], "DPoP token");
}

#[test]
fn the_debug_output_of_clients_and_proofs_shows_neither_token_nor_nonce() {
    let client = DpopClient::generate(Algorithm::ES256);
    let mut headers = http::HeaderMap::new();
    headers.insert("dpop-nonce", "telltale".parse().unwrap());
    assert!(client.store_nonce(&headers));
    let shown = format!("{client:?} {:?}", client.proof("GET", URL, "telltale"));
    assert!(
        shown.starts_with("DpopClient") && shown.contains("ProofBuilder"),
        "{shown}"
    );
    assert!(!shown.contains("telltale"), "{shown}");
}

#[test]
#[should_panic(expected = "DpopClient: HS256 has no public key")]
fn a_client_with_a_shared_secret_is_a_mistake() {
    let _ = DpopClient::generate(Algorithm::HS256);
}
