//! Which secret is the current one, and until when the others verify tokens.

use std::time::{Duration, SystemTime};

/// Returns until when each of some secrets verifies tokens. They are sorted by their names; each
/// has the time at which it appeared. One is retired when the first appears whose name is greater,
/// and verifies tokens for the overlap after that. `None` is without end.
pub(super) fn ends(appeared: &[SystemTime], overlap: Option<Duration>) -> Vec<Option<SystemTime>> {
    let mut retired_at: Option<SystemTime> = None;
    let ends = appeared.iter().rev().map(|appeared| {
        let end = retired_at.zip(overlap);
        let end = end.and_then(|(retired_at, overlap)| retired_at.checked_add(overlap));
        retired_at = Some(retired_at.map_or(*appeared, |earlier| earlier.min(*appeared)));
        end
    });
    let mut ends: Vec<_> = ends.collect();
    ends.reverse();
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        let after = Duration::from_secs(seconds);
        SystemTime::UNIX_EPOCH.checked_add(after).unwrap()
    }

    #[test]
    fn a_secret_ends_after_the_first_newer_one_has_appeared_and_the_newest_never() {
        let ends_of = |appeared: &[u64], overlap| {
            let appeared: Vec<_> = appeared.iter().map(|seconds| at(*seconds)).collect();
            ends(&appeared, overlap)
        };
        let overlap = Some(Duration::from_secs(10));
        assert_eq!(ends_of(&[], overlap), []);
        assert_eq!(ends_of(&[5], overlap), [None]);
        assert_eq!(ends_of(&[5, 6], overlap), [Some(at(16)), None]);
        assert_eq!(
            ends_of(&[9, 3, 6], overlap),
            [Some(at(13)), Some(at(16)), None]
        );
        assert_eq!(ends_of(&[9, 3, 6], None), [None; 3]);
    }
}
