//! Checks whether a response is right.

use std::time::Duration;

use crate::allowed::Allowed;
use crate::case::{Case, Truth};
use crate::http::Response;

/// The maximum latency of a request whose keys are cached. It does not wait for a fetch; the limit
/// leaves room for a busy machine.
const MAX_LATENCY: Duration = Duration::from_secs(2);
/// The maximum latency of a request that may wait for its key: the wait timeout of 3 s, and some
/// room.
const MAX_WAITING_LATENCY: Duration = Duration::from_secs(6);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    /// Right, because either status was right.
    Doubtful,
    /// Right, because the keys could not be fetched.
    Unavailable,
    Wrong(String),
}

/// Checks a response. `allowed` is what was right at any time between request and response.
pub(crate) fn check(case: &Case, allowed: Allowed, response: &Response, took: Duration) -> Outcome {
    let wrong = match case.truth {
        Truth::Depends(_) => return check_token(case, allowed, response, took),
        Truth::Accepted => accepted(case, response),
        Truth::Rejected => rejected(response),
        Truth::Challenged => expect(response, 401, Some("Bearer")),
        Truth::Ambiguous => challenged(response, 400, "invalid_request"),
        Truth::Status(status) => expect(response, status, None),
    };
    outcome(wrong.or_else(|| late(took, MAX_LATENCY)), Outcome::Right)
}

fn check_token(case: &Case, allowed: Allowed, response: &Response, took: Duration) -> Outcome {
    let wrong = match response.status {
        200 => accepted(case, response),
        401 => rejected(response),
        _ => unavailable(response),
    };
    match check_status(allowed, response.status, took) {
        Outcome::Wrong(why) => Outcome::Wrong(why),
        otherwise => outcome(wrong, otherwise),
    }
}

pub(crate) fn check_status(allowed: Allowed, status: u16, took: Duration) -> Outcome {
    let (is_allowed, otherwise) = match status {
        200 | 401 if allowed.is_doubtful() => (true, Outcome::Doubtful),
        200 => (allowed.accepted, Outcome::Right),
        401 => (allowed.rejected, Outcome::Right),
        503 => (allowed.unavailable, Outcome::Unavailable),
        _ => (false, Outcome::Right),
    };
    let wrong = (!is_allowed).then(|| format!("{status} where {allowed:?}"));
    outcome(
        wrong.or_else(|| {
            late(
                took,
                if allowed.waits {
                    MAX_WAITING_LATENCY
                } else {
                    MAX_LATENCY
                },
            )
        }),
        otherwise,
    )
}

fn outcome(wrong: Option<String>, otherwise: Outcome) -> Outcome {
    wrong.map_or(otherwise, Outcome::Wrong)
}

fn late(took: Duration, limit: Duration) -> Option<String> {
    (took > limit).then(|| format!("answered after {took:?}"))
}

/// Requires the claims of this request's token, not of another.
fn accepted(case: &Case, response: &Response) -> Option<String> {
    let is_own = case
        .subject
        .as_ref()
        .is_none_or(|subject| response.body.contains(&format!("{subject}\"")));
    expect(response, 200, None)
        .or_else(|| (!is_own).then(|| "the claims of another caller".to_owned()))
}

fn rejected(response: &Response) -> Option<String> {
    challenged(response, 401, "invalid_token")
}

fn challenged(response: &Response, status: u16, code: &str) -> Option<String> {
    let challenge = response.header("www-authenticate").unwrap_or("none");
    let has_code = challenge.starts_with(&format!("Bearer error=\"{code}\""));
    expect(response, status, None)
        .or_else(|| (!has_code).then(|| format!("{status} with the challenge {challenge}")))
}

/// Requires `Retry-After`, and no challenge: the token may be valid.
fn unavailable(response: &Response) -> Option<String> {
    let wait: Option<u64> = response
        .header("retry-after")
        .and_then(|wait| wait.parse().ok());
    let is_right =
        wait.is_some_and(|wait| wait > 0) && response.header("www-authenticate").is_none();
    (!is_right).then(|| "503 without Retry-After, or with a challenge".to_owned())
}

fn expect(response: &Response, status: u16, challenge: Option<&str>) -> Option<String> {
    let as_expected = response.status == status
        && challenge.is_none_or(|expected| response.header("www-authenticate") == Some(expected));
    (!as_expected).then(|| format!("{} instead of {status}", response.status))
}
