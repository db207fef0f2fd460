//! The target `tower_jwt_auth::diagnosis` for requests that are rejected before a token is
//! verified, or after: each has one event.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tower::service_fn;
use tower_jwt_auth::{Audience, HttpClient, IntrospectionCredentials, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, NOW, ask, builder, builder_for, payload, public_key, request, signed, token,
};
use crate::{TURN, capture, text};

/// Returns the only event of a rejected request.
async fn event(layer: &JwtAuthLayer, headers: &[(&str, &str)], status: StatusCode) -> String {
    capture();
    let answer = ask(layer, request(headers)).await;
    assert_eq!(answer.status, status);
    let log = text();
    let events = log
        .lines()
        .filter_map(|line| line.split_once("tower_jwt_auth::diagnosis: "));
    let events: Vec<_> = events.map(|(_, event)| event.to_owned()).collect();
    let [event] = events.as_slice() else {
        panic!("{log}")
    };
    event.clone()
}

/// An issuer that answers that each token is active, without the scope.
fn introspected(audience: Audience) -> Issuer {
    let answer = json!({
        "active": true, "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 60, "scope": "telltale",
    });
    let client = HttpClient::new(service_fn(move |_: Request<Full<Bytes>>| {
        let body = Full::<Bytes>::from(answer.to_string());
        async { Ok::<_, Infallible>(Response::new(body)) }
    }));
    let credentials = IntrospectionCredentials::client_secret_basic("me", "telltale");
    let url = "https://issuer.example/introspect";
    Issuer::introspection(ISSUER, url, credentials, audience).http_client(client)
}

/// The same for a request with these credentials that gets 401.
async fn unauthorized(layer: &JwtAuthLayer, credentials: &str) -> String {
    let headers = [("authorization", credentials)];
    event(layer, &headers, StatusCode::UNAUTHORIZED).await
}

#[tokio::test]
async fn two_tokens_are_named() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let token = signed(payload(&[]));
    let (one, joined) = (
        format!("Bearer {token}"),
        format!("Bearer {token}, Bearer {token}"),
    );
    for headers in [
        &[("authorization", &*one), ("authorization", &*one)][..],
        &[("authorization", &*joined)],
    ] {
        let event = event(&layer, headers, StatusCode::BAD_REQUEST).await;
        assert!(event.starts_with("token: found more than one"), "{event}");
        assert!(
            event.ends_with(" error.type=\"invalid_request\""),
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_scheme_without_a_token_is_named() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    for (value, found) in [
        ("Bearer", "found none after the scheme"),
        ("Bearer  ", "found none after the scheme"),
        ("Bearer null", "the text of an absent value"),
    ] {
        let event = unauthorized(&layer, value).await;
        assert!(event.contains(found), "{event}");
        assert!(
            event.ends_with(" error.type=\"malformed_token\""),
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let _turn = TURN.lock().await;
    let at_once = || builder().require_scopes(["read"]);
    let waiting = || {
        at_once().reject_revoked_async(|_| async {
            tokio::task::yield_now().await;
            Ok(false)
        })
    };
    for builder in [at_once(), waiting()] {
        let layer = builder.require_scopes(["write", "list"]).build().unwrap();
        let bearer = format!("Bearer {}", token().scope("read telltale").sign());
        let event = event(&layer, &[("authorization", &bearer)], StatusCode::FORBIDDEN).await;
        let scopes = "scopes: expected all of \"read write list\", missing \"write list\" (hint: ";
        assert!(event.starts_with(scopes), "{event}");
        assert!(
            event.ends_with(" error.type=\"insufficient_scope\""),
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_missing_scope_of_the_audience_is_named() {
    let _turn = TURN.lock().await;
    let audience = || Audience::from(AUDIENCE).and_scope("read");
    let by_keys = Issuer::from_keys(ISSUER, public_key(), audience());
    let by_keys = builder_for(by_keys).build().unwrap();
    let introspected = builder_for(introspected(audience())).build().unwrap();
    let signed = token().scope("telltale").sign();
    for (layer, token, start) in [
        (&by_keys, &*signed, "audience: "),
        (&introspected, "opaque", "scopes: expected all of \"read\""),
        // The answer is cached.
        (&introspected, "opaque", "scopes: expected all of \"read\""),
    ] {
        let bearer = format!("Bearer {token}");
        let event = event(layer, &[("authorization", &bearer)], StatusCode::FORBIDDEN).await;
        assert!(event.starts_with(start), "{event}");
        assert!(
            event.contains("missing") && event.contains("\"read\""),
            "{event}"
        );
        assert!(!event.contains("telltale"), "{event}");
        assert!(
            event.ends_with(" error.type=\"insufficient_scope\""),
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_check_that_rejects_a_token_is_named() {
    let _turn = TURN.lock().await;
    let layer = builder().reject_revoked(|_| true).build().unwrap();
    let bearer = format!("Bearer {}", token().sign());
    let event = unauthorized(&layer, &bearer).await;
    assert!(event.starts_with("policy: "), "{event}");
    assert!(event.ends_with(" error.type=\"revoked\""), "{event}");
}

#[tokio::test]
async fn no_other_scheme_is_advised_for_a_token_that_is_bound_to_a_key() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let value = format!("DPoP {}", token().sign());
    let event = unauthorized(&layer, &value).await;
    assert!(event.contains("has the scheme \"DPoP\""), "{event}");
    assert!(
        event.contains("(hint: set JwtAuthBuilder::dpop)"),
        "{event}"
    );
}
