//! How long to wait before the store is asked again.

use std::time::Duration;

use crate::crypto::random_key;

const MIN: Duration = Duration::from_millis(100);
const MAX: Duration = Duration::from_secs(2);

/// Doubles the time with each failure in a row.
#[derive(Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Returns how long to wait after one more failure: up to a half less, at random, so that
    /// instances that have lost their connections together don't come back together.
    pub(super) fn next(&mut self) -> Duration {
        // Saturation is meant: the maximum applies anyway.
        let doubled = MIN
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(MAX);
        self.failures = self.failures.saturating_add(1);
        let [random, ..] = random_key();
        // At most 2 s * 255 / 512.
        let less = doubled.saturating_mul(random.into());
        doubled.saturating_sub(less.checked_div(512).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_doubled_up_to_a_maximum_and_varies() {
        let mut backoff = Backoff::default();
        for max in [100, 200, 400, 800, 1_600, 2_000, 2_000].map(Duration::from_millis) {
            let next = backoff.next();
            assert!(max / 2 < next && next <= max, "{next:?} of {max:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= MIN);
        let times = std::iter::repeat_with(|| Backoff::default().next()).take(100);
        let times: std::collections::HashSet<_> = times.collect();
        assert!(times.len() > 1);
    }
}
