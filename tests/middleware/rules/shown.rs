//! `Debug` shows a policy as a reviewer reads it.

use std::time::Duration;

use http::Method;
use tower_jwt_auth::{McpRules, RequireLayer, RouteRules, Rule};

fn role(name: &str) -> Rule {
    Rule::any_of("/roles", [name]).unwrap()
}

#[test]
fn a_rule_is_shown_as_it_is_written_with_parentheses_where_they_matter() {
    let scope = Rule::all_scopes(["a", "b"]).unwrap();
    let any = Rule::any_scope(["c"]).unwrap();
    let recent = Rule::max_age(Duration::from_secs(300)).unwrap();
    let acr = Rule::acr(["gold", "silver"]).unwrap();
    let level = Rule::acr_fn(["2"], |_| true).unwrap();
    for (rule, shown) in [
        (Rule::authenticated(), "authenticated"),
        (role("x\"y"), r#"any_of("/roles", ["x\"y"])"#),
        (
            Rule::all_of("/a~1b", ["x", "y"]).unwrap(),
            r#"all_of("/a~1b", ["x", "y"])"#,
        ),
        (Rule::equals("/a", "x").unwrap(), r#"equals("/a", "x")"#),
        (Rule::equals("/a", -1).unwrap(), r#"equals("/a", -1)"#),
        (
            Rule::equals("/a", true).unwrap().not(),
            r#"not equals("/a", true)"#,
        ),
        (
            Rule::present("/a").unwrap().not().not(),
            r#"not not present("/a")"#,
        ),
        (
            scope.clone().and(any.clone()),
            r#"all_scopes("a b") and any_scope("c")"#,
        ),
        (
            scope.clone().or(any.clone()).and(recent.clone()),
            r#"(all_scopes("a b") or any_scope("c")) and max_age(300 s)"#,
        ),
        (
            scope.clone().or(any.and(recent)),
            r#"all_scopes("a b") or (any_scope("c") and max_age(300 s))"#,
        ),
        (
            acr.or(level).not().and(scope),
            r#"not (acr(["gold", "silver"]) or acr_fn(["2"])) and all_scopes("a b")"#,
        ),
    ] {
        assert_eq!(format!("{rule:?}"), shown);
    }
}

#[test]
fn a_table_is_shown_line_by_line_and_says_that_other_requests_are_rejected() {
    let rules = RouteRules::new(|request| Some(request.uri().path()))
        .add(Method::POST, "/orders", role("editor"))
        .unwrap()
        .add(Method::GET, "/orders/{id}", Rule::authenticated())
        .unwrap()
        .add(Method::GET, "/orders", role("reader"))
        .unwrap();
    assert_eq!(
        format!("{rules:#?}"),
        r#"{
    POST /orders: any_of("/roles", ["editor"]),
    GET /orders: any_of("/roles", ["reader"]),
    GET /orders/{id}: authenticated,
    other requests: rejected,
}"#
    );
    let layer = format!("{:?}", RequireLayer::route_rules(rules.clone()));
    assert!(
        layer.contains(&format!("requirement: {rules:?}")),
        "{layer}"
    );
    let layer = RequireLayer::all_scopes(["a", "b"]).unwrap();
    assert_eq!(
        format!("{layer:?}"),
        "RequireLayer { requirement: all_scopes(\"a b\"), .. }"
    );
}

#[test]
fn a_table_for_mcp_says_how_requests_without_its_headers_are_handled() {
    let none = "{missing headers: rejected, other requests: rejected}";
    assert_eq!(format!("{:?}", McpRules::new()), none);
    let rules = McpRules::new()
        .add_prompt("p \"q\"", role("a"))
        .unwrap()
        .other_methods(Rule::authenticated());
    assert_eq!(
        format!("{rules:?}"),
        "{prompts/get \"p \\\"q\\\"\": any_of(\"/roles\", [\"a\"]), other methods without a name: \
         authenticated, missing headers: all of these rules, other requests: rejected}"
    );
    let rules = rules.require_headers();
    assert!(format!("{rules:?}").contains("missing headers: rejected"));
}
