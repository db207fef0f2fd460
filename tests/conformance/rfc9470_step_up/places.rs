//! Where it can be required: the layer, a router or route, a handler, a gRPC method; and with
//! introspected tokens.

use std::time::Duration;

use http::Request;
use serde::Deserialize;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{Authenticator, Claims, ErrorKind, JwtAuthLayer, RequireLayer, Rule, StepUp};

use super::requiring;
use crate::support::{NOW, bearer, block_on, builder, layer, send, token};

struct Refund;

impl StepUp for Refund {
    const ACR_VALUES: &'static [&'static str] = &["gold"];
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
    const SCOPES: &'static [&'static str] = &["orders:write"];
}

fn rule() -> Rule {
    let scope = Rule::all_scopes(["orders:write"]).unwrap();
    let recent = Rule::max_age(Duration::from_secs(300)).unwrap();
    scope.and(Rule::acr(["gold"]).unwrap()).and(recent)
}

fn tokens() -> Vec<String> {
    let mut tokens = Vec::new();
    for acr in [None, Some("gold"), Some("x")] {
        for auth_time in [None, Some(NOW), Some(NOW - 4000)] {
            for scope in ["", "orders:write"] {
                let mut token = token().scope(scope);
                if let Some(acr) = acr {
                    token = token.claim("acr", acr);
                }
                if let Some(time) = auth_time {
                    token = token.claim("auth_time", time);
                }
                tokens.push(token.sign());
            }
        }
    }
    tokens
}

/// The status and the challenge of a `RequireLayer` below a layer.
fn below(auth: &JwtAuthLayer, token: &str) -> (u16, Option<String>) {
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let service = auth.layer(RequireLayer::rule(rule()).layer(inner));
    let response = block_on(service.oneshot(bearer(token))).unwrap();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), challenge)
}

async fn claims(authenticator: &Authenticator, token: &str) -> Claims {
    authenticator.authenticate(token).await.unwrap()
}

// 19
#[test]
fn c19_the_layer_a_layer_below_it_and_a_handler_give_the_same_answer() {
    let (whole, plain) = (requiring(rule()), layer());
    let mut statuses = Vec::new();
    for token in tokens() {
        let answer = block_on(send(&whole, &token));
        let expected = (
            answer.status.as_u16(),
            answer.challenge().map(str::to_owned),
        );
        assert_eq!(below(&plain, &token), expected);
        let claims = block_on(claims(plain.authenticator(), &token));
        for outcome in [
            claims.require_step_up::<Refund>(),
            rule().check_claims(&claims),
        ] {
            let error = outcome.err();
            assert_eq!(
                error.as_ref().map(tower_jwt_auth::Error::kind),
                answer.kind()
            );
            let shown = |error: &tower_jwt_auth::Error| {
                let texts = [error.acr_values(), error.required_scope()];
                (texts.map(|text| text.map(str::to_owned)), error.max_age())
            };
            assert_eq!(error.as_ref().map(shown), answer.error.as_ref().map(shown));
        }
        statuses.push(expected.0);
    }
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(403), count(401)), (1, 1, 16));
}

#[derive(Deserialize)]
struct Typed {
    sub: String,
}

#[test]
fn it_works_with_a_claims_type_of_your_own() {
    let layer = builder().claims::<Typed>().check(rule()).build().unwrap();
    let answer = block_on(send(&layer, &token().sign()));
    assert_eq!(
        answer.kind(),
        Some(ErrorKind::InsufficientUserAuthentication)
    );
    let valid = token()
        .claim("acr", "gold")
        .claim("auth_time", NOW)
        .scope("orders:write");
    let claims = block_on(send(&layer, &valid.subject("alice").sign())).accepted();
    assert_eq!(claims.custom().sub, "alice");
}
