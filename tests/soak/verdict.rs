//! Judges an answer by what is known of the token.

use std::time::Duration;

use crate::allowed::Allowed;
use crate::http::Answer;
use crate::shot::{Shot, Truth};

/// A request whose keys are available waits for no one. The wait timeout of those that wait is 3 s;
/// between the two there is room for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(2);
/// The wait timeout, and the same room.
const AT_LAST: Duration = Duration::from_secs(6);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    /// Right, because the server could not know better.
    Doubtful,
    /// Right, because keys could not be had.
    Unavailable,
    Wrong(String),
}

/// `allowed` is what was right at any time between request and answer.
pub(crate) fn judge(shot: &Shot, allowed: Allowed, answer: &Answer, took: Duration) -> Verdict {
    let wrong = match shot.truth {
        Truth::Depends(_) => return judge_token(shot, allowed, answer, took),
        Truth::Accepted => accepted(shot, answer),
        Truth::Rejected => rejected(answer),
        Truth::Challenged => expect(answer, 401, Some("Bearer")),
        Truth::Ambiguous => challenged(answer, 400, "invalid_request"),
        Truth::Status(status) => expect(answer, status, None),
    };
    verdict(wrong.or_else(|| late(took, AT_ONCE)), Verdict::Right)
}

fn judge_token(shot: &Shot, allowed: Allowed, answer: &Answer, took: Duration) -> Verdict {
    let wrong = match answer.status {
        200 => accepted(shot, answer),
        401 => rejected(answer),
        _ => unavailable(answer),
    };
    match judge_status(allowed, answer.status, took) {
        Verdict::Wrong(why) => Verdict::Wrong(why),
        otherwise => verdict(wrong, otherwise),
    }
}

pub(crate) fn judge_status(allowed: Allowed, status: u16, took: Duration) -> Verdict {
    let (is_allowed, otherwise) = match status {
        200 | 401 if allowed.is_doubtful() => (true, Verdict::Doubtful),
        200 => (allowed.accepted, Verdict::Right),
        401 => (allowed.rejected, Verdict::Right),
        503 => (allowed.unavailable, Verdict::Unavailable),
        _ => (false, Verdict::Right),
    };
    let wrong = (!is_allowed).then(|| format!("{status} where {allowed:?}"));
    verdict(
        wrong.or_else(|| late(took, if allowed.waits { AT_LAST } else { AT_ONCE })),
        otherwise,
    )
}

fn verdict(wrong: Option<String>, otherwise: Verdict) -> Verdict {
    wrong.map_or(otherwise, Verdict::Wrong)
}

fn late(took: Duration, limit: Duration) -> Option<String> {
    (took > limit).then(|| format!("answered after {took:?}"))
}

/// The claims must be this caller's, and not those of another request.
fn accepted(shot: &Shot, answer: &Answer) -> Option<String> {
    let its_own = shot
        .subject
        .as_ref()
        .is_none_or(|subject| answer.body.contains(&format!("{subject}\"")));
    expect(answer, 200, None)
        .or_else(|| (!its_own).then(|| "the claims of somebody else".to_owned()))
}

fn rejected(answer: &Answer) -> Option<String> {
    challenged(answer, 401, "invalid_token")
}

fn challenged(answer: &Answer, status: u16, code: &str) -> Option<String> {
    let challenge = answer.header("www-authenticate").unwrap_or("none");
    let named = challenge.starts_with(&format!("Bearer error=\"{code}\""));
    expect(answer, status, None)
        .or_else(|| (!named).then(|| format!("{status} with the challenge {challenge}")))
}

/// It says when to come back, and doesn't blame the token.
fn unavailable(answer: &Answer) -> Option<String> {
    let wait: Option<u64> = answer
        .header("retry-after")
        .and_then(|wait| wait.parse().ok());
    let honest = wait.is_some_and(|wait| wait > 0) && answer.header("www-authenticate").is_none();
    (!honest).then(|| "503 without Retry-After, or with a challenge".to_owned())
}

fn expect(answer: &Answer, status: u16, challenge: Option<&str>) -> Option<String> {
    let as_expected = answer.status == status
        && challenge.is_none_or(|expected| answer.header("www-authenticate") == Some(expected));
    (!as_expected).then(|| format!("{} instead of {status}", answer.status))
}
