//! Tokens that are bound to a key of the client (RFC 7800 §3) are no bearer tokens (RFC 9449 §7.2, RFC
//! 8705 §3).

use serde_json::{Value, json};
use tower_jwt_auth::{ErrorKind, TokenCacheSettings};

use crate::support::{builder, builder_for, issuer, payload, send, signed, tokio};

/// A SHA-256 thumbprint, in base64url (RFC 7638 §3.1).
const THUMBPRINT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

fn bound(cnf: &Value) -> String {
    signed(payload(&[("cnf", &cnf.to_string())]))
}

fn bindings() -> [Value; 4] {
    [
        json!({"jkt": THUMBPRINT}),
        json!({"x5t#S256": THUMBPRINT}),
        json!({"jkt": THUMBPRINT, "x5t#S256": THUMBPRINT}),
        json!({"unknown": 1}),
    ]
}

#[tokio::test]
async fn a_bound_token_is_rejected_with_a_description_of_its_own() {
    let layer = builder()
        .token_cache(TokenCacheSettings::default())
        .build()
        .unwrap();
    for cnf in bindings() {
        for _ in 0..2 {
            let answer = send(&layer, &bound(&cnf)).await.named(&cnf);
            answer.invalid_token(ErrorKind::UnprovenBinding);
            let description = "the request does not prove that the client has the key or certificate \
                               that the access token is bound to";
            assert_eq!(answer.attribute("error_description"), Some(description));
            assert_eq!(answer.claim(), Some("cnf"));
        }
        let outcome = layer.authenticator().authenticate(&bound(&cnf)).await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::UnprovenBinding);
    }
}

#[tokio::test]
async fn a_bound_token_is_accepted_as_a_bearer_token_only_if_its_issuer_says_so() {
    let issuer = issuer().dangerous_accept_bound_as_bearer();
    let layer = builder_for(issuer).build().unwrap();
    for cnf in bindings() {
        send(&layer, &bound(&cnf)).await.named(&cnf).accepted();
    }
    // One that can't be read is rejected in any case.
    let answer = send(&layer, &bound(&json!({"jkt": 1}))).await;
    answer.invalid_token(ErrorKind::InvalidClaim);
}

/// An expired token, or one for another service, is rejected for that reason.
#[tokio::test]
async fn the_claims_are_checked_before_the_binding() {
    let layer = builder().build().unwrap();
    let cnf = json!({"jkt": THUMBPRINT}).to_string();
    let expired = signed(payload(&[("cnf", &cnf), ("exp", "1")]));
    send(&layer, &expired)
        .await
        .invalid_token(ErrorKind::Expired);
    let other = signed(payload(&[("cnf", &cnf), ("aud", "\"other\"")]));
    send(&layer, &other)
        .await
        .invalid_token(ErrorKind::WrongAudience);
}

#[tokio::test]
async fn a_token_of_the_type_dpop_that_names_no_key_is_no_bearer_token() {
    let layer = builder().build().unwrap();
    let exempt = issuer().dangerous_accept_bound_as_bearer();
    let exempt = builder_for(exempt).build().unwrap();
    for text in ["\"DPoP\"", "\"dpop\""] {
        let token = signed(payload(&[("token_type", text)]));
        let answer = send(&layer, &token).await.named(text);
        answer.invalid_token(ErrorKind::UnprovenBinding);
        send(&exempt, &token).await.accepted();
    }
    let bearer = signed(payload(&[("token_type", "\"Bearer\"")]));
    send(&layer, &bearer).await.accepted();
}
