//! A token and the certificate that it is bound to (RFC 8705 §3, §3.1).

use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::json;
use tower_jwt_auth::{ClientCertificates, ErrorKind, JwtAuthLayer, TokenCacheSettings};

use super::{bound_to, layer, over};
use crate::support::client_certificate::ClientDer;
use crate::support::tokio;
use crate::support::{ask, bearer, builder, payload, signed, token};

fn optional() -> JwtAuthLayer {
    layer(ClientCertificates::from_connection())
}

fn required() -> JwtAuthLayer {
    layer(ClientCertificates::from_connection().required())
}

#[tokio::test]
async fn a_bound_token_is_accepted_with_its_certificate_alone() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("alice"));
    let token = bound_to(&own);
    for layer in [optional(), required()] {
        ask(&layer, over(&own, &token)).await.accepted();
        let answer = ask(&layer, over(&other, &token)).await;
        answer.invalid_token(ErrorKind::UnprovenBinding);
        assert_eq!(answer.claim(), Some("cnf"));
        let answer = ask(&layer, bearer(&token)).await;
        answer.invalid_token(ErrorKind::UnprovenBinding);
    }
}

/// §3.1: the example's certificate is not published with its hash, so the member is computed here:
/// base64url of SHA-256 over the DER.
#[tokio::test]
async fn the_thumbprint_is_the_sha_256_of_the_der_in_base64url() {
    // FIPS 180-2, appendix B.1: the hash of `abc`.
    let thumbprint = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let cnf = json!({"x5t#S256": thumbprint}).to_string();
    let token = signed(payload(&[("cnf", &cnf)]));
    let certificate = ClientDer(b"abc".to_vec());
    ask(&optional(), over(&certificate, &token))
        .await
        .accepted();
}

/// The thumbprint changes with every byte of the certificate.
#[tokio::test]
async fn a_renewed_certificate_with_the_same_key_is_another_certificate() {
    let key = KeyPair::generate().unwrap();
    let (old, new) = (
        ClientDer::with_key("a", &key),
        ClientDer::with_key("a", &key),
    );
    assert_ne!(old, new, "serial numbers differ");
    let answer = ask(&optional(), over(&new, &bound_to(&old))).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

/// §2.2, §3: expiry, chain and issuer are for TLS to check, and self-signed certificates are legal.
#[tokio::test]
async fn an_expired_self_signed_certificate_is_compared_all_the_same() {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "old");
    params.not_after = (SystemTime::UNIX_EPOCH + Duration::from_secs(1)).into();
    params.not_before = SystemTime::UNIX_EPOCH.into();
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let certificate = ClientDer(certificate.der().to_vec());
    let token = bound_to(&certificate);
    ask(&optional(), over(&certificate, &token))
        .await
        .accepted();
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_accepted_unless_bound_ones_are_required() {
    let certificate = ClientDer::generate("alice");
    let unbound = token().sign();
    ask(&optional(), bearer(&unbound)).await.accepted();
    ask(&optional(), over(&certificate, &unbound))
        .await
        .accepted();
    for request in [bearer(&unbound), over(&certificate, &unbound)] {
        let answer = ask(&required(), request).await;
        answer.invalid_token(ErrorKind::UnboundToken);
    }
}

/// A layer without DPoP can't check the other half.
#[tokio::test]
async fn a_token_that_is_also_bound_to_a_key_must_prove_both() {
    let certificate = ClientDer::generate("alice");
    let cnf = json!({"jkt": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"});
    let both = token()
        .claim("cnf", cnf)
        .bound_to_certificate(&certificate.0);
    let answer = ask(&optional(), over(&certificate, &both.sign())).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[tokio::test]
async fn the_certificate_is_checked_for_cached_tokens_too() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    let layer = builder()
        .mtls(ClientCertificates::from_connection())
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap();
    let token = bound_to(&own);
    for _ in 0..3 {
        ask(&layer, over(&own, &token)).await.accepted();
        for request in [over(&other, &token), bearer(&token)] {
            let answer = ask(&layer, request).await;
            answer.invalid_token(ErrorKind::UnprovenBinding);
        }
    }
}

/// Without `mtls`, the layer can't check the binding, whatever the request has.
#[tokio::test]
async fn a_layer_without_certificates_rejects_the_token() {
    let certificate = ClientDer::generate("alice");
    let layer = builder().build().unwrap();
    let answer = ask(&layer, over(&certificate, &bound_to(&certificate))).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[tokio::test]
async fn a_token_with_a_flaw_is_rejected_for_that_and_not_for_the_certificate() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    let expired = token().bound_to_certificate(&own.0).expired().sign();
    let answer = ask(&optional(), over(&other, &expired)).await;
    answer.invalid_token(ErrorKind::Expired);
}

/// Authorization is checked after the binding: another client learns nothing of scopes.
#[tokio::test]
async fn a_missing_scope_is_not_told_to_a_client_with_another_certificate() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    let layer = builder()
        .mtls(ClientCertificates::from_connection())
        .require_scopes(["admin"])
        .build()
        .unwrap();
    let token = bound_to(&own);
    let answer = ask(&layer, over(&other, &token)).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
    assert_eq!(answer.attribute("scope"), None);
    let answer = ask(&layer, over(&own, &token)).await;
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
}

#[tokio::test]
async fn what_the_client_lacks_is_described() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    let token = bound_to(&own);
    let none = "the access token is bound to a certificate, and the client has presented none";
    let another = "the access token is bound to another certificate than that of the client";
    for (request, description) in [(bearer(&token), none), (over(&other, &token), another)] {
        let answer = ask(&optional(), request).await;
        assert_eq!(answer.attribute("error_description"), Some(description));
    }
}
