//! The scopes in challenges (RFC 6750 §3, and the scope selection and step-up of MCP).

use std::convert::Infallible;

use http::{Method, Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Claims, Error, JwtAuthBuilder, RequestParts, RequireLayer, RouteRules, Rule};

use super::{builder, for_resource};
use crate::support::dpop::{client, dpop, post, presented, proof};
use crate::support::{Answer, ask, bearer, block_on, builder_for, request};

/// Returns the scopes of each challenge.
fn scopes_of(answer: &Answer) -> Vec<Option<&str>> {
    let challenges = answer.challenges().into_iter();
    challenges
        .map(|(_, attributes)| {
            let mut attributes = attributes.into_iter();
            attributes
                .find(|(name, _)| *name == "scope")
                .map(|(_, value)| value)
        })
        .collect()
}

fn asked(builder: JwtAuthBuilder, request: Request<()>) -> Answer {
    block_on(ask(&builder.build().unwrap(), request))
}

/// Sends a request through a layer and two `RequireLayer`s. The handler requires `e`.
fn nested(
    builder: JwtAuthBuilder,
    outer: &RequireLayer,
    inner: &RequireLayer,
    request: Request<()>,
) -> Response<String> {
    let handler = service_fn(|request: Request<()>| async move {
        let claims = <Claims>::from_extensions(request.extensions()).unwrap();
        let required = claims.require_scopes(&["e", "a"]);
        let parts = RequestParts::from(&request);
        let response = match required {
            Ok(()) => Response::new("ok".to_owned()),
            Err(error) => <Claims>::rejection_response(error, &parts),
        };
        Ok::<_, Infallible>(response)
    });
    let service = outer.layer(inner.layer(handler));
    let service = builder.build().unwrap().layer(service);
    block_on(service.oneshot(request)).unwrap()
}

fn scope_of(response: &Response<String>) -> Option<&str> {
    let challenge = response
        .headers()
        .get("www-authenticate")?
        .to_str()
        .unwrap();
    let (_, scope) = challenge.split_once("scope=\"")?;
    let (scope, _) = scope.split_once('"').unwrap();
    let error = response.extensions().get::<Error>().unwrap();
    assert_eq!(error.required_scope(), Some(scope), "in the error, too");
    Some(scope)
}

fn all<const N: usize>(scopes: [&str; N]) -> RequireLayer {
    RequireLayer::all_scopes(scopes).unwrap()
}

fn with(scope: &str) -> Request<()> {
    bearer(&for_resource().scope(scope).sign())
}

#[test]
fn a_request_without_a_token_is_told_the_scopes_of_the_layer() {
    let answer = asked(builder().require_scopes(["a", "b"]), request(&[]));
    assert_eq!(answer.status, 401);
    assert_eq!(answer.attribute("error"), None);
    assert_eq!(scopes_of(&answer), [Some("a b")]);
    let answer = asked(builder(), request(&[]));
    assert_eq!(scopes_of(&answer), [None], "none is required");
}

#[test]
fn an_invalid_token_is_answered_with_the_scopes_for_the_next_one() {
    let answer = asked(builder().require_scopes(["a"]), bearer("x"));
    assert_eq!(answer.attribute("error"), Some("invalid_token"));
    assert_eq!(scopes_of(&answer), [Some("a")]);
}

#[test]
fn without_a_resource_a_401_names_no_scopes() {
    let builder = builder_for(crate::support::issuer()).require_scopes(["a"]);
    assert_eq!(scopes_of(&asked(builder, request(&[]))), [None]);
}

#[test]
fn with_dpop_both_challenges_of_a_request_without_a_token_name_them() {
    let builder = || builder().dpop(dpop()).require_scopes(["a"]);
    assert_eq!(scopes_of(&asked(builder(), post())), [Some("a"), Some("a")]);
    // The proof is at fault, not the token: another one would not help.
    let token = for_resource().bound_to(client()).scope("a").sign();
    let answer = asked(builder(), presented(&token, "x"));
    assert_eq!(scopes_of(&answer), [None]);
    let token = for_resource().bound_to(client()).scope("b").sign();
    let answer = asked(builder(), presented(&token, &proof(&token).sign()));
    assert_eq!(
        (answer.status.as_u16(), scopes_of(&answer)),
        (403, vec![Some("a")])
    );
}

#[test]
fn a_403_names_all_scopes_of_the_request_also_those_that_are_granted() {
    let answer = asked(builder().require_scopes(["a", "b", "c"]), with("b other"));
    assert_eq!(answer.status, 403);
    assert_eq!(answer.attribute("error"), Some("insufficient_scope"));
    assert_eq!(scopes_of(&answer), [Some("a b c")]);
}

#[test]
fn scopes_of_outer_and_inner_layers_are_joined_each_once() {
    let builder = || builder().require_scopes(["a"]);
    let ask = |scope| nested(builder(), &all(["b", "a"]), &all(["c", "b"]), with(scope));
    for (granted, status, scope) in [
        ("", 403, Some("a")),
        ("a", 403, Some("a b")),
        ("a b", 403, Some("a b c")),
        ("a b c", 403, Some("a b c e")),
        ("a b c e", 200, None),
    ] {
        let response = ask(granted);
        assert_eq!(response.status(), status, "{granted}");
        assert_eq!(scope_of(&response), scope, "{granted}");
    }
}

