//! `and`, `or`, `not`: compared with a model in three values, on every claim and every shape.

use tower_jwt_auth::{Error, ErrorKind, Rule};

use super::{claims_with, meets};

/// Kleene's logic: `None` is unknown.
type Value = Option<bool>;

fn and(one: Value, other: Value) -> Value {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(one: Value, other: Value) -> Value {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn not(value: Value) -> Value {
    value.map(|value| !value)
}

#[test]
fn a_combination_is_met_only_if_the_model_says_so() {
    let rule = |name: &str| Rule::equals(format!("/{name}"), true).unwrap();
    let values = [(Some(true), "true"), (Some(false), "false"), (None, "")];
    for (a, a_text) in values {
        for (b, b_text) in values {
            for (c, c_text) in values {
                let claims = claims_with(&[("a", a_text), ("b", b_text), ("c", c_text)]);
                let (ra, rb, rc) = (|| rule("a"), || rule("b"), || rule("c"));
                for (rule, expected) in [
                    (ra().and(rb()).and(rc()), and(and(a, b), c)),
                    (ra().or(rb()).or(rc()), or(or(a, b), c)),
                    (ra().and(rb()).or(rc()), or(and(a, b), c)),
                    (ra().or(rb()).and(rc()), and(or(a, b), c)),
                    (ra().and(rb().or(rc())), and(a, or(b, c))),
                    (ra().or(rb().and(rc())), or(a, and(b, c))),
                    (ra().and(rb()).not().or(rc()), or(not(and(a, b)), c)),
                    (ra().or(rb()).not().and(rc()), and(not(or(a, b)), c)),
                    (ra().not().and(rb().not()).not().not(), and(not(a), not(b))),
                    (ra().not().or(rb()).not(), not(or(not(a), b))),
                ] {
                    let shown = format!("{rule:?} with {a:?} {b:?} {c:?}");
                    assert_eq!(meets(&rule, &claims), expected == Some(true), "{shown}");
                }
            }
        }
    }
}

fn scopes_of(rule: &Rule, scope: &str) -> (ErrorKind, Option<String>) {
    let scope = format!("{scope:?}");
    let error: Error = rule
        .check_claims(&claims_with(&[("scope", &scope)]))
        .unwrap_err();
    (error.kind(), error.required_scope().map(str::to_owned))
}

#[test]
fn the_challenge_names_all_scopes_of_the_request_at_once_and_each_once() {
    let all = |scopes: &[&str]| Rule::all_scopes(scopes.iter().copied()).unwrap();
    let any = |scopes: &[&str]| Rule::any_scope(scopes.iter().copied()).unwrap();
    let role = || Rule::any_of("/roles", ["admin"]).unwrap();
    for (rule, granted, expected) in [
        (all(&["a", "b"]).and(all(&["c"])), "a", Some("a b c")),
        (all(&["a", "b"]).and(all(&["b", "c"])), "a b", Some("a b c")),
        (all(&["a"]).and(any(&["b", "c"])), "a", Some("a b c")),
        (all(&["a"]).or(all(&["b"])), "x", Some("a b")),
        (role().or(all(&["b"])), "x", Some("b")),
        (role().and(all(&["x"])).or(all(&["b"])), "y", Some("b")),
        // Scopes would not help.
        (role().and(all(&["a"])), "x", None),
        (role(), "x", None),
        (all(&["a"]).not(), "a", None),
        (all(&["a"]).and(all(&["b"]).not()), "b", None),
        (all(&["a"]).and(all(&["c"]).not()), "b", Some("a")),
    ] {
        let (kind, scopes) = scopes_of(&rule, granted);
        assert_eq!(kind, ErrorKind::InsufficientScope);
        assert_eq!(scopes.as_deref(), expected, "{rule:?} with {granted:?}");
    }
}

#[test]
fn any_token_meets_authenticated_and_none_its_negation() {
    let claims = claims_with(&[]);
    assert!(meets(&Rule::authenticated(), &claims));
    assert!(!meets(&Rule::authenticated().not(), &claims));
}

#[test]
fn a_token_that_names_no_scopes_meets_neither_a_rule_about_scopes_nor_its_negation() {
    let all = Rule::all_scopes(["suspended"]).unwrap();
    let any = Rule::any_scope(["suspended", "blocked"]).unwrap();
    for rule in [all, any] {
        let negation = rule.clone().not();
        for scope in ["", "7", "{}", r#"["a",1]"#] {
            let claims = claims_with(&[("scope", scope)]);
            assert!(!meets(&rule, &claims), "{rule:?} with {scope}");
            assert!(!meets(&negation, &claims), "{negation:?} with {scope}");
        }
        for claim in [("scope", r#""""#), ("scope", r#""a""#), ("scp", r#"["a"]"#)] {
            let claims = claims_with(&[claim]);
            assert!(!meets(&rule, &claims), "{rule:?} with {claim:?}");
            assert!(meets(&negation, &claims), "{negation:?} with {claim:?}");
        }
        let claims = claims_with(&[("scope", r#""suspended""#)]);
        assert!(meets(&rule, &claims) && !meets(&negation, &claims));
    }
}
