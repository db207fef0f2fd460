//! Which secret is the current one, and until when the others verify tokens.

use std::time::SystemTime;

/// What decides whether a secret is retired.
#[derive(Clone, Copy)]
pub(super) struct Age {
    pub(super) appeared: SystemTime,
    /// When the first secret appeared whose name is greater.
    pub(super) retired: Option<SystemTime>,
}

/// Retires secrets, of which the one with the greatest name comes first. Each is retired when the
/// first appears whose name is greater, and stays so when that one is replaced or removed: else an
/// old secret would come back. The newest is never retired.
pub(super) fn retire<'a>(newest_first: impl Iterator<Item = &'a mut Age>) {
    let mut first_newer: Option<SystemTime> = None;
    for age in newest_first {
        age.retired = first_newer.map(|newer| age.retired.map_or(newer, |time| time.min(newer)));
        first_newer = Some(first_newer.map_or(age.appeared, |time| time.min(age.appeared)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        let after = Duration::from_secs(seconds);
        SystemTime::UNIX_EPOCH.checked_add(after).unwrap()
    }

    #[test]
    fn a_secret_is_retired_by_the_first_newer_one_for_good_and_the_newest_never() {
        let age = |seconds: &u64| Age {
            appeared: at(*seconds),
            retired: None,
        };
        let retired_of = |ages: &mut [Age]| -> Vec<_> {
            retire(ages.iter_mut().rev());
            ages.iter().map(|age| age.retired).collect()
        };
        let retired =
            |appeared: &[u64]| retired_of(&mut appeared.iter().map(age).collect::<Vec<_>>());
        assert_eq!(retired(&[]), []);
        assert_eq!(retired(&[5]), [None]);
        assert_eq!(retired(&[5, 6]), [Some(at(6)), None]);
        assert_eq!(retired(&[9, 3, 6]), [Some(at(3)), Some(at(6)), None]);
        let mut ages = [5, 6].map(|seconds| age(&seconds));
        retire(ages.iter_mut().rev());
        ages[1] = age(&20);
        assert_eq!(retired_of(&mut ages), [Some(at(6)), None]);
        assert_eq!(retired_of(&mut ages[..1]), [None]);
    }
}
