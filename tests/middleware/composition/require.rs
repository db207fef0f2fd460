//! `RequireLayer`: required scopes and predicates.

use std::convert::Infallible;

use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_jwt_auth::{
    Challenge, Claims, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, RejectionResponse as _,
    RequestParts, RequireLayer,
};

use crate::composition::watched::{answer, rejected};
use crate::support::system_clock::{layer, request};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, public_key};

fn token_with(claim: &str, value: impl Into<Value>) -> String {
    default_key()
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .claim(claim, value.into())
        .sign()
}

async fn through<L>(require: L, request: Request<String>) -> Response<String>
where
    L: Layer<tower::util::BoxCloneService<Request<String>, Response<String>, Infallible>>,
    L::Service: Service<Request<String>, Response = Response<String>, Error = Infallible> + Clone,
{
    let inner = service_fn(answer).boxed_clone();
    layer()
        .layer(require.layer(inner))
        .oneshot(request)
        .await
        .unwrap()
}

#[track_caller]
fn challenge(response: &Response<String>) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn all_scopes_are_required_in_each_form_of_the_claim() {
    let require = RequireLayer::all_scopes(["orders:read", "orders:write"]).unwrap();
    for (claim, valid) in [
        ("scope", json!("orders:read orders:write")),
        ("scope", json!("profile orders:write  orders:read")),
        ("scope", json!(["orders:read", "orders:write"])),
        ("scp", json!("orders:read orders:write")),
        ("scp", json!(["orders:write", "orders:read", "profile"])),
    ] {
        let response = through(require.clone(), request(Some(&token_with(claim, valid)))).await;
        assert_eq!(
            (response.status(), response.body().as_str()),
            (StatusCode::OK, "test-subject")
        );
    }
    for (claim, poor) in [
        ("scope", json!("orders:read")),
        ("scope", json!("orders:read ORDERS:WRITE orders:writer")),
        ("scope", json!("")),
        ("scp", json!(["orders:write"])),
        ("scp", json!([])),
        ("scopes", json!("orders:read orders:write")),
    ] {
        let response = through(require.clone(), request(Some(&token_with(claim, poor)))).await;
        assert_eq!(
            rejected(&response, StatusCode::FORBIDDEN),
            ErrorKind::InsufficientScope
        );
        assert!(
            challenge(&response).starts_with("Bearer error=\"insufficient_scope\""),
            "{response:?}"
        );
        assert!(
            challenge(&response).ends_with(",scope=\"orders:read orders:write\""),
            "{response:?}"
        );
    }
}

#[tokio::test]
async fn any_scope_is_enough() {
    let require = RequireLayer::any_scope(["orders:write", "orders:admin"]).unwrap();
    for valid in [
        "orders:write",
        "orders:admin",
        "x orders:admin orders:write",
    ] {
        let response = through(require.clone(), request(Some(&token_with("scope", valid)))).await;
        assert_eq!(response.status(), StatusCode::OK);
    }
    let response = through(require, request(Some(&token_with("scope", "orders:read")))).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(
        challenge(&response).ends_with(",scope=\"orders:write orders:admin\""),
        "{response:?}"
    );
}

fn has_role(claims: &Claims, role: &str) -> bool {
    let roles = claims
        .get("realm_access")
        .and_then(|access| access.get("roles")?.as_array());
    roles.is_some_and(|roles| roles.iter().any(|granted| granted == role))
}

#[tokio::test]
async fn a_predicate_sees_the_roles_of_a_keycloak_token() {
    let editors =
        RequireLayer::from_fn(|claims: &Claims, _: &RequestParts<'_>| has_role(claims, "editor"));
    let token = token_with("realm_access", json!({"roles": ["reader", "editor"]}));
    assert_eq!(
        through(editors.clone(), request(Some(&token)))
            .await
            .status(),
        StatusCode::OK
    );
    let token = token_with("realm_access", json!({"roles": ["reader"]}));
    let response = through(editors, request(Some(&token))).await;
    assert_eq!(
        rejected(&response, StatusCode::FORBIDDEN),
        ErrorKind::InsufficientScope
    );
    assert!(
        !challenge(&response).contains("scope="),
        "no scope would help: {response:?}"
    );
}

#[tokio::test]
async fn a_predicate_sees_the_tenant_in_the_path() {
    let own = RequireLayer::from_fn(|claims: &Claims, request: &RequestParts<'_>| {
        let tenant = claims.get("tenant").and_then(Value::as_str);
        tenant.is_some() && request.uri().path().split('/').nth(2) == tenant
    });
    for (path, status) in [
        ("/tenants/acme/bills", StatusCode::OK),
        ("/tenants/acme2/bills", StatusCode::FORBIDDEN),
    ] {
        let mut request = request(Some(&token_with("tenant", "acme")));
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(through(own.clone(), request).await.status(), status);
    }
}

