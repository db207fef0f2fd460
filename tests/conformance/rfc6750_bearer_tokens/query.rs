//! Requirements 3 and 7: tokens in the query, which are opt-in and keep responses out of shared
//! caches (RFC 6750 §2.3).

use std::convert::Infallible;

use http::header::CACHE_CONTROL;
use http::{Request, Response, StatusCode};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{ErrorKind, Issuer, JwtAuthBuilder, JwtAuthLayer, TokenSource};

use crate::support::tokio;
use crate::support::{AUDIENCE, ask, bearer, builder, layer, token};

fn with_query(builder: JwtAuthBuilder) -> JwtAuthLayer {
    builder
        .token_sources([
            TokenSource::authorization(),
            TokenSource::query("access_token"),
        ])
        .build()
        .unwrap()
}

fn query_layer() -> JwtAuthLayer {
    with_query(builder())
}

fn query(query: &str) -> Request<()> {
    Request::get(format!("/?{query}")).body(()).unwrap()
}

// 7
#[tokio::test]
async fn by_default_the_query_is_not_read() {
    ask(&layer(), query(&format!("access_token={}", token().sign())))
        .await
        .no_token();
}

// 7
#[tokio::test]
async fn the_parameter_is_found_among_others_and_decoded() {
    let token = token().sign();
    let encoded = token.replace('.', "%2E");
    let forms = [
        format!("access_token={token}"),
        format!("a=1&access_token={token}&b=2"),
        format!("access_token={encoded}"),
        format!("access%5Ftoken={token}&Access_Token=x"),
    ];
    for form in forms {
        ask(&query_layer(), query(&form))
            .await
            .named(&form)
            .accepted();
    }
}

// 7
#[tokio::test]
async fn a_success_is_kept_out_of_shared_caches() {
    let answer = ask(
        &query_layer(),
        query(&format!("access_token={}", token().sign())),
    )
    .await;
    assert_eq!(answer.header(CACHE_CONTROL), Some("private"));
    answer.accepted();
}

// 7
#[tokio::test]
async fn a_success_after_keys_were_fetched_is_kept_out_of_shared_caches_too() {
    let issuer = TestIssuer::start().await.unwrap();
    let trusted = Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE);
    let layer = with_query(JwtAuthLayer::builder(trusted));
    let answer = ask(
        &layer,
        query(&format!("access_token={}", issuer.token().sign())),
    )
    .await;
    assert_eq!(answer.header(CACHE_CONTROL), Some("private"));
    assert_eq!(issuer.jwks_fetches(), 1);
    answer.accepted();
}

// 7
#[tokio::test]
async fn cache_control_is_unchanged_for_a_token_in_authorization_and_a_rejection_is_not_stored() {
    let answer = ask(&query_layer(), bearer(&token().sign())).await;
    assert_eq!(answer.header(CACHE_CONTROL), None);
    answer.accepted();
    let answer = ask(&query_layer(), query("access_token=x")).await;
    assert_eq!(answer.header(CACHE_CONTROL), Some("no-store"));
    answer.invalid_token(ErrorKind::MalformedToken);
}

async fn cache_control_over(status: StatusCode, cache_control: &'static str) -> Option<String> {
    let inner = service_fn(move |_: Request<()>| async move {
        let response = Response::builder().status(status);
        let response = if cache_control.is_empty() {
            response
        } else {
            response.header(CACHE_CONTROL, cache_control)
        };
        Ok::<_, Infallible>(response.body(String::new()).unwrap())
    });
    let request = query(&format!("access_token={}", token().sign()));
    let response = query_layer().layer(inner).oneshot(request).await.unwrap();
    assert_eq!(response.status(), status);
    let values = response
        .headers()
        .get_all(CACHE_CONTROL)
        .iter()
        .map(|value| value.to_str().unwrap());
    Some(values.collect::<Vec<_>>().join(", ")).filter(|values| !values.is_empty())
}

// 7
#[tokio::test]
async fn only_a_success_of_the_service_gets_cache_control() {
    assert_eq!(
        cache_control_over(StatusCode::CREATED, "").await.as_deref(),
        Some("private")
    );
    for status in [
        StatusCode::FOUND,
        StatusCode::NOT_FOUND,
        StatusCode::INTERNAL_SERVER_ERROR,
    ] {
        assert_eq!(cache_control_over(status, "").await, None, "{status}");
    }
}

// 7
#[tokio::test]
async fn a_success_that_is_public_becomes_private() {
    let value = cache_control_over(StatusCode::OK, "public, max-age=60")
        .await
        .unwrap();
    assert!(
        value.contains("private") && !value.contains("public"),
        "{value}"
    );
}

// 7
#[tokio::test]
async fn other_cache_directives_of_the_service_are_kept() {
    for (sent, kept) in [
        (
            "no-cache, must-revalidate",
            "private, no-cache, must-revalidate",
        ),
        ("public, max-age=60, s-maxage=600", "private, max-age=60"),
        ("S-MaxAge=1,Public", "private"),
        (
            "private=\"x-a, x-b\", max-age=1",
            "private, private=\"x-a, x-b\", max-age=1",
        ),
        ("private=x-a, s-maxage=\"600\"", "private, private=x-a"),
        (
            "ext=\"a, private ,b\", public",
            "private, ext=\"a, private ,b\"",
        ),
        ("max-age=60, private", "max-age=60, private"),
    ] {
        assert_eq!(
            cache_control_over(StatusCode::OK, sent).await.as_deref(),
            Some(kept)
        );
    }
}

// 7: `private` keeps a response out of shared caches. It must not allow other caches to store what
// the service forbids to store.
#[tokio::test]
async fn no_store_of_the_service_is_kept() {
    let value = cache_control_over(StatusCode::OK, "no-store")
        .await
        .unwrap();
    assert!(value.contains("no-store"), "{value}");
}

// 3
#[tokio::test]
async fn a_token_in_two_parameters_or_in_another_location_is_an_invalid_request() {
    let token = token().sign();
    ask(
        &query_layer(),
        query(&format!("access_token={token}&access_token={token}")),
    )
    .await
    .invalid_request();
    ask(
        &query_layer(),
        query(&format!("access_token={token}&access%5ftoken=x")),
    )
    .await
    .invalid_request();
    let with_bearer = |bearer: &str| {
        let mut request = query(&format!("access_token={token}"));
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {bearer}").parse().unwrap());
        request
    };
    let other = crate::support::token().sign();
    ask(&query_layer(), with_bearer(&other))
        .await
        .invalid_request();
    let answer = ask(&query_layer(), with_bearer(&token)).await;
    // The URL has the token, wherever else it is.
    assert_eq!(answer.headers["cache-control"], "private");
    answer.accepted();
}