#[test]
fn of_any_scope_the_granted_one_is_named_below() {
    let any = RequireLayer::any_scope(["admin", "b"]).unwrap();
    let response = nested(builder(), &any, &all(["c"]), with("b"));
    assert_eq!(scope_of(&response), Some("b c"));
    let response = nested(builder(), &any, &all(["c"]), with("x"));
    assert_eq!(scope_of(&response), Some("admin b"));
}

#[test]
fn rules_that_do_not_apply_name_nothing() {
    let elsewhere = all(["x"]).only_for(|_| false);
    let response = nested(builder(), &elsewhere, &all(["c"]), with("b"));
    assert_eq!(scope_of(&response), Some("c"));
    let predicate = RequireLayer::from_fn(|_: &Claims, _| true);
    let response = nested(builder(), &predicate, &all(["c"]), with("b"));
    assert_eq!(scope_of(&response), Some("c"));
}

#[test]
fn a_predicate_that_rejects_says_nothing_about_scopes() {
    let predicate = RequireLayer::from_fn(|_: &Claims, _| false);
    let response = nested(builder(), &all(["b"]), &predicate, with("b"));
    assert_eq!(response.status(), 403);
    assert_eq!(scope_of(&response), None);
}

#[test]
fn where_the_route_is_known_a_401_names_its_scopes() {
    let optional = builder().optional();
    let response = nested(optional, &all(["b"]), &all(["c"]), request(&[]));
    assert_eq!(response.status(), 401);
    assert_eq!(scope_of(&response), Some("b"));
    let optional = builder().optional().require_scopes(["a"]);
    let response = nested(optional, &all(["b"]), &all(["c"]), request(&[]));
    assert_eq!(scope_of(&response), Some("a b"));
}

#[test]
fn without_a_resource_each_layer_names_its_own() {
    let builder = builder_for(crate::support::issuer());
    let request = bearer(&crate::support::token().scope("b").sign());
    let response = nested(builder, &all(["b"]), &all(["c"]), request);
    assert_eq!(scope_of(&response), Some("c"));
    let optional = builder_for(crate::support::issuer()).optional();
    let response = nested(
        optional,
        &all(["b"]),
        &all(["c"]),
        crate::support::request(&[]),
    );
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}

/// A rule, or a table of one.
fn rules() -> [RequireLayer; 2] {
    let rule = || {
        let any = Rule::any_scope(["x", "c", "y"]).unwrap();
        Rule::all_scopes(["b", "a"]).unwrap().and(any)
    };
    let table = RouteRules::new(|_| Some("/")).add(Method::GET, "/", rule());
    [
        RequireLayer::rule(rule()),
        RequireLayer::route_rules(table.unwrap()),
    ]
}

#[test]
fn the_scopes_of_rules_are_joined_with_those_of_the_layers_around_them() {
    for rule in rules() {
        let response = nested(builder(), &rule, &all(["d"]), with("a b c"));
        assert_eq!(scope_of(&response), Some("b a c d"));
        let response = nested(builder(), &all(["d"]), &rule, with("d"));
        assert_eq!(scope_of(&response), Some("d b a x c y"));
        let response = nested(builder(), &rule, &all(["d"]), with("a b c d"));
        assert_eq!(scope_of(&response), Some("b a c d e"));
    }
}

#[test]
fn a_request_without_a_token_is_told_the_scopes_of_a_rule() {
    for rule in rules() {
        let optional = builder().optional();
        let response = nested(optional, &rule, &all(["d"]), request(&[]));
        assert_eq!(response.status(), 401);
        assert_eq!(scope_of(&response), Some("b a x c y"));
    }
}

#[test]
fn a_step_up_names_the_scopes_of_all_layers_if_one_is_missing() {
    let acr = Rule::acr(["gold"]).unwrap();
    let inner = RequireLayer::rule(acr.and(Rule::all_scopes(["b"]).unwrap()));
    let response = nested(builder(), &all(["a"]), &inner, with("a"));
    assert_eq!(response.status(), 401);
    assert_eq!(scope_of(&response), Some("a b"));
}

#[test]
fn a_step_up_names_all_scopes_of_the_request_or_none_and_never_some() {
    let acr = || Rule::acr(["gold"]).unwrap();
    let b = || Rule::all_scopes(["b"]).unwrap();
    let inner = RequireLayer::rule(acr().and(b()));
    let response = nested(builder(), &all(["a"]), &inner, with("a b"));
    assert_eq!(response.status(), 401);
    assert_eq!(scope_of(&response), Some("a b"));
    let response = nested(builder(), &RequireLayer::rule(acr()), &inner, with("a b"));
    assert_eq!(scope_of(&response), None);
    let response = nested(
        builder(),
        &all(["a"]),
        &RequireLayer::rule(acr()),
        with("a b"),
    );
    assert_eq!(scope_of(&response), Some("a"));
    let by_layer = builder().require_scopes(["a"]).check(acr().and(b()));
    let answer = asked(by_layer, with("a b"));
    assert_eq!(answer.status, 401);
    assert_eq!(scopes_of(&answer), [Some("a b")]);
}