#[tokio::test]
async fn a_grpc_method_can_require_a_scope_and_a_rejection_is_a_grpc_response() {
    let delete = RequireLayer::all_scopes(["orders:delete"])
        .unwrap()
        .only_for(|request| request.uri().path() == "/shop.Orders/Delete");
    for (path, status) in [
        ("/shop.Orders/Delete", Some("7")),
        ("/shop.Orders/List", None),
    ] {
        let mut request = request(Some(&token_with("scope", "orders:read")));
        *request.uri_mut() = path.parse().unwrap();
        *request.method_mut() = Method::POST;
        request
            .headers_mut()
            .insert("content-type", "application/grpc+proto".parse().unwrap());
        *request.version_mut() = http::Version::HTTP_2;
        request
            .headers_mut()
            .insert("te", "trailers".parse().unwrap());
        let response = through(delete.clone(), request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response
                .headers()
                .get("grpc-status")
                .map(|status| status.to_str().unwrap()),
            status
        );
    }
}

#[tokio::test]
async fn conditions_of_only_for_add_up() {
    let path = |path: &'static str| move |request: &RequestParts<'_>| request.uri().path() == path;
    let writes = RequireLayer::all_scopes(["orders:write"])
        .unwrap()
        .only_for(path("/delete"))
        .only_for(path("/purge"));
    for (path, status) in [
        ("/delete", StatusCode::FORBIDDEN),
        ("/purge", StatusCode::FORBIDDEN),
        ("/list", StatusCode::OK),
    ] {
        let mut request = request(Some(&token_with("scope", "orders:read")));
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(
            through(writes.clone(), request).await.status(),
            status,
            "{path}"
        );
    }
}

#[tokio::test]
async fn without_the_layer_above_every_request_gets_500() {
    let require = RequireLayer::all_scopes(["orders:read"])
        .unwrap()
        .layer(service_fn(answer));
    let response = require
        .clone()
        .oneshot(request(Some(&token_with("scope", "orders:read"))))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        response.headers().get("www-authenticate").is_none(),
        "another token would not help"
    );

    let mut grpc = request(None);
    *grpc.method_mut() = Method::POST;
    grpc.headers_mut()
        .insert("content-type", "application/grpc".parse().unwrap());
    *grpc.version_mut() = http::Version::HTTP_2;
    grpc.headers_mut().insert("te", "trailers".parse().unwrap());
    let response = require.oneshot(grpc).await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["grpc-status"]),
        (StatusCode::OK, &"13".parse().unwrap())
    );
}

#[tokio::test]
async fn claims_of_another_type_do_not_count() {
    #[derive(serde::Deserialize)]
    struct Mine {}
    let require = RequireLayer::from_fn(|_: &Claims<Mine>, _: &RequestParts<'_>| true);
    let response = through(require, request(Some(&token_with("scope", "a")))).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn in_optional_mode_a_request_without_a_token_is_asked_for_one() {
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .optional()
        .build()
        .unwrap();
    let require = RequireLayer::all_scopes(["orders:read"]).unwrap();
    let response = auth
        .layer(require.layer(service_fn(answer)))
        .oneshot(request(None))
        .await
        .unwrap();
    assert_eq!(
        rejected(&response, StatusCode::UNAUTHORIZED),
        ErrorKind::MissingToken
    );
    assert_eq!(challenge(&response), "Bearer");
}

#[tokio::test]
async fn it_rejects_as_the_layer_above_does_or_with_its_own_response() {
    let auth = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public_key(), AUDIENCE))
        .realm("shop")
        .build()
        .unwrap();
    let like = RequireLayer::all_scopes(["a"]).unwrap();
    let response = auth
        .layer(like.layer(service_fn(answer)))
        .oneshot(request(Some(&token_with("scope", "b"))))
        .await;
    assert!(
        challenge(&response.unwrap())
            .starts_with("Bearer realm=\"shop\",error=\"insufficient_scope\"")
    );

    let own = RequireLayer::all_scopes(["a"])
        .unwrap()
        .rejection_response_fn(|error, request| {
            Challenge::new()
                .rejection_response(error, request)
                .map(|_: String| format!("{} {error}", request.method()))
        });
    let response = through(own, request(Some(&token_with("scope", "b")))).await;
    assert_eq!(
        rejected(&response, StatusCode::FORBIDDEN),
        ErrorKind::InsufficientScope
    );
    assert_eq!(
        response.body(),
        "GET the access token does not grant what the request needs"
    );
}

#[tokio::test]
async fn with_two_layers_both_requirements_must_be_met() {
    let both = tower::layer::util::Stack::new(
        RequireLayer::all_scopes(["a"]).unwrap(),
        RequireLayer::all_scopes(["b"]).unwrap(),
    );
    for (scopes, status) in [
        ("a b", StatusCode::OK),
        ("a", StatusCode::FORBIDDEN),
        ("b", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(
            through(both.clone(), request(Some(&token_with("scope", scopes))))
                .await
                .status(),
            status
        );
    }
}

#[test]
fn required_scopes_must_be_valid() {
    for scopes in [
        &[][..],
        &[""],
        &["a b"],
        &["a", "b\""],
        &["a\\"],
        &["é"],
        &["a\n"],
        &["\u{7f}"],
    ] {
        let error = RequireLayer::all_scopes(scopes.iter().copied()).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting, "{scopes:?}");
        assert!(
            RequireLayer::any_scope(scopes.iter().copied()).is_err(),
            "{scopes:?}"
        );
    }
    let _ = RequireLayer::all_scopes(["https://api.example/orders.read", "a:b!#$'(*)"]).unwrap();
}
