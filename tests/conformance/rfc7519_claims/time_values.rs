//! Requirement 17: `exp`, `nbf` and `iat` are numbers in range, or an error (RFC 7519 §2).

use tower_jwt_auth::ErrorKind;

use crate::support::tokio;
use crate::support::{layer, payload, send, signed};

const TIMES: [&str; 3] = ["exp", "nbf", "iat"];

async fn kind_of(claim: &str, value: &str) -> (Option<ErrorKind>, Option<String>) {
    let answer = send(&layer(), &signed(payload(&[(claim, value)]))).await;
    let named = answer.claim().map(ToOwned::to_owned);
    if let Some(kind) = answer.kind() {
        answer.named((claim, value)).invalid_token(kind);
        return (Some(kind), named);
    }
    answer.accepted();
    (None, named)
}

#[tokio::test]
async fn a_time_of_another_type_is_an_invalid_claim_and_never_absent() {
    let values = [
        "null",
        "true",
        "false",
        "\"\"",
        "\"1800000300\"",
        "\"1800000000\"",
        "\"2027-01-15T08:00:00Z\"",
        "\"NaN\"",
        "[]",
        "[1800000000]",
        "{}",
        "{\"$numberLong\":\"1800000000\"}",
    ];
    for claim in TIMES {
        for value in values {
            let got = kind_of(claim, value).await;
            assert_eq!(
                got,
                (Some(ErrorKind::InvalidClaim), Some(claim.to_owned())),
                "{claim}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn a_negative_time_is_an_invalid_claim() {
    for claim in TIMES {
        for value in [
            "-1",
            "-0.5",
            "-1800000000",
            "-1e9",
            "-9223372036854775808",
            "-1e300",
            "-1e-300",
        ] {
            let got = kind_of(claim, value).await;
            assert_eq!(
                got,
                (Some(ErrorKind::InvalidClaim), Some(claim.to_owned())),
                "{claim}: {value}"
            );
        }
    }
}

// Minus zero is zero, the start of 1970.
#[tokio::test]
async fn minus_zero_is_zero() {
    for value in ["0", "-0", "-0.0", "0.0", "0e5", "-0e-5"] {
        assert_eq!(
            kind_of("exp", value).await.0,
            Some(ErrorKind::Expired),
            "{value}"
        );
        assert_eq!(kind_of("nbf", value).await.0, None, "{value}");
        assert_eq!(kind_of("iat", value).await.0, None, "{value}");
    }
}

#[tokio::test]
async fn a_time_beyond_the_year_9999_is_an_invalid_claim() {
    let values = [
        "253402300800",
        "9999999999999",
        "1800000000000",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "100000000000000000000000000000000000000000",
        "1e12",
        "1e300",
        "1.8e308",
        "1e400",
        "1e999999999",
    ];
    for claim in TIMES {
        for value in values {
            let got = kind_of(claim, value).await;
            assert_eq!(
                got,
                (Some(ErrorKind::InvalidClaim), Some(claim.to_owned())),
                "{claim}: {value}"
            );
        }
    }
}

#[tokio::test]
async fn a_time_that_is_not_a_json_number_is_rejected() {
    for claim in TIMES {
        for value in [
            "NaN",
            "Infinity",
            "-Infinity",
            "0x6b49d200",
            "01800000300",
            "+1800000300",
            "1_800_000_300",
            ".5",
        ] {
            assert!(kind_of(claim, value).await.0.is_some(), "{claim}: {value}");
        }
    }
}

#[tokio::test]
async fn a_time_may_have_a_fraction_or_an_exponent() {
    for value in [
        "1800000300.0",
        "1800000300.999",
        "1.8000003e9",
        "18000003E2",
        "1e10",
        "2.5e+10",
        "18000003000e-1",
    ] {
        assert_eq!(kind_of("exp", value).await.0, None, "{value}");
    }
    for value in ["1799999999.5", "1.8e9", "18e8", "0.5", "1e-300"] {
        assert_eq!(kind_of("nbf", value).await.0, None, "{value}");
        assert_eq!(kind_of("iat", value).await.0, None, "{value}");
        let expired = value.parse::<f64>().unwrap() < 1.79e9;
        assert_eq!(
            kind_of("exp", value).await.0,
            expired.then_some(ErrorKind::Expired),
            "{value}"
        );
    }
}

#[tokio::test]
async fn a_time_up_to_the_year_9999_is_compared_with_the_clock() {
    for value in ["1e10", "253402300799", "10000000000.5"] {
        assert_eq!(kind_of("exp", value).await.0, None, "{value}");
        assert_eq!(
            kind_of("nbf", value).await.0,
            Some(ErrorKind::NotYetValid),
            "{value}"
        );
        assert_eq!(
            kind_of("iat", value).await.0,
            Some(ErrorKind::NotYetValid),
            "{value}"
        );
    }
}
