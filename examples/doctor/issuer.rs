//! The report about the issuer: where its metadata is, its keys, cache headers, TLS and clock.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES};
use tower_jwt_auth::{Authenticator, FetchHealth, IssuerHealth, KeysError};

use crate::fixes;
use crate::options::Options;
use crate::output::Output;
use crate::recorder::{Fetch, Recorder, with_causes};

/// The difference of the clocks from which on tokens are rejected, by default.
const LEEWAY: Duration = Duration::from_secs(60);

pub(crate) fn report(
    authenticator: &Authenticator,
    recorder: &Recorder,
    outcome: &Result<(), KeysError>,
    options: &Options,
    output: &mut Output,
) {
    let fetches = recorder.fetches();
    let Some(health) = authenticator.health().pop() else {
        return;
    };
    report_fetches(&fetches, outcome, output);
    if let Err(error) = outcome {
        let fix = if health.skipped.is_empty() {
            fixes::of_keys(&with_causes(error), &fetches, options.has_jwks_uri())
        } else {
            Some("have the issuer publish a usable key: the reasons why none is are below")
        };
        let error = without_repetition(with_causes(error), &fetches);
        output.failed(&format!("keys: {error}"), fix);
    }
    report_tls(&fetches, output);
    report_keys(&health, output);
    if let Some(fetch) = &health.fetch {
        report_caching(&fetches, fetch, output);
    }
    report_clock(&fetches, output);
}

fn report_fetches(fetches: &[Fetch], outcome: &Result<(), KeysError>, output: &mut Output) {
    let used = used(fetches, outcome.is_ok());
    for (index, fetch) in fetches.iter().enumerate() {
        let url = &fetch.url;
        match (&fetch.outcome, used.get(index)) {
            (Ok(_), Some(&Used::Keys)) => output.passed(&format!("keys: fetched from {url}")),
            (Ok(_), Some(&Used::Metadata)) => output.passed(&format!("metadata: found at {url}")),
            (Ok((status, _)), _) => output.note(&format!("GET {url}: {status}")),
            (Err(error), _) => {
                let fix = fixes::of_request(fetch, error);
                output.failed(&format!("GET {url}: {error}"), fix);
            }
        }
    }
}

/// Replaces the errors of requests, which are reported before.
fn without_repetition(error: String, fetches: &[Fetch]) -> String {
    let failed = fetches
        .iter()
        .filter_map(|fetch| fetch.outcome.as_ref().err());
    failed.fold(error, |text, error| text.replace(error, "failed as above"))
}

#[derive(Clone, Copy)]
enum Used {
    No,
    Metadata,
    Keys,
}

/// Returns what each response was used for: the last one for the keys, the one before it for their
/// URL.
fn used(fetches: &[Fetch], is_successful: bool) -> Vec<Used> {
    let mut used = vec![Used::No; fetches.len()];
    if is_successful {
        for (used, purpose) in used.iter_mut().rev().zip([Used::Keys, Used::Metadata]) {
            *used = purpose;
        }
    }
    used
}

fn report_tls(fetches: &[Fetch], output: &mut Output) {
    let responded = || fetches.iter().filter(|fetch| fetch.outcome.is_ok());
    if responded().any(|fetch| !fetch.is_https) {
        output.note("TLS: none; anyone who can change the traffic can replace the keys");
    } else if responded().next().is_some() {
        output.passed("TLS: the certificate is valid");
    }
}

fn report_keys(health: &IssuerHealth, output: &mut Output) {
    for key in &health.keys {
        let id = key.key_id.as_deref();
        let id = id.map_or("without `kid`".to_owned(), |id| format!("{id:?}"));
        let algorithms: Vec<_> = key.algorithms.iter().map(|one| one.name()).collect();
        output.passed(&format!("key {id}: usable for {}", algorithms.join(", ")));
    }
    for skipped in &health.skipped {
        output.note(&format!("skipped: {skipped}"));
    }
}

fn report_caching(fetches: &[Fetch], health: &FetchHealth, output: &mut Output) {
    let last = fetches
        .iter()
        .rev()
        .find_map(|fetch| fetch.outcome.as_ref().ok());
    let Some(((_, headers), fresh_for)) = last.zip(health.fresh_for) else {
        return;
    };
    let shown = [CACHE_CONTROL, EXPIRES, AGE, ETAG].map(|name| header(headers, &name));
    let shown: Vec<_> = shown.into_iter().flatten().collect();
    let shown = if shown.is_empty() {
        "no cache headers".to_owned()
    } else {
        shown.join(", ")
    };
    output.passed(&format!(
        "caching: {shown}: the keys are fresh for {} s",
        fresh_for.as_secs() + 1
    ));
}

fn header(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(format!("{name}: {}", value.escape_debug()))
}

/// Compares the clock with the header `Date` of the last response.
fn report_clock(fetches: &[Fetch], output: &mut Output) {
    let last = fetches
        .iter()
        .rev()
        .find_map(|fetch| fetch.outcome.as_ref().ok());
    let date = last.and_then(|(_, headers)| headers.get(DATE)?.to_str().ok());
    let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) else {
        return;
    };
    let now = SystemTime::now();
    let (difference, side) = match now.duration_since(date) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    let seconds = difference.as_secs();
    if difference > LEEWAY {
        let fix = "synchronize both clocks: the leeway is 60 s by default";
        output.failed(
            &format!("clock: {seconds} s {side} the issuer's"),
            Some(fix),
        );
    } else {
        output.passed(&format!("clock: within {} s of the issuer's", seconds + 1));
    }
}
