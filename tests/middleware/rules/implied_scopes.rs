//! Scopes that imply others (C11).

use tower_jwt_auth::{JwtAuthBuilder, RequireLayer, Rule};

use super::{below, challenge, claims_of};
use crate::support::{bearer, block_on, builder, payload, send, signed};

fn implying() -> JwtAuthBuilder {
    builder()
        .add_implied_scopes("write", ["read"])
        .add_implied_scopes("admin", ["write", "users"])
}

fn token(scope: &str) -> String {
    signed(payload(&[("scope", &format!("{scope:?}"))]))
}

#[test]
fn c11_a_broader_scope_grants_the_narrower_ones_and_never_the_other_way_round() {
    let layer = implying().build().unwrap();
    for (scope, granted) in [
        ("admin", "admin write read users"),
        ("write", "write read"),
        ("read", "read"),
        ("users", "users"),
        ("read users", "read users"),
        ("Admin", ""),
        ("", ""),
    ] {
        let claims = claims_of(&layer, &[("scope", &format!("{scope:?}"))]);
        for asked in ["admin", "write", "read", "users", "other"] {
            let expected = granted.split(' ').any(|granted| granted == asked);
            assert_eq!(claims.has_scope(asked), expected, "{scope}: {asked}");
            assert_eq!(claims.require_scopes(&[asked]).is_ok(), expected);
            let rule = Rule::any_scope([asked]).unwrap();
            assert_eq!(rule.check_claims(&claims).is_ok(), expected);
        }
        let scopes: Vec<_> = claims.scopes().collect();
        let expected: Vec<_> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
        assert_eq!(scopes, expected, "what the token says is not changed");
    }
}

#[test]
fn c11_it_holds_for_the_layer_and_for_those_below_it() {
    let layer = implying().require_scopes(["read"]).build().unwrap();
    block_on(send(&layer, &token("admin"))).accepted();
    let answer = block_on(send(&layer, &token("users")));
    assert_eq!(
        (answer.status.as_u16(), answer.attribute("scope")),
        (403, Some("read"))
    );
    let require = RequireLayer::all_scopes(["write", "users"]).unwrap();
    assert_eq!(
        below(&layer, &require, bearer(&token("admin"))).status(),
        200
    );
    let response = below(&layer, &require, bearer(&token("write")));
    assert_eq!(response.status(), 403);
    assert!(challenge(&response).ends_with("scope=\"write users\""));
}

#[test]
fn without_the_setting_no_scope_implies_another() {
    let layer = builder().build().unwrap();
    let claims = claims_of(&layer, &[("scope", "\"admin write\"")]);
    assert!(!claims.has_scope("read") && claims.has_scope("write"));
}
