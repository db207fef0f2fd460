//! Counts of requests, responses and violations.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::check::Outcome;

/// The maximum number of different violations that are listed.
const MAX_VIOLATIONS: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kinds: BTreeMap<&'static str, Kind>,
    /// What the hostile clients did, and how often.
    pub(crate) hostile: BTreeMap<&'static str, u64>,
    pub(crate) wrong: u64,
    /// The violations, and how often each occurred.
    pub(crate) violations: BTreeMap<String, u64>,
    /// The number of 5xx responses other than 503.
    pub(crate) server_errors: u64,
    /// The number of requests without a readable response.
    pub(crate) broken: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Kind {
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) doubtful: u64,
    pub(crate) unavailable: u64,
    pub(crate) slowest: Duration,
}

impl Tally {
    pub(crate) fn record(
        &mut self,
        name: &'static str,
        status: u16,
        took: Duration,
        outcome: Outcome,
    ) {
        let kind = self.kinds.entry(name).or_default();
        *kind.statuses.entry(status).or_default() += 1;
        kind.slowest = kind.slowest.max(took);
        self.server_errors += u64::from(status >= 500 && status != 503);
        match outcome {
            Outcome::Right => {}
            Outcome::Doubtful => kind.doubtful += 1,
            Outcome::Unavailable => kind.unavailable += 1,
            Outcome::Wrong(why) => self.record_violation(&format!("{name}: {why}")),
        }
    }

    /// Records a request without a readable response.
    pub(crate) fn record_error(&mut self, what: &str, error: &io::Error) {
        self.broken += 1;
        self.record_violation(&format!("{what}: {error}"));
    }

    /// Counts an action of a hostile client.
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.hostile.entry(what).or_default() += 1;
    }

    pub(crate) fn responses(&self) -> u64 {
        self.kinds
            .values()
            .flat_map(|kind| kind.statuses.values())
            .sum()
    }

    fn record_violation(&mut self, violation: &str) {
        self.wrong += 1;
        if let Some(count) = self.violations.get_mut(violation) {
            *count += 1;
        } else if self.violations.len() < MAX_VIOLATIONS {
            eprintln!("WRONG {violation}");
            self.violations.insert(violation.to_owned(), 1);
        }
    }
}
