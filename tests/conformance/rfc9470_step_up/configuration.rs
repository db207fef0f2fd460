//! Values that a challenge can't have are rejected when the rule is built.

use std::time::Duration;

use tower_jwt_auth::{ConfigErrorKind, Rule};

// 18
#[test]
fn c18_values_of_acr_are_checked_as_scopes_are() {
    let invalid: [&[&str]; 8] = [
        &[],
        &[""],
        &["two words"],
        &["gold", ""],
        &["quote\""],
        &["back\\slash"],
        &["ü"],
        &["line\n"],
    ];
    for values in invalid {
        for rule in [
            Rule::acr(values.iter().copied()),
            Rule::acr_fn(values.iter().copied(), |_| true),
        ] {
            let error = rule.unwrap_err();
            assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
            assert!(error.to_string().starts_with("acr values ["), "{error}");
        }
    }
    assert!(Rule::acr(["urn:mace:incommon:iap:silver", "https://x/#a", "1"]).is_ok());
}

// 16: a non-negative integer.
#[test]
fn c16_max_age_is_whole_seconds() {
    for valid in [
        Duration::ZERO,
        Duration::from_secs(1),
        Duration::from_secs(u64::MAX),
    ] {
        assert!(Rule::max_age(valid).is_ok(), "{valid:?}");
    }
    let error = Rule::max_age(Duration::from_millis(1500)).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(
        error.to_string(),
        "max_age is 1.5s: must be whole seconds (RFC 9470 section 3)"
    );
}
