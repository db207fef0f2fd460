//! The class of the authentication (RFC 9470 §3, OpenID Connect Core §2).

use serde_json::{Value, json};
use tower_jwt_auth::Rule;

use super::{requiring, stepping_up};
use crate::support::{block_on, payload, send, signed, token};

// 15
#[test]
fn c15_a_token_with_one_of_the_values_is_accepted() {
    let layer = requiring(Rule::acr(["phrh", "urn:example:gold"]).unwrap());
    for acr in ["phrh", "urn:example:gold"] {
        let token = token().claim("acr", acr).sign();
        block_on(send(&layer, &token)).named(acr).accepted();
    }
}

// 15, 18: no order is guessed, nothing is decoded, split or compared without case.
#[test]
fn c15_c18_a_token_with_another_value_or_none_gets_401_with_the_values_in_order_of_preference() {
    let layer = requiring(Rule::acr(["phrh", "phr", "2"]).unwrap());
    let others: [Value; 13] = [
        json!("pw"),
        json!("PHRH"),
        json!("phr "),
        json!("phrh phr"),
        json!("ph"),
        json!("phrhx"),
        json!("3"),
        json!(2),
        json!(""),
        json!(["phrh"]),
        json!({"phrh": true}),
        json!(true),
        json!("\u{ff50}hr"),
    ];
    for acr in others {
        let answer = stepping_up(&layer, &token().claim("acr", &acr).sign());
        assert_eq!(answer.attribute("acr_values"), Some("phrh phr 2"), "{acr}");
        assert_eq!(answer.attribute("max_age"), None, "{acr}");
        assert_eq!(answer.attribute("scope"), None, "{acr}");
    }
    let answer = stepping_up(&layer, &token().sign());
    assert_eq!(answer.attribute("acr_values"), Some("phrh phr 2"));
}

#[test]
fn an_escaped_value_is_the_same_string() {
    let layer = requiring(Rule::acr(["phr"]).unwrap());
    let escaped = signed(payload(&[("acr", r#""\u0070hr""#)]));
    block_on(send(&layer, &escaped)).accepted();
    let in_object = signed(payload(&[("x", r#"{"acr":"phr"}"#)]));
    stepping_up(&layer, &in_object);
}

// 18
#[test]
fn c18_a_predicate_can_compare_levels_and_never_sees_an_absent_value() {
    let level = |acr: &str| acr.parse::<u8>().unwrap();
    let layer = requiring(Rule::acr_fn(["2", "3"], move |acr| level(acr) >= 2).unwrap());
    for acr in ["2", "3", "9"] {
        let token = token().claim("acr", acr).sign();
        block_on(send(&layer, &token)).named(acr).accepted();
    }
    for token in [
        token().claim("acr", "1"),
        token().claim("acr", 3),
        token().claim("acr", ["3"]),
        token(),
    ] {
        let answer = stepping_up(&layer, &token.sign());
        assert_eq!(answer.attribute("acr_values"), Some("2 3"));
    }
}
