//! The challenge names the metadata (RFC 9728 §5.1).

use http::Request;
use tower_jwt_auth::{Claims, Dpop, ErrorKind, JwtAuthLayer, RequestParts};

use super::{URL, builder, for_resource};
use crate::support::dpop::{client, dpop, post, presented, proof, required};
use crate::support::{Answer, ask, bearer, block_on, request, token};

fn send(layer: &JwtAuthLayer, request: Request<()>) -> Answer {
    block_on(ask(layer, request))
}

fn with_dpop(dpop: Dpop) -> JwtAuthLayer {
    builder().dpop(dpop).build().unwrap()
}

/// Returns the scheme and the URL of each challenge.
fn named(answer: &Answer) -> Vec<(&str, Option<&str>)> {
    answer
        .challenges()
        .into_iter()
        .map(|(scheme, attributes)| {
            let mut attributes = attributes.into_iter();
            let found = attributes.find(|(name, _)| *name == "resource_metadata");
            (scheme, found.map(|(_, value)| value))
        })
        .collect()
}

#[test]
fn a_request_without_a_token_is_told_where_the_metadata_is() {
    let layer = builder().build().unwrap();
    let answer = send(&layer, request(&[]));
    assert_eq!(answer.status, 401);
    let expected = format!("Bearer resource_metadata=\"{URL}\"");
    assert_eq!(answer.challenge(), Some(&*expected));
}

#[test]
fn every_rejection_of_the_token_names_it() {
    let layer = builder().require_scopes(["a"]).build().unwrap();
    let expired = for_resource().scope("a").expired().sign();
    for (request, status, kind) in [
        (bearer("x"), 401, ErrorKind::MalformedToken),
        (bearer(&expired), 401, ErrorKind::Expired),
        (bearer(&token().sign()), 401, ErrorKind::WrongAudience),
        (
            bearer(&for_resource().sign()),
            403,
            ErrorKind::InsufficientScope,
        ),
    ] {
        let answer = send(&layer, request);
        assert_eq!(
            (answer.status.as_u16(), answer.kind()),
            (status, Some(kind))
        );
        assert_eq!(named(&answer), [("Bearer", Some(URL))]);
    }
}

#[test]
fn a_token_in_the_query_is_not_read_an_expired_one_gets_401_and_two_get_400() {
    let layer = builder().build().unwrap();
    let valid = for_resource().sign();
    send(&layer, bearer(&valid)).accepted();
    let mut in_query = request(&[]);
    *in_query.uri_mut() = format!("/mcp?access_token={valid}").parse().unwrap();
    let expired = bearer(&for_resource().expired().sign());
    let bearer = format!("Bearer {valid}");
    let other = format!("Bearer {}", for_resource().scope("a").sign());
    let two = request(&[("authorization", &bearer), ("authorization", &other)]);
    for (request, status, kind) in [
        (in_query, 401, ErrorKind::MissingToken),
        (expired, 401, ErrorKind::Expired),
        (two, 400, ErrorKind::InvalidRequest),
    ] {
        let answer = send(&layer, request);
        let found = (answer.status.as_u16(), answer.kind());
        assert_eq!(found, (status, Some(kind)));
        assert_eq!(named(&answer), [("Bearer", Some(URL))]);
    }
}

#[test]
fn challenges_of_both_schemes_name_it() {
    let layer = with_dpop(dpop());
    let both = [("Bearer", Some(URL)), ("DPoP", Some(URL))];
    assert_eq!(named(&send(&layer, post())), both);
    assert_eq!(named(&send(&layer, bearer("x"))), both);
    let expired = for_resource().bound_to(client()).expired().sign();
    let request = || presented(&expired, &proof(&expired).sign());
    assert_eq!(named(&send(&layer, request())), [("DPoP", Some(URL))]);
    let valid = for_resource().bound_to(client()).sign();
    let answer = send(&layer, presented(&valid, "x"));
    assert_eq!(answer.kind(), Some(ErrorKind::InvalidDpopProof));
    assert_eq!(named(&answer), [("DPoP", Some(URL))]);
    let layer = with_dpop(required());
    assert_eq!(named(&send(&layer, post())), [("DPoP", Some(URL))]);
}

#[test]
fn a_403_with_dpop_names_it() {
    let layer = builder()
        .dpop(dpop())
        .require_scopes(["a"])
        .build()
        .unwrap();
    let token = for_resource().bound_to(client()).sign();
    let answer = send(&layer, presented(&token, &proof(&token).sign()));
    assert_eq!(answer.status, 403);
    assert_eq!(named(&answer), [("DPoP", Some(URL))]);
}

#[test]
fn without_a_resource_no_challenge_names_one() {
    let answer = send(&crate::support::layer(), request(&[]));
    assert_eq!(answer.challenge(), Some("Bearer"));
}

#[test]
fn keys_that_are_unavailable_lead_to_no_challenge() {
    let issuer = tower_jwt_auth::Issuer::from_key_source(
        "https://down.example",
        crate::support::Unreachable(std::time::Duration::from_secs(1)),
        tower_jwt_auth::Audience::resource(),
    );
    let layer = builder().add_issuer(issuer).build().unwrap();
    let token = for_resource().issuer("https://down.example").sign();
    let answer = send(&layer, bearer(&token));
    assert_eq!(answer.status, 503);
    assert!(answer.challenges().is_empty());
}

#[test]
fn a_rejection_by_your_own_middleware_names_it() {
    use std::convert::Infallible;
    use tower::{Layer as _, ServiceExt as _, service_fn};
    let layer = builder().optional().build().unwrap();
    let inner = service_fn(|request: Request<()>| async move {
        let error = ErrorKind::MissingToken.into();
        let parts = RequestParts::from(&request);
        Ok::<_, Infallible>(<Claims>::rejection_response::<String>(error, &parts))
    });
    let response = block_on(layer.layer(inner).oneshot(request(&[]))).unwrap();
    assert_eq!(response.status(), 401);
    let expected = format!("Bearer resource_metadata=\"{URL}\"");
    assert_eq!(response.headers()["www-authenticate"], expected);
}
