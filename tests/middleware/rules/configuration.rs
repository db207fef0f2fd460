//! Rules and tables that can't be right are rejected when they are built.

use http::Method;
use tower_jwt_auth::{
    ConfigError, ConfigErrorKind, GrpcRules, McpRules, RequireLayer, RouteRules, Rule,
};

use crate::support::builder;

#[track_caller]
fn check<T>(outcome: Result<T, ConfigError>, message: &str) {
    let error = outcome.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(error.to_string(), message);
}

#[test]
fn an_invalid_path_or_value_is_named() {
    for path in ["", "roles", "#/roles", "/~", "/a~2b", "/roles/~"] {
        let message = format!(
            "path of any_of is {path:?}: must be a JSON pointer, which starts with / and has ~ only \
             as ~0 or ~1 (RFC 6901 section 3)"
        );
        check(Rule::any_of(path, ["a"]), &message);
        check(RequireLayer::any_of(path, ["a"]), &message);
        assert!(Rule::all_of(path, ["a"]).is_err() && Rule::equals(path, "a").is_err());
        assert!(Rule::present(path).is_err());
    }
    let none: [&str; 0] = [];
    check(
        Rule::any_of("/roles", none),
        "values of any_of \"/roles\" are []: must be at least one, none of them empty",
    );
    check(
        RequireLayer::all_of("/roles", ["a", ""]),
        "values of all_of \"/roles\" are [\"a\", \"\"]: must be at least one, none of them empty",
    );
    check(
        Rule::all_of("/roles", (0..65).map(|role| role.to_string())),
        "all_of \"/roles\" has 65 values: must have at most 64",
    );
    for value in [
        serde_json::json!(""),
        serde_json::json!(null),
        serde_json::json!(1.5),
        serde_json::json!([1]),
        serde_json::json!({}),
    ] {
        let message = format!(
            "value of equals \"/a\" is {value}: must be a string that is not empty, a boolean or an \
             integer"
        );
        check(Rule::equals("/a", value), &message);
    }
}

#[test]
fn invalid_scopes_are_named() {
    let none: [&str; 0] = [];
    check(
        Rule::all_scopes(none),
        "all_scopes is empty: must name at least one scope",
    );
    check(
        Rule::any_scope(none),
        "any_scope is empty: must name at least one scope",
    );
    let message = "scope \"a b\": must be one or more visible ASCII characters other than \" and \
                   \\ (RFC 6749 section 3.3)";
    check(Rule::any_scope(["a b"]), message);
    check(builder().add_implied_scopes("a b", ["c"]).build(), message);
    check(builder().add_implied_scopes("c", ["a b"]).build(), message);
}

#[test]
fn a_table_has_one_rule_for_each_key() {
    let rule = Rule::authenticated;
    let routes = || {
        let table = RouteRules::new(|request| Some(request.uri().path()));
        table.add(Method::GET, "/a", rule()).unwrap()
    };
    assert!(routes().add(Method::POST, "/a", rule()).is_ok());
    check(
        routes().add(Method::GET, "/a", rule()),
        "route GET \"/a\" has two rules: must have one",
    );
    check(
        routes().add(Method::GET, "b", rule()),
        "route \"b\": must start with /, as the router's routes do",
    );
    let grpc = || GrpcRules::new().add("a.B/C", rule()).unwrap();
    assert!(grpc().add("a.B", rule()).is_ok());
    check(
        grpc().add("a.B/C", rule()),
        "gRPC name \"a.B/C\" has two rules: must have one",
    );
    check(
        grpc().add("/a.B/C", rule()),
        "gRPC name \"/a.B/C\": must be package.Service or package.Service/Method",
    );
    let mcp = || McpRules::new().add_tool("a", rule()).unwrap();
    assert!(mcp().add_prompt("a", rule()).is_ok() && mcp().add_resource("a", rule()).is_ok());
    assert!(mcp().add_method("tools/call", rule()).is_ok());
    let must = "must have a name that is not empty and has no other rule";
    check(
        mcp().add_tool("a", rule()),
        &format!("rule for \"tools/call\" \"a\": {must}"),
    );
    check(
        mcp().add_tool("", rule()),
        &format!("rule for \"tools/call\" \"\": {must}"),
    );
    check(
        mcp().add_method("", rule()),
        &format!("rule for \"\" \"\": {must}"),
    );
    let twice = mcp().add_method("ping", rule()).unwrap();
    check(
        twice.add_method("ping", rule()),
        &format!("rule for \"ping\" \"\": {must}"),
    );
}
