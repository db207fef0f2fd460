//! Issuers whose bound tokens are accepted as bearer tokens, and thumbprints in another text.

use serde_json::json;
use tower_jwt_auth::{ClientCertificates, ErrorKind};

use super::{bound_to, layer, over};
use crate::support::client_certificate::ClientDer;
use crate::support::{ask, bearer, builder_for, issuer, token, tokio};

#[tokio::test]
async fn a_token_of_an_issuer_that_is_accepted_as_bearer_needs_no_certificate() {
    let (alice, mallory) = (ClientDer::generate("alice"), ClientDer::generate("mallory"));
    let issuer = || issuer().dangerous_accept_bound_as_bearer();
    let layer = |certificates| builder_for(issuer()).mtls(certificates).build().unwrap();
    let optional = layer(ClientCertificates::from_connection());
    let bound = bound_to(&alice);
    for request in [bearer(&bound), over(&mallory, &bound)] {
        let claims = ask(&optional, request).await.accepted();
        assert!(claims.confirmation().is_none(), "nothing is proven");
    }
    let claims = ask(&optional, over(&alice, &bound)).await.accepted();
    assert!(claims.confirmation().certificate_thumbprint().is_some());
    let required = layer(ClientCertificates::from_connection().required());
    let answer = ask(&required, bearer(&bound)).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

#[tokio::test]
async fn an_unknown_confirmation_method_beside_the_certificate_is_rejected() {
    let alice = ClientDer::generate("alice");
    let layer = layer(ClientCertificates::from_connection());
    let claims = ask(&layer, over(&alice, &bound_to(&alice)))
        .await
        .accepted();
    let thumbprint = claims.certificate_thumbprint().unwrap();
    let cnf = json!({"x5t#S256": thumbprint, "x5t": "1"});
    let answer = ask(&layer, over(&alice, &token().claim("cnf", cnf).sign())).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}

/// The last character has two bits that must be 0.
#[tokio::test]
async fn a_thumbprint_with_other_unused_bits_is_another_one() {
    let alice = ClientDer::generate("alice");
    let layer = layer(ClientCertificates::from_connection());
    let claims = ask(&layer, over(&alice, &bound_to(&alice)))
        .await
        .accepted();
    let (start, last) = claims.certificate_thumbprint().unwrap().split_at(42);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.find(last).unwrap() + 1;
    let cnf = json!({"x5t#S256": format!("{start}{}", &alphabet[next..=next])});
    let answer = ask(&layer, over(&alice, &token().claim("cnf", cnf).sign())).await;
    answer.invalid_token(ErrorKind::UnprovenBinding);
}
