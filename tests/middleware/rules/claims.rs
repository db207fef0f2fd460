//! What each rule about a claim accepts. What it does not accept is rejected: a claim that is
//! absent, and one of each other JSON type, also by the negation of the rule.

use serde::Deserialize;
use tower_jwt_auth::{ClaimPath, RequireLayer, Rule};

use super::{below_layer, claims_with, meets};
use crate::support::{bearer, block_on, builder, payload, send, signed};

/// How a rule and its negation judge a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Judged {
    Met,
    NotMet,
    /// Neither the rule nor its negation is met.
    Unknown,
}
use Judged::{Met, NotMet, Unknown};

#[track_caller]
fn judge(rule: &Rule, claim: &str) -> Judged {
    let claims = claims_with(&[("roles", claim)]);
    match (meets(rule, &claims), meets(&rule.clone().not(), &claims)) {
        (true, false) => Met,
        (false, true) => NotMet,
        (false, false) => Unknown,
        (true, true) => panic!("{rule:?} and its negation are met by {claim}"),
    }
}

#[track_caller]
fn check(rule: &Rule, table: &[(&str, Judged)]) {
    for (claim, expected) in table {
        assert_eq!(judge(rule, claim), *expected, "{rule:?} of {claim:?}");
    }
}

/// Values that no rule about strings is met by, nor its negation. The first one is an absent claim.
const NO_STRINGS: &[&str] = &[
    "",
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1.5",
    "1e300",
    "18446744073709551615",
    "{}",
    r#"{"editor":true}"#,
    r#"{"0":"editor"}"#,
    r#"["editor",1]"#,
    r#"["editor",null]"#,
    r#"["editor",["editor"]]"#,
    r#"["editor",{"a":"editor"}]"#,
    r#"[["editor"]]"#,
    "[1]",
    "[true]",
];

