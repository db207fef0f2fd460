//! `exp`, `nbf` and `iat`: a JSON number of seconds since 1970 (RFC 7519 §2), up to the year 9999.

use std::cmp::Ordering;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tower_jwt_auth::{Claims, ErrorKind};

use crate::properties::decimal::Decimal;
use crate::properties::support::{LEEWAY, NOW, authenticate, cases, payload, sign};

/// The last second of the year 9999.
const LATEST: u64 = 253_402_300_799;
/// Where the outcome changes.
const LIMITS: [u64; 3] = [NOW - LEEWAY, NOW + LEEWAY, LATEST];

/// The expected outcome for a token with this date.
#[derive(Debug, PartialEq)]
enum Expected {
    Accepted,
    Rejected(ErrorKind),
    /// Rejected, either because it is not JSON or because it is not a date.
    NotANumber,
}

fn expected(claim: &str, text: &str) -> Expected {
    let Some(date) = Decimal::parse(text) else {
        return Expected::NotANumber;
    };
    let before_1970 = date.negative && !date.is_zero();
    if before_1970 || date.cmp_size(&Decimal::whole(LATEST)) == Ordering::Greater {
        return Expected::Rejected(ErrorKind::InvalidClaim);
    }
    // RFC 7519 §4.1.4: expired on or after; §4.1.5: not before, so at that time it is valid.
    let expired = date.cmp_size(&Decimal::whole(NOW - LEEWAY)) != Ordering::Greater;
    let future = date.cmp_size(&Decimal::whole(NOW + LEEWAY)) == Ordering::Greater;
    match claim {
        "exp" if expired => Expected::Rejected(ErrorKind::Expired),
        "nbf" | "iat" if future => Expected::Rejected(ErrorKind::NotYetValid),
        _ => Expected::Accepted,
    }
}

/// Returns whether a double can't tell this number from a limit that it does not equal. Either
/// outcome is right then (RFC 8259 §6).
fn is_too_close(text: &str) -> bool {
    let (Some(exact), Ok(double)) = (Decimal::parse(text), text.parse::<f64>()) else {
        return false;
    };
    let near =
        |limit: u64| (double - limit as f64).abs() < 0.0005 && exact != Decimal::whole(limit);
    LIMITS.into_iter().any(near) || (double == 0.0 && !exact.is_zero())
}

fn claim() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["exp", "nbf", "iat"])
}

/// Seconds, mostly near the limits.
fn seconds() -> impl Strategy<Value = u64> {
    let near = |limit: u64| (limit.saturating_sub(3)..=limit + 3).boxed();
    let limits = LIMITS
        .into_iter()
        .chain([0, NOW, u64::from(u32::MAX), 1 << 53, u64::MAX - 3])
        .map(near);
    prop_oneof![6 => prop::strategy::Union::new(limits), 1 => any::<u64>(), 1 => 0..=LATEST]
}

/// Returns the same number with another decimal point and the exponent that makes up for it.
fn respelled(whole: u64, fraction: &str, shift: i32, exponent: &str) -> String {
    let (whole, fraction) = (whole.to_string(), fraction.to_owned());
    let digits = format!("{}{whole}{fraction}{}", "0".repeat(20), "0".repeat(20));
    let point = (20 + whole.len() as i32 - shift) as usize;
    let (before, after) = digits.split_at(point);
    let before = before.trim_start_matches('0');
    let after = after.trim_end_matches('0');
    let before = if before.is_empty() { "0" } else { before };
    let dot = if after.is_empty() { "" } else { "." };
    format!("{before}{dot}{after}{exponent}{shift}")
}

prop_compose! {
    /// A number in one of the forms that JSON has.
    fn number()(
        whole in seconds(),
        fraction in "[0-9]{0,3}",
        shift in -12_i32..=12,
        form in 0..4,
        sign in prop::sample::select(vec!["", "", "", "-"]),
    ) -> String {
        let dot = if fraction.is_empty() { "" } else { "." };
        let text = match form {
            0 => format!("{whole}"),
            1 => format!("{whole}{dot}{fraction}"),
            2 => respelled(whole, &fraction, shift, "e"),
            _ => respelled(whole, &fraction, shift.abs(), "E+"),
        };
        format!("{sign}{text}")
    }
}

/// Almost a number, or one that is too large or too small for any type.
fn odd_number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,25}(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
        "[-+]?[0-9.]{1,12}([eE][+-]{0,2}[0-9.]{0,3})?",
        "[1-9][0-9]{300,400}(\\.5)?",
        "-?[0-9]e[+-]?[0-9]{3,20}",
        "(NaN|-?Infinity|0x[0-9a-f]{1,8}|1_000|[0-9]{1,9}n|)",
    ]
}

/// JSON values that are not numbers.
fn other_value() -> impl Strategy<Value = String> {
    let quoted = number().prop_map(|number| format!("\"{number}\""));
    let listed = number().prop_map(|number| format!("[{number}]"));
    let wrapped = number().prop_map(|number| format!("{{\"$numberLong\":{number}}}"));
    prop_oneof![
        quoted,
        listed,
        wrapped,
        "(null|true|false|\\[\\]|\\{\\}|\"\")"
    ]
}

/// Returns the date from the claims.
fn read(claims: &Claims, claim: &str) -> Option<SystemTime> {
    match claim {
        "exp" => Some(claims.expires_at()),
        "nbf" => claims.not_before(),
        _ => claims.issued_at(),
    }
}

fn check(claim: &str, text: &str) -> Result<(), TestCaseError> {
    let outcome = authenticate(&sign(&payload(&[(claim, text)])));
    match expected(claim, text) {
        Expected::Accepted => {
            let claims =
                outcome.map_err(|error| TestCaseError::fail(format!("{claim} {text}: {error}")))?;
            let exact = Duration::from_secs_f64(text.parse::<f64>().unwrap().max(0.0));
            let since = read(&claims, claim)
                .unwrap()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap();
            prop_assert!(
                since.abs_diff(exact) < Duration::from_millis(1),
                "{claim} {text}: {since:?}"
            );
        }
        Expected::Rejected(kind) => {
            let error = outcome.expect_err(text);
            prop_assert_eq!(
                (error.kind(), error.claim()),
                (kind, named(kind, claim)),
                "{} {}",
                claim,
                text
            );
        }
        Expected::NotANumber => {
            let kind = outcome.expect_err(text).kind();
            prop_assert!(
                matches!(kind, ErrorKind::InvalidClaim | ErrorKind::MalformedToken),
                "{claim} {text}: {kind:?}"
            );
        }
    }
    Ok(())
}

/// Returns the claim that a rejection names.
fn named(kind: ErrorKind, claim: &str) -> Option<&str> {
    (kind != ErrorKind::Expired).then_some(claim)
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn a_date_can_have_any_form_of_a_json_number(claim in claim(), text in number()) {
        prop_assume!(!is_too_close(&text));
        check(claim, &text)?;
    }

    #[test]
    fn an_odd_number_is_accepted_or_rejected_as_in_the_model(
        claim in claim(),
        text in odd_number(),
    ) {
        prop_assume!(!is_too_close(&text));
        check(claim, &text)?;
    }

    #[test]
    fn a_date_that_is_not_a_number_is_an_invalid_claim(claim in claim(), text in other_value()) {
        let error = authenticate(&sign(&payload(&[(claim, &text)]))).expect_err(&text);
        prop_assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidClaim, Some(claim)));
    }
}
