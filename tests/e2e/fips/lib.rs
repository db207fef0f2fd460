//! With feature `fips`, signatures and TLS use the FIPS module of AWS-LC.

#![cfg(test)]

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer, Key, KeySet};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";

#[test]
fn aws_lc_rs_and_the_tls_of_rustls_use_the_module() {
    aws_lc_rs::try_fips_mode().unwrap();
    assert!(rustls::crypto::aws_lc_rs::default_provider().fips());
}

/// Returns a layer that trusts only this key.
fn layer(key: &TestKey) -> JwtAuthLayer {
    let algorithm = key.algorithm();
    let issuer = if let Some(secret) = key.secret() {
        let key = Key::from_secret(algorithm, &secret).unwrap();
        Issuer::from_keys(ISSUER, key, AUDIENCE)
    } else {
        let keys = format!(r#"{{"keys":[{}]}}"#, key.jwk());
        Issuer::from_keys(ISSUER, KeySet::from_json(&keys).unwrap(), AUDIENCE)
    };
    let builder = JwtAuthLayer::builder(issuer.algorithms([algorithm]));
    builder.build().unwrap()
}

async fn status(layer: &JwtAuthLayer, token: &str) -> StatusCode {
    let service = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Empty::<&[u8]>::new()))
    });
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let request = request.body(()).unwrap();
    let response = layer.layer(service).oneshot(request).await;
    response.unwrap().status()
}

#[tokio::test]
async fn the_module_verifies_every_algorithm() {
    for algorithm in Algorithm::all() {
        assert!(algorithm.is_supported(), "{algorithm}");
        let key = TestKey::generate(algorithm);
        let layer = layer(&key);
        let token = key.token().issuer(ISSUER).audience(AUDIENCE).sign();
        assert_eq!(status(&layer, &token).await, StatusCode::OK, "{algorithm}");
        let other = TestKey::generate(algorithm).with_key_id(key.key_id());
        let forged = other.token().issuer(ISSUER).audience(AUDIENCE).sign();
        let rejected = status(&layer, &forged).await;
        assert_eq!(rejected, StatusCode::UNAUTHORIZED, "{algorithm}");
    }
}