#[test]
fn any_of_needs_one_of_the_values_in_an_array_or_as_a_string() {
    let rule = Rule::any_of("/roles", ["editor", "admin"]).unwrap();
    check(
        &rule,
        &[
            (r#"["editor"]"#, Met),
            (r#"["reader","admin"]"#, Met),
            (r#"["admin","editor","editor"]"#, Met),
            (r#""editor""#, Met),
            (r#"["\u0065ditor"]"#, Met),
            (r#""\u0065ditor""#, Met),
            (r#"["reader"]"#, NotMet),
            ("[]", NotMet),
            (r#"["Editor","editor ","edito","editors"]"#, NotMet),
            // Only `scope` is split.
            (r#""editor admin""#, NotMet),
            (r#"["editor admin"]"#, NotMet),
            (r#""""#, NotMet),
            (r#""[\"editor\"]""#, NotMet),
        ],
    );
    for claim in NO_STRINGS {
        assert_eq!(judge(&rule, claim), Unknown, "{claim}");
    }
}

#[test]
fn all_of_needs_each_of_the_values() {
    let rule = Rule::all_of("/roles", ["editor", "admin"]).unwrap();
    check(
        &rule,
        &[
            (r#"["editor","admin"]"#, Met),
            (r#"["admin","x","editor","admin"]"#, Met),
            (r#"["editor"]"#, NotMet),
            (r#"["editor","editor"]"#, NotMet),
            ("[]", NotMet),
            (r#""editor""#, NotMet),
            (r#""editor admin""#, NotMet),
        ],
    );
    for claim in NO_STRINGS {
        assert_eq!(judge(&rule, claim), Unknown, "{claim}");
    }
    let one = Rule::all_of("/roles", ["editor", "editor"]).unwrap();
    check(&one, &[(r#""editor""#, Met), (r#"["editor"]"#, NotMet)]);
}

#[test]
fn each_of_64_values_is_needed_and_any_of_has_no_maximum() {
    let names = |count: usize| (0..count).map(|index| format!("r{index}"));
    let array = |names: &[String]| format!("{names:?}");
    let all: Vec<_> = names(64).collect();
    let rule = Rule::all_of("/roles", names(64)).unwrap();
    assert_eq!(judge(&rule, &array(&all)), Met);
    for lacking in 0..64 {
        let mut most = all.clone();
        most.remove(lacking);
        assert_eq!(judge(&rule, &array(&most)), NotMet, "{lacking}");
    }
    let rule = Rule::any_of("/roles", names(200)).unwrap();
    for index in [0, 63, 64, 65, 199] {
        assert_eq!(
            judge(&rule, &format!("[\"x\",\"r{index}\"]")),
            Met,
            "{index}"
        );
    }
    assert_eq!(judge(&rule, "[\"r200\"]"), NotMet);
}

#[test]
fn equals_needs_the_value_with_its_json_type() {
    let text = Rule::equals("/roles", "editor").unwrap();
    check(
        &text,
        &[
            (r#""editor""#, Met),
            (r#""edit\u006fr""#, Met),
            (r#""Editor""#, NotMet),
            (r#""""#, NotMet),
            (r#"["editor"]"#, Unknown),
            ("true", Unknown),
            ("null", Unknown),
            ("", Unknown),
        ],
    );
    let yes = Rule::equals("/roles", true).unwrap();
    check(
        &yes,
        &[
            ("true", Met),
            ("false", NotMet),
            (r#""true""#, Unknown),
            ("1", Unknown),
            ("[true]", Unknown),
            ("null", Unknown),
            ("", Unknown),
        ],
    );
    for (rule, claim) in [
        (Rule::equals("/roles", 0), "0"),
        (Rule::equals("/roles", 7), "7"),
        (Rule::equals("/roles", -7), "-7"),
        (Rule::equals("/roles", u64::MAX), "18446744073709551615"),
        (Rule::equals("/roles", i64::MIN), "-9223372036854775808"),
    ] {
        let rule = rule.unwrap();
        assert_eq!(judge(&rule, claim), Met, "{claim}");
        for other in ["1", "8", "9223372036854775807"] {
            assert_eq!(judge(&rule, other), NotMet, "{other}");
        }
        for other in ["7.0", "1e1", r#""7""#, "[7]", "{}", "true", "null", ""] {
            assert_eq!(judge(&rule, other), Unknown, "{other}");
        }
    }
}

#[test]
fn present_needs_any_value_and_its_negation_none() {
    let rule = Rule::present("/roles").unwrap();
    for value in [
        r#""""#,
        "0",
        "-1",
        "0.5",
        "false",
        "[]",
        "{}",
        "[null]",
        r#"{"a":1}"#,
    ] {
        assert_eq!(judge(&rule, value), Met, "{value}");
    }
    check(&rule, &[("null", NotMet), ("", NotMet)]);
}

#[test]
fn the_usual_places_are_those_of_the_providers() {
    let keycloak = r#"{"roles":["a"]}"#;
    let client = r#"{"shop/v1~x":{"roles":["a"]},"other":{"roles":["b"]}}"#;
    for (path, pointer, (name, value)) in [
        (
            ClaimPath::keycloak_realm_roles(),
            "/realm_access/roles",
            ("realm_access", keycloak),
        ),
        (
            ClaimPath::keycloak_client_roles("shop/v1~x"),
            "/resource_access/shop~1v1~0x/roles",
            ("resource_access", client),
        ),
        (ClaimPath::entra_roles(), "/roles", ("roles", r#"["a"]"#)),
        (ClaimPath::entra_groups(), "/groups", ("groups", r#"["a"]"#)),
        (
            ClaimPath::auth0_permissions(),
            "/permissions",
            ("permissions", r#"["a"]"#),
        ),
        (
            ClaimPath::cognito_groups(),
            "/cognito:groups",
            ("cognito:groups", r#"["a"]"#),
        ),
        (
            ClaimPath::claim("https://app.example/~roles"),
            "/https:~1~1app.example~1~0roles",
            ("https://app.example/~roles", r#"["a"]"#),
        ),
    ] {
        assert_eq!(path.as_str(), pointer);
        let rule = Rule::any_of(path, ["a"]).unwrap();
        assert!(meets(&rule, &claims_with(&[(name, value)])), "{pointer}");
        assert!(!meets(&rule, &claims_with(&[("x", value)])), "{pointer}");
        let nested = format!("{{{name:?}:{value}}}");
        assert!(!meets(&rule, &claims_with(&[("x", &nested)])), "{pointer}");
    }
}

#[test]
fn a_path_goes_through_objects_and_arrays_and_ends_elsewhere() {
    let claims = claims_with(&[
        ("a", r#"{"b":[{"c":"x"},{"c":"y"}],"d":"x"}"#),
        ("t", "\"x\""),
    ]);
    let is = |path: &str, value: &str| meets(&Rule::equals(path, value).unwrap(), &claims);
    assert!(is("/a/b/0/c", "x") && is("/a/b/1/c", "y") && is("/a/d", "x"));
    for path in [
        "/a/b/2/c",
        "/a/b/c",
        "/a/b/-/c",
        "/a/b/00/c",
        "/a/d/0",
        "/t/0",
        "/A/d",
        "/a~1d",
    ] {
        assert!(!is(path, "x"), "{path}");
        assert!(!meets(&Rule::present(path).unwrap(), &claims), "{path}");
    }
    assert!(
        is("/iss", "https://issuer.example"),
        "registered claims, too"
    );
}

#[derive(Deserialize)]
struct Typed {}

#[test]
fn the_claims_type_does_not_matter() {
    let rule = || Rule::any_of("/realm_access/roles", ["editor"]).unwrap();
    let layer = builder().claims::<Typed>().check(rule()).build().unwrap();
    let token = |roles: &str| signed(payload(&[("realm_access", roles)]));
    block_on(send(&layer, &token(r#"{"roles":["editor"]}"#))).accepted();
    let answer = block_on(send(&layer, &token(r#"{"roles":["reader"]}"#)));
    assert_eq!(
        (answer.status.as_u16(), answer.attribute("scope")),
        (403, None)
    );
}

#[test]
fn the_layer_has_constructors_for_the_usual_rules() {
    let token = signed(payload(&[("roles", r#"["a","b"]"#), ("level", "3")]));
    for (require, status) in [
        (RequireLayer::any_of("/roles", ["b", "c"]), 200),
        (RequireLayer::all_of("/roles", ["b", "a"]), 200),
        (RequireLayer::equals("/level", 3), 200),
        (RequireLayer::any_of("/roles", ["c"]), 403),
        (RequireLayer::all_of("/roles", ["b", "c"]), 403),
        (RequireLayer::equals("/level", 4), 403),
    ] {
        let response = below_layer(&require.unwrap(), bearer(&token));
        assert_eq!(response.status(), status);
    }
}
