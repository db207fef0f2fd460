//! Rules by the headers `Mcp-Method` and `Mcp-Name`.

use http::{Method, Request};
use tower_jwt_auth::{McpRules, RequireLayer, Rule};

use super::{below, below_layer, challenge};
use crate::support::{builder, payload, signed};

fn scope(scope: &str) -> Rule {
    Rule::all_scopes([scope]).unwrap()
}

fn rules() -> McpRules {
    let rules = McpRules::new()
        .add_tool("read_file", scope("files:read"))
        .and_then(|rules| rules.add_tool("datei_löschen", scope("files:write")))
        .and_then(|rules| rules.add_prompt("review", scope("prompts")))
        .and_then(|rules| rules.add_resource("file:///a b", scope("files:read")))
        .and_then(|rules| rules.add_method("resources/read", scope("files:all")))
        .and_then(|rules| rules.add_method("tools/list", scope("list")));
    rules.unwrap()
}

const ALL: &str = "files:read files:write files:all prompts list";

const VERSION: &str = "mcp-protocol-version";

/// Of the version that has the headers, unless they name another one.
fn request(headers: &[(&str, &str)], scopes: &str) -> Request<()> {
    let token = signed(payload(&[("scope", &format!("{scopes:?}"))]));
    let mut request = Request::post("/mcp").header("authorization", format!("Bearer {token}"));
    if !headers.iter().any(|(name, _)| *name == VERSION) {
        request = request.header(VERSION, "2026-07-28");
    }
    for (name, value) in headers {
        request = request.header(*name, value.as_bytes());
    }
    request.body(()).unwrap()
}

fn status(rules: McpRules, headers: &[(&str, &str)], scopes: &str) -> u16 {
    let response = below_layer(&RequireLayer::mcp_rules(rules), request(headers, scopes));
    response.status().as_u16()
}

fn named<'h>(method: &'h str, name: &'h str) -> [(&'h str, &'h str); 2] {
    [("mcp-method", method), ("mcp-name", name)]
}

#[test]
fn each_tool_prompt_and_resource_has_its_rule() {
    let deleting = "=?base64?ZGF0ZWlfbMO2c2NoZW4=?=";
    let reading = "=?base64?cmVhZF9maWxl?=";
    for (method, name, scopes, expected) in [
        ("tools/call", "read_file", "files:read", 200),
        ("tools/call", "read_file", "files:write", 403),
        ("tools/call", reading, "files:read", 200),
        ("tools/call", reading, "files:write", 403),
        ("tools/call", deleting, "files:write", 200),
        ("tools/call", deleting, "files:read", 403),
        ("prompts/get", "review", "prompts", 200),
        ("prompts/get", "review", "files:read", 403),
        ("resources/read", "file:///a b", "files:read", 200),
        ("resources/read", "file:///other", "files:read", 403),
        ("resources/read", "file:///other", "files:all", 200),
        ("tools/list", "ignored", "list", 200),
        ("tools/list", "read_file", "files:read", 403),
    ] {
        let found = status(rules(), &named(method, name), scopes);
        assert_eq!(found, expected, "{method} {name} {scopes}");
    }
    assert_eq!(
        status(rules(), &[("mcp-method", "tools/list")], "list"),
        200
    );
    assert_eq!(status(rules(), &[("Mcp-Method", "tools/list")], "x"), 403);
}

#[test]
fn a_tool_that_is_not_listed_is_rejected_whatever_the_token_grants() {
    for headers in [
        named("tools/call", "other"),
        named("tools/call", "Read_file"),
        named("tools/call", "review"),
        named("tools/call", "read_file,read_file"),
        named("tools/call", "=?base64?b3RoZXI=?="),
        named("Tools/Call", "read_file"),
        named("tools/call,tools/call", "read_file"),
        named("prompts/get", "read_file"),
        named("initialize", ""),
        named("", "read_file"),
    ] {
        assert_eq!(status(rules(), &headers, ALL), 403, "{headers:?}");
    }
}

#[test]
fn with_a_header_absent_sent_twice_or_malformed_all_rules_must_be_met() {
    let method = ("mcp-method", "tools/call");
    let name = ("mcp-name", "read_file");
    let missing: &[&[(&str, &str)]] = &[
        &[],
        &[name],
        &[method],
        &[method, method, name],
        &[method, name, name],
        &[method, ("mcp-method", "tools/list"), name],
        &[method, name, ("mcp-name", "datei")],
        &[method, ("mcp-name", "datei_löschen")],
        &[method, ("mcp-name", "=?base64?cmVhZF9maWxl")],
        &[method, ("mcp-name", "=?base64?cmVhZF9maWxl=?=")],
        &[method, ("mcp-name", "=?base64?/////w==?=")],
        &[("mcp-method", "=?base64?x?="), name],
    ];
    for headers in missing {
        assert_eq!(status(rules(), headers, ALL), 200, "{headers:?}");
        for lacking in ALL.split(' ') {
            let scopes = ALL.replace(lacking, "x");
            assert_eq!(
                status(rules(), headers, &scopes),
                403,
                "{headers:?} {lacking}"
            );
        }
        let strict = rules().require_headers();
        assert_eq!(status(strict, headers, ALL), 403, "{headers:?}");
        assert_eq!(status(McpRules::new(), headers, ALL), 403, "{headers:?}");
    }
    let response = below_layer(&RequireLayer::mcp_rules(rules()), request(&[], "list"));
    let scopes = "scope=\"files:read files:write prompts files:all list\"";
    assert!(challenge(&response).ends_with(scopes), "{response:?}");
}

