//! Requirement 17: the values of `exp`, `nbf` and `iat` that are numbers in range (RFC 7519 §2). The
//! others are in `tests/adversarial/claims.rs`.

use tower_jwt_auth::ErrorKind;

use crate::support::tokio;
use crate::support::{layer, payload, send, signed};

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
