//! What was asked and answered, and what was wrong about it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::verdict::Verdict;

/// Different ones: enough to see what is going on.
const MOST_TOLD: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kinds: BTreeMap<&'static str, Kind>,
    /// Connections that were cut, left, dribbled, …
    pub(crate) hostile: BTreeMap<&'static str, u64>,
    pub(crate) wrong: u64,
    /// Each of what is wrong, and how often.
    pub(crate) told: BTreeMap<String, u64>,
    /// Other than 503.
    pub(crate) server_errors: u64,
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
    pub(crate) fn answered(
        &mut self,
        name: &'static str,
        status: u16,
        took: Duration,
        verdict: Verdict,
    ) {
        let kind = self.kinds.entry(name).or_default();
        *kind.statuses.entry(status).or_default() += 1;
        kind.slowest = kind.slowest.max(took);
        self.server_errors += u64::from(status >= 500 && status != 503);
        match verdict {
            Verdict::Right => {}
            Verdict::Doubtful => kind.doubtful += 1,
            Verdict::Unavailable => kind.unavailable += 1,
            Verdict::Wrong(why) => self.tell(&format!("{name}: {why}")),
        }
    }

    /// No answer, or none that can be read.
    pub(crate) fn broke(&mut self, what: &str, error: &io::Error) {
        self.broken += 1;
        self.tell(&format!("{what}: {error}"));
    }

    pub(crate) fn did(&mut self, what: &'static str) {
        *self.hostile.entry(what).or_default() += 1;
    }

    pub(crate) fn answers(&self) -> u64 {
        self.kinds
            .values()
            .flat_map(|kind| kind.statuses.values())
            .sum()
    }

    fn tell(&mut self, violation: &str) {
        self.wrong += 1;
        if let Some(count) = self.told.get_mut(violation) {
            *count += 1;
        } else if self.told.len() < MOST_TOLD {
            eprintln!("WRONG {violation}");
            self.told.insert(violation.to_owned(), 1);
        }
    }
}
