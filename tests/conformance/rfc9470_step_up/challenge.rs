//! The challenge (RFC 9470 §3): one answer for all that is missing.

use std::time::Duration;

use tower_jwt_auth::{ErrorKind, ProblemDetails, Rule};

use super::{requiring, stepping_up};
use crate::support::dpop::{ALGS, bound, builder_with, client, dpop, presented, proof};
use crate::support::{NOW, ask, block_on, builder, send, token};

const DESCRIPTION: &str = "the request needs a stronger or more recent authentication of the user";

fn acr() -> Rule {
    Rule::acr(["gold", "silver"]).unwrap()
}

fn recent() -> Rule {
    Rule::max_age(Duration::from_secs(300)).unwrap()
}

fn scopes() -> Rule {
    Rule::all_scopes(["orders:read", "orders:write"]).unwrap()
}

// 17
#[test]
fn c17_both_are_in_one_challenge_whichever_of_them_is_missing() {
    let layer = requiring(acr().and(recent()));
    let valid = token().claim("acr", "gold").claim("auth_time", NOW);
    block_on(send(&layer, &valid.sign())).accepted();
    for token in [
        token(),
        token().claim("acr", "gold"),
        token().claim("auth_time", NOW),
        token()
            .claim("acr", "bronze")
            .claim("auth_time", NOW - 4000),
    ] {
        let answer = stepping_up(&layer, &token.sign());
        let expected = format!(
            "Bearer error=\"insufficient_user_authentication\",error_description=\"{DESCRIPTION}\",\
             acr_values=\"gold silver\",max_age=\"300\""
        );
        assert_eq!(answer.challenge(), Some(expected.as_str()));
    }
}

// 17: not 403 first.
#[test]
fn c17_with_a_scope_missing_too_one_401_names_all() {
    for rule in [
        scopes().and(acr()).and(recent()),
        recent().and(scopes()).and(acr()),
        acr().and(recent().and(scopes())),
    ] {
        let answer = stepping_up(&requiring(rule), &token().scope("orders:read").sign());
        assert_eq!(answer.attribute("acr_values"), Some("gold silver"));
        assert_eq!(answer.attribute("max_age"), Some("300"));
        assert_eq!(answer.attribute("scope"), Some("orders:read orders:write"));
    }
}

// 17
#[test]
fn c17_scopes_that_are_granted_are_not_in_the_challenge() {
    let layer = requiring(scopes().and(acr()));
    let answer = stepping_up(&layer, &token().scope("orders:write orders:read").sign());
    assert_eq!(answer.attribute("scope"), None);
    let stepped_up = token().claim("acr", "gold").scope("orders:read").sign();
    let answer = block_on(send(&layer, &stepped_up));
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
    assert_eq!(answer.attribute("scope"), Some("orders:read orders:write"));
    assert_eq!(answer.attribute("acr_values"), None);
}

/// The user would have authenticated for nothing.
#[test]
fn a_caller_whose_role_is_missing_is_not_asked_to_authenticate_again() {
    let rule = acr()
        .and(scopes())
        .and(Rule::any_of("/roles", ["admin"]).unwrap());
    let answer = block_on(send(&requiring(rule), &token().sign()));
    answer.rejected(
        403,
        Some("insufficient_scope"),
        ErrorKind::InsufficientScope,
    );
    for name in ["acr_values", "max_age", "scope"] {
        assert_eq!(answer.attribute(name), None);
    }
}

#[test]
fn of_alternatives_the_challenge_names_those_that_can_be_met() {
    let admin = || Rule::any_of("/roles", ["admin"]).unwrap();
    let answer = stepping_up(&requiring(admin().or(acr())), &token().sign());
    assert_eq!(answer.attribute("acr_values"), Some("gold silver"));
    let rule = admin()
        .and(Rule::acr(["x"]).unwrap())
        .or(acr().and(recent()));
    let answer = stepping_up(&requiring(rule), &token().sign());
    assert_eq!(answer.attribute("acr_values"), Some("gold silver"));
    let layer = requiring(admin().or(acr()));
    block_on(send(&layer, &token().claim("roles", ["admin"]).sign())).accepted();
}

#[test]
fn of_two_limits_the_shorter_one_is_named_and_each_value_once() {
    let rule = recent().and(Rule::max_age(Duration::from_secs(60)).unwrap());
    let rule = rule.and(acr()).and(Rule::acr(["silver", "x"]).unwrap());
    let answer = stepping_up(&requiring(rule), &token().sign());
    assert_eq!(answer.attribute("max_age"), Some("60"));
    assert_eq!(answer.attribute("acr_values"), Some("gold silver x"));
}

#[test]
fn an_expired_token_or_none_is_not_told_of_the_requirement() {
    let layer = requiring(acr().and(recent()));
    let answer = block_on(send(&layer, &token().expired().sign()));
    answer.rejected(401, Some("invalid_token"), ErrorKind::Expired);
    assert_eq!(answer.attribute("acr_values"), None);
    let answer = block_on(ask(&layer, crate::support::request(&[])));
    assert_eq!(answer.challenge(), Some("Bearer"));
}

// 19
#[test]
fn c19_the_challenge_of_a_token_with_a_proof_has_the_scheme_dpop() {
    let layer = builder_with(dpop())
        .check(acr().and(recent()))
        .build()
        .unwrap();
    let token = bound();
    let answer = block_on(ask(&layer, presented(&token, &proof(&token).sign())));
    assert_eq!(answer.status, 401);
    let expected = format!(
        "DPoP error=\"insufficient_user_authentication\",error_description=\"{DESCRIPTION}\",\
         acr_values=\"gold silver\",max_age=\"300\",algs=\"{ALGS}\""
    );
    assert_eq!(answer.challenge(), Some(expected.as_str()));
    let stepped_up = crate::support::token().bound_to(client());
    let stepped_up = stepped_up
        .claim("acr", "gold")
        .claim("auth_time", NOW)
        .sign();
    let valid = presented(&stepped_up, &proof(&stepped_up).sign());
    block_on(ask(&layer, valid)).accepted();

    // A bearer token: its challenge has the error, and that of DPoP has none of it.
    let bearer = crate::support::bearer(&crate::support::token().sign());
    let answer = block_on(ask(&layer, bearer));
    let challenges = answer.challenges();
    let names = |index: usize| {
        challenges[index]
            .1
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
    };
    assert_eq!((challenges[0].0, challenges[1].0), ("Bearer", "DPoP"));
    assert_eq!(
        names(0),
        ["error", "error_description", "acr_values", "max_age"]
    );
    assert_eq!(names(1), ["algs"]);
}

#[test]
fn problem_details_have_the_same_challenge() {
    let layer = builder()
        .check(recent())
        .rejection_response(ProblemDetails::new());
    let layer = layer.build().unwrap();
    let inner = tower::service_fn(|_: http::Request<()>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let request = crate::support::bearer(&token().sign());
    let service = tower::Layer::layer(&layer, inner);
    let response = block_on(tower::ServiceExt::oneshot(service, request)).unwrap();
    assert_eq!(response.status(), 401);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.ends_with(",max_age=\"300\""), "{challenge}");
    assert!(response.body().contains(DESCRIPTION), "{}", response.body());
}
