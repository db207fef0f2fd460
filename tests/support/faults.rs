//! The faults of the test kit's issuer.

use std::time::Duration;

use tower_jwt_auth::testing::Fault;

/// Returns every fault that leaves the client without a key, with the URL of the redirect and the
/// seconds of `Retry-After`.
pub(crate) fn outages(redirect: impl Into<String>, retry_after: u64) -> Vec<Fault> {
    let overloaded = |status| Fault::RetryAfter {
        status,
        seconds: retry_after,
    };
    vec![
        Fault::Status(500),
        Fault::Status(404),
        Fault::Status(204),
        Fault::Hang,
        Fault::Close,
        Fault::Truncated,
        Fault::Garbage,
        Fault::Html,
        Fault::Empty,
        Fault::NoKeys,
        Fault::Huge,
        Fault::Endless,
        Fault::Drip,
        Fault::Redirect(redirect.into()),
        overloaded(429),
        overloaded(503),
    ]
}

/// Returns every fault with which the client still gets valid keys.
pub(crate) fn lesser_faults() -> Vec<Fault> {
    vec![
        Fault::SomeUnusableKeys,
        Fault::Delay(Duration::from_millis(50)),
    ]
}
