//! The circuit: when the issuer can't answer, it is not asked for a while.

use std::time::Duration;

use tokio::time::Instant;

use crate::keys::jwks::after;

/// The number of consecutive failures that opens the circuit.
pub(super) const MAX_FAILURES: u32 = 5;
/// How long it stays open the first time. Doubled by each failure after that.
const MIN_OPEN: Duration = Duration::from_secs(1);
const MAX_OPEN: Duration = Duration::from_secs(30);

/// Closed at first: every question is sent. Open after [`MAX_FAILURES`]: none is, for a while. Then
/// half open: one question, the probe, decides. Any response about a token closes it, whatever it
/// says of the token, so that the caller of the probe can't keep it open.
#[derive(Debug, Default)]
pub(super) struct Circuit {
    /// Consecutive ones.
    failures: u32,
    /// `None` while it is closed.
    open_until: Option<Instant>,
    /// When the probe is given up, if there is one: its task may have been dropped.
    probe_until: Option<Instant>,
    /// How often it has opened.
    openings: u64,
}

/// A question that is sent: after how many openings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Admitted(u64);

impl Circuit {
    /// Returns the time to wait if no question may be sent now.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let probe = self.probe_until.filter(|until| now < *until);
        let until = probe.or(self.open_until.filter(|until| now < *until))?;
        // At least the time that a probe takes, of which nothing is known.
        Some(
            until
                .saturating_duration_since(now)
                .max(MIN_OPEN)
                .min(MAX_OPEN),
        )
    }

    /// Admits a question. It is the probe if the circuit is half open: then no other one is
    /// admitted within `timeout`, or before its outcome. Returns the time to wait if it is not
    /// admitted.
    pub(super) fn admit(&mut self, now: Instant, timeout: Duration) -> Result<Admitted, Duration> {
        if let Some(wait) = self.wait(now) {
            return Err(wait);
        }
        if self.open_until.is_some() {
            self.probe_until = Some(after(now, timeout));
        }
        Ok(Admitted(self.openings))
    }

    /// Notes that the issuer has responded. Returns the number of failures before, if the circuit
    /// was open.
    pub(super) fn succeed(&mut self) -> Option<u32> {
        let failures = self.failures;
        let was_open = self.open_until.is_some();
        *self = Self {
            openings: self.openings,
            ..Self::default()
        };
        was_open.then_some(failures)
    }

    /// Notes that the issuer could not be asked. It has asked to be left alone for `retry_after`.
    /// Returns whether this opens it. The failure of a question from before it has opened counts
    /// for nothing, also later: it says nothing of the issuer now.
    pub(super) fn fail(
        &mut self,
        Admitted(openings): Admitted,
        now: Instant,
        retry_after: Duration,
    ) -> bool {
        if openings != self.openings {
            return false;
        }
        let was_closed = self.is_closed();
        self.failures = self.failures.saturating_add(1);
        self.probe_until = None;
        if self.failures >= MAX_FAILURES {
            let doublings = self.failures.saturating_sub(MAX_FAILURES);
            let factor = 2_u32.saturating_pow(doublings);
            let open = MIN_OPEN
                .saturating_mul(factor)
                .max(retry_after)
                .min(MAX_OPEN);
            self.open_until = Some(after(now, open));
            self.openings = self.openings.saturating_add(1);
        }
        was_closed && !self.is_closed()
    }

    /// Returns whether every question is sent.
    pub(super) const fn is_closed(&self) -> bool {
        self.open_until.is_none()
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(5);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Questions that are sent at the same time, and fail.
    fn fail(circuit: &mut Circuit, now: Instant, times: u32) {
        let admitted = circuit.admit(now, TIMEOUT).unwrap();
        for _ in 0..times {
            circuit.fail(admitted, now, Duration::ZERO);
        }
    }

    #[test]
    fn it_opens_after_consecutive_failures_only() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        fail(&mut circuit, now, MAX_FAILURES - 1);
        circuit.succeed();
        fail(&mut circuit, now, MAX_FAILURES - 1);
        let admitted = circuit.admit(now, TIMEOUT).unwrap();
        assert!(circuit.fail(admitted, now, Duration::ZERO));
        assert_eq!(circuit.admit(now, TIMEOUT), Err(seconds(1)));
    }

    #[test]
    fn questions_that_fail_at_the_same_time_open_it_once() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        fail(&mut circuit, now, 100);
        assert_eq!(circuit.wait(now), Some(seconds(1)));
        assert_eq!(circuit.failures(), MAX_FAILURES);
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let (mut circuit, start) = (Circuit::default(), Instant::now());
        fail(&mut circuit, start, MAX_FAILURES);
        let now = start + seconds(1);
        assert!(circuit.admit(now, TIMEOUT).is_ok());
        assert!(circuit.admit(now, TIMEOUT).is_err());
        // A probe that is never heard of again.
        let now = now + TIMEOUT;
        let probe = circuit.admit(now, TIMEOUT).unwrap();
        assert!(!circuit.fail(probe, now, Duration::ZERO), "it was open");
        assert_eq!(circuit.failures(), MAX_FAILURES + 1);
        assert_eq!(circuit.wait(now), Some(seconds(2)));
        let now = now + seconds(2);
        assert!(circuit.admit(now, TIMEOUT).is_ok());
        assert_eq!(circuit.succeed(), Some(MAX_FAILURES + 1));
        assert!(circuit.admit(now, TIMEOUT).is_ok());
        assert!(circuit.admit(now, TIMEOUT).is_ok());
    }

    #[test]
    fn the_time_is_bounded_and_as_long_as_the_issuer_asks_for() {
        let (mut circuit, mut now) = (Circuit::default(), Instant::now());
        for _ in 0..100 {
            now += MAX_OPEN;
            fail(&mut circuit, now, 1);
        }
        assert_eq!(circuit.wait(now), Some(MAX_OPEN));
        let mut circuit = Circuit::default();
        let admitted = circuit.admit(now, TIMEOUT).unwrap();
        fail(&mut circuit, now, MAX_FAILURES - 1);
        circuit.fail(admitted, now, seconds(7));
        assert_eq!(circuit.wait(now), Some(seconds(7)));
    }

    #[test]
    fn a_question_from_before_it_opened_changes_nothing_when_it_fails() {
        let (mut circuit, start) = (Circuit::default(), Instant::now());
        let early = circuit.admit(start, TIMEOUT).unwrap();
        fail(&mut circuit, start, MAX_FAILURES);
        let now = start + seconds(1);
        assert!(!circuit.fail(early, now, Duration::ZERO), "half open");
        assert!(circuit.admit(now, TIMEOUT).is_ok(), "the probe");
        circuit.succeed();
        for _ in 0..MAX_FAILURES {
            assert!(!circuit.fail(early, now, Duration::ZERO), "closed again");
        }
        assert_eq!(circuit.failures(), 0);
    }
}
