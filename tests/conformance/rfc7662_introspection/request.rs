//! The request to the endpoint (RFC 7662 §2.1), and the credentials.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use tower_jwt_auth::{ClientAssertion, ErrorKind, IntrospectionCredentials, Issuer};

use super::endpoint::{Asked, Endpoint, URL};
use crate::support::tokio;
use crate::support::{
    AUDIENCE, HEADER, ISSUER, NOW, Raw, ask, bearer, builder_for, default_key, raw_source, request,
};

async fn asked_with(credentials: IntrospectionCredentials, token: &str) -> Asked {
    let endpoint = Endpoint::new();
    let issuer = Issuer::introspection(ISSUER, URL, credentials, AUDIENCE);
    let layer = builder_for(issuer.http_client(endpoint.client()))
        .build()
        .unwrap();
    ask(&layer, bearer(token)).await.accepted();
    endpoint.asked().remove(0)
}

fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

// 2
#[tokio::test(start_paused = true)]
async fn the_token_is_posted_as_a_form_and_is_not_in_the_url() {
    let asked = asked_with(IntrospectionCredentials::none(), "a+b/c~d=").await;
    assert_eq!(asked.method, Method::POST);
    assert_eq!(asked.uri, URL);
    assert_eq!(
        asked.body,
        "token=a%2Bb%2Fc%7Ed%3D&token_type_hint=access_token"
    );
    let header = |name: &str| asked.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(
        header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(header("accept"), Some("application/json"));
    assert_eq!(header("accept-encoding"), Some("identity"));
    assert_eq!(header("authorization"), None);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_none_is_not_sent() {
    let endpoint = Endpoint::new();
    let builder = builder_for(endpoint.issuer()).token_sources([raw_source()]);
    let layer = builder.build().unwrap();
    for token in [
        "x&client_id=y",
        "a b",
        "a\nb",
        "a%26b",
        "tökén",
        "=",
        "\"a\"",
        "a\0",
    ] {
        let mut request = request(&[]);
        request.extensions_mut().insert(Raw(token.to_owned()));
        let answer = ask(&layer, request).await.named(token);
        answer.invalid_token(ErrorKind::MalformedToken);
    }
    assert_eq!(endpoint.questions(), 0);
}

// 3: RFC 6749 §2.3.1.
#[tokio::test(start_paused = true)]
async fn basic_credentials_are_form_encoded_before_base64() {
    let credentials = IntrospectionCredentials::client_secret_basic("a:b c", "%+&=:é");
    let asked = asked_with(credentials, "token").await;
    let value = asked.headers["authorization"].to_str().unwrap();
    let pair = STANDARD
        .decode(value.strip_prefix("Basic ").unwrap())
        .unwrap();
    assert_eq!(pair, b"a%3Ab+c:%25%2B%26%3D%3A%C3%A9");
    assert!(!asked.body.contains("client_"));
}

#[tokio::test(start_paused = true)]
async fn posted_credentials_are_in_the_form_only() {
    let credentials = IntrospectionCredentials::client_secret_post("me", "s&token=other");
    let asked = asked_with(credentials, "token").await;
    let form = asked.form();
    assert_eq!(form["client_id"], "me");
    assert_eq!(form["client_secret"], "s&token=other");
    assert_eq!(form["token"], "token");
    assert!(!asked.headers.contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn a_bearer_token_of_the_service_is_sent_in_the_header() {
    let asked = asked_with(IntrospectionCredentials::bearer_token("mine"), "token").await;
    assert_eq!(asked.headers["authorization"], "Bearer mine");
}

#[tokio::test(start_paused = true)]
async fn with_mutual_tls_the_client_id_is_sent_in_the_form() {
    let asked = asked_with(IntrospectionCredentials::mutual_tls("me"), "token").await;
    assert_eq!(asked.form()["client_id"], "me");
    assert!(!asked.headers.contains_key("authorization"));
}

// RFC 7523 §2.2, §3.
#[tokio::test(start_paused = true)]
async fn an_assertion_is_signed_for_each_question() {
    let sign = |assertion: ClientAssertion| async move {
        assert_eq!(assertion.endpoint(), URL);
        let claims = assertion.claims_json();
        Ok::<_, std::convert::Infallible>(default_key().sign_raw(HEADER, claims.as_bytes()))
    };
    let endpoint = Endpoint::new();
    let credentials = IntrospectionCredentials::private_key_jwt("me", sign);
    let issuer = Issuer::introspection(ISSUER, URL, credentials, AUDIENCE);
    let layer = builder_for(issuer.http_client(endpoint.client()))
        .build()
        .unwrap();
    let mut ids = Vec::new();
    for token in ["one", "two"] {
        ask(&layer, bearer(token)).await.accepted();
        let form = endpoint.asked().pop().unwrap().form();
        assert_eq!(form["client_id"], "me");
        let jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        assert_eq!(form["client_assertion_type"], jwt_bearer);
        let payload = form["client_assertion"].split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&decode(payload)).unwrap();
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&json!("me"), &json!("me"))
        );
        assert_eq!(
            (&claims["aud"], &claims["iat"]),
            (&json!(ISSUER), &json!(NOW))
        );
        assert_eq!(claims["exp"], NOW + 60);
        ids.push(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    assert!(ids.iter().all(|id| id.len() == 43));
}

#[tokio::test(start_paused = true)]
async fn an_assertion_that_is_not_signed_is_an_outage_and_not_sent() {
    let endpoint = Endpoint::new();
    let sign = |_: ClientAssertion| async { Err::<String, _>("the key service is down") };
    let credentials = IntrospectionCredentials::private_key_jwt("me", sign);
    let issuer = Issuer::introspection(ISSUER, URL, credentials, AUDIENCE);
    let layer = builder_for(issuer.http_client(endpoint.client()))
        .build()
        .unwrap();
    let answer = ask(&layer, bearer("token")).await;
    answer.rejected(503, None, ErrorKind::IntrospectionUnavailable);
    assert_eq!(endpoint.questions(), 0);
    let health = layer
        .authenticator()
        .health()
        .remove(0)
        .introspection
        .unwrap();
    assert!(
        health
            .last_error
            .unwrap()
            .ends_with("the key service is down")
    );
}

#[test]
fn no_secret_is_shown() {
    for credentials in [
        IntrospectionCredentials::client_secret("me", "telltale"),
        IntrospectionCredentials::client_secret_basic("me", "telltale"),
        IntrospectionCredentials::client_secret_post("me", "telltale"),
        IntrospectionCredentials::bearer_token("telltale"),
    ] {
        let issuer = Issuer::introspection(ISSUER, URL, credentials.clone(), AUDIENCE);
        let shown = format!("{credentials:?} {issuer:?}");
        assert!(!shown.contains("telltale"), "{shown}");
    }
}