/// Servers do not compare the headers of older versions with the body: a client could name any
/// tool.
#[test]
fn in_older_versions_the_headers_are_ignored() {
    let [method, name] = named("tools/call", "read_file");
    for version in ["2026-07-28", "2027-01-01"] {
        let headers = [(VERSION, version), method, name];
        assert_eq!(status(rules(), &headers, "files:read"), 200, "{version}");
    }
    let older = [
        "2025-11-25",
        "2026-07-27",
        "2026-7-28",
        "2026-07-28x",
        "DRAFT-2027",
        "9",
        "",
    ];
    for version in older {
        let headers = [(VERSION, version), method, name];
        assert_eq!(status(rules(), &headers, "files:read"), 403, "{version}");
        assert_eq!(status(rules(), &headers, ALL), 200, "{version}");
        let strict = rules().require_headers();
        assert_eq!(status(strict, &headers, ALL), 403, "{version}");
    }
    let doubled = [
        (VERSION, "2026-07-28"),
        (VERSION, "2025-11-25"),
        method,
        name,
    ];
    assert_eq!(status(rules(), &doubled, "files:read"), 403);
    let mut without = request(&[method, name], "files:read");
    without.headers_mut().remove(VERSION);
    let response = below_layer(&RequireLayer::mcp_rules(rules()), without);
    assert_eq!(response.status(), 403);
}

#[test]
fn other_methods_have_a_rule_only_if_it_is_set_and_do_not_include_tools() {
    let rules = || rules().other_methods(scope("other"));
    for (headers, scopes, expected) in [
        (&[("mcp-method", "ping")][..], "other", 200),
        (&[("mcp-method", "ping")], "x", 403),
        (&named("resources/subscribe", "file:///x"), "other", 200),
        (&[("mcp-method", "tools/list")], "other", 403),
        (&named("tools/call", "unlisted"), "other", 403),
        (&named("prompts/get", "unlisted"), "other", 403),
        (&[], ALL, 403),
        (
            &[],
            "files:read files:write files:all prompts list other",
            200,
        ),
    ] {
        assert_eq!(
            status(rules(), headers, scopes),
            expected,
            "{headers:?} {scopes}"
        );
    }
    let of_all_tools = rules().add_method("tools/call", scope("tools")).unwrap();
    assert_eq!(
        status(
            of_all_tools.clone(),
            &named("tools/call", "unlisted"),
            "tools"
        ),
        200
    );
    assert_eq!(
        status(of_all_tools, &named("tools/call", "read_file"), "tools"),
        403
    );
}

#[test]
fn a_request_without_a_token_gets_401_and_other_methods_of_http_can_be_left_out() {
    let require = RequireLayer::mcp_rules(rules());
    let optional = builder().optional().build().unwrap();
    let anonymous = Request::post("/mcp").body(()).unwrap();
    assert_eq!(below(&optional, &require, anonymous).status(), 401);
    let posts = require
        .clone()
        .only_for(|request| request.method() == Method::POST);
    let get = || {
        let mut get = request(&[], "none");
        *get.method_mut() = Method::GET;
        get
    };
    assert_eq!(below_layer(&require, get()).status(), 403);
    assert_eq!(below_layer(&posts, get()).status(), 200);
}

/// Servers compare the headers of a `POST` only: other requests have no body that names a method.
#[test]
fn the_headers_of_other_methods_of_http_count_for_nothing() {
    let with = |method: &Method, rules: McpRules, scopes: &str| {
        let mut request = request(&named("tools/list", "x"), scopes);
        *request.method_mut() = method.clone();
        below_layer(&RequireLayer::mcp_rules(rules), request).status()
    };
    assert_eq!(with(&Method::POST, rules(), "list"), 200);
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::HEAD] {
        assert_eq!(with(&method, rules(), "list"), 403, "{method}");
        assert_eq!(with(&method, rules(), ALL), 200, "{method}");
        let strict = rules().require_headers();
        assert_eq!(with(&method, strict, ALL), 403, "{method}");
    }
}

/// A server may decode what another one compares as it is.
#[test]
fn a_name_in_base64_of_another_case_must_meet_all_rules() {
    let rules = || rules().add_method("tools/call", scope("tools")).unwrap();
    for name in ["=?BASE64?cmVhZF9maWxl?=", "=?Base64?cmVhZF9maWxl?="] {
        let headers = named("tools/call", name);
        assert_eq!(status(rules(), &headers, "tools"), 403, "{name}");
        let all = format!("{ALL} tools");
        assert_eq!(status(rules(), &headers, &all), 200, "{name}");
    }
}
