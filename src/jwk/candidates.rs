//! The keys that may have signed a token, tried one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Key;
use crate::algorithm::Algorithm;
use crate::crypto::Verifier;
use crate::trace;

/// The default of the maximum number of keys that are tried for one token.
pub(crate) const DEFAULT_MAX_CANDIDATES: usize = 8;

/// The outcome of trying keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// A key made the signature.
    Verified,
    /// No key fits.
    NoKey,
    /// None of the keys that fit made the signature.
    Invalid,
    /// None of the keys that were tried made the signature, and there are more.
    TooMany,
}

/// How many keys are tried, and which one first. Clones share the latter.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    pub(super) max: usize,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// By algorithm, the position of the key that last verified a token without `kid`.
    ///
    /// Relaxed: it is a hint about the order and orders no other memory. Written only if it
    /// changes, since all cores share it.
    last_verified: [AtomicUsize; Algorithm::ALL.len()],
    /// Whether the last key of the set is tried before the others.
    is_reversed: bool,
    /// Whether it was logged that there are more keys than `max`. Relaxed: an event too many does
    /// no harm.
    is_reported: AtomicBool,
}

impl Shared {
    fn last_verified(&self, algorithm: Algorithm) -> Option<&AtomicUsize> {
        let index = Algorithm::ALL
            .iter()
            .position(|other| *other == algorithm)?;
        self.last_verified.get(index)
    }
}

impl Default for Candidates {
    fn default() -> Self {
        Self {
            max: DEFAULT_MAX_CANDIDATES,
            shared: Arc::default(),
        }
    }
}

impl Candidates {
    /// Returns those in which the last key of the set is tried before the others.
    pub(super) fn reversed(max: usize) -> Self {
        let shared = Shared {
            is_reversed: true,
            ..Shared::default()
        };
        Self {
            max,
            shared: Arc::new(shared),
        }
    }

    /// Tries the keys that fit and are pinned to the algorithm, at most `max`.
    ///
    /// If `keys` is the whole set, the one that last verified a token is the first, because most
    /// tokens come from the key that the issuer signs with now.
    pub(super) fn try_each(
        &self,
        keys: &[Key],
        is_whole_set: bool,
        fits: impl Fn(&Key) -> bool,
        algorithm: Algorithm,
        mut verifies: impl FnMut(&Verifier) -> bool,
    ) -> Tried {
        let last = self
            .shared
            .last_verified(algorithm)
            .filter(|_| is_whole_set);
        let first = last.map_or(0, |last| last.load(Ordering::Relaxed));
        // A position counts from the end, if the last key comes first.
        let is_reversed = self.shared.is_reversed && is_whole_set;
        let key_at = |position: usize| {
            let index = if is_reversed {
                keys.len().checked_sub(position.saturating_add(1))?
            } else {
                position
            };
            Some((position, keys.get(index)?))
        };
        let preferred = key_at(first);
        let others = (0..keys.len()).filter(|position| *position != first);
        let others = others.filter_map(key_at);
        let mut fitting = preferred
            .into_iter()
            .chain(others)
            .filter(|(_, key)| fits(key))
            .filter_map(|(index, key)| Some((index, key.verifier(algorithm)?)));
        let mut outcome = Tried::NoKey;
        for (index, key) in fitting.by_ref().take(self.max) {
            if verifies(key) {
                if let Some(last) = last.filter(|_| index != first) {
                    last.store(index, Ordering::Relaxed);
                }
                return Tried::Verified;
            }
            outcome = Tried::Invalid;
        }
        if fitting.next().is_some() {
            let all = keys.iter().filter(|key| fits(key));
            self.report_once(all, algorithm);
            return Tried::TooMany;
        }
        outcome
    }

    #[cold]
    fn report_once<'k>(&self, fitting: impl Iterator<Item = &'k Key>, algorithm: Algorithm) {
        if !self.shared.is_reported.swap(true, Ordering::Relaxed) {
            let is_pinned = |key: &&Key| key.verifier(algorithm).is_some();
            let count = fitting.filter(is_pinned).count();
            trace::too_many_candidates(algorithm.name(), count, self.max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwk::KeySet;

    fn set(keys: u8) -> KeySet {
        let key = |first| {
            let secret: Vec<u8> = (first..).take(32).collect();
            Key::from_secret(Algorithm::HS256, secret).unwrap()
        };
        (0..keys).map(key).collect()
    }

    /// Returns the outcome for a token of the key with that index, and how many keys were tried.
    fn tried(set: &KeySet, index: usize) -> (Tried, usize) {
        let signer = set.keys().nth(index).unwrap();
        let signer = signer.verifier(Algorithm::HS256).unwrap();
        let mut keys = Vec::new();
        let outcome = set.try_candidates("", None, Algorithm::HS256, |key| {
            keys.push(std::ptr::from_ref(key));
            std::ptr::eq(key, signer)
        });
        (outcome, keys.len())
    }

    #[test]
    fn the_key_that_last_verified_a_token_is_tried_first() {
        let set = set(6);
        assert_eq!(tried(&set, 5), (Tried::Verified, 6));
        assert_eq!(tried(&set, 5), (Tried::Verified, 1));
        assert_eq!(tried(&set.clone(), 5), (Tried::Verified, 1));
        assert_eq!(tried(&set, 0), (Tried::Verified, 2));
        assert_eq!(tried(&set, 5), (Tried::Verified, 6));
    }

    #[test]
    fn tokens_with_a_key_id_or_of_another_algorithm_do_not_change_the_order() {
        let key = |algorithm, first: u8| {
            let secret: Vec<u8> = (first..).take(64).collect();
            Key::from_secret(algorithm, secret).unwrap()
        };
        let hs256 =
            (0..4).map(|first| key(Algorithm::HS256, first).with_key_id(format!("{first}")));
        let hs512 = (4..8).map(|first| key(Algorithm::HS512, first));
        let set: KeySet = hs256.chain(hs512).collect();
        let tried = |key_id: Option<&str>, algorithm, last: usize| {
            let mut count = 0;
            set.try_candidates("", key_id, algorithm, |_| {
                count += 1;
                count == last
            });
            count
        };
        assert_eq!(tried(None, Algorithm::HS256, 4), 4);
        assert_eq!(tried(None, Algorithm::HS512, 3), 3);
        assert_eq!(tried(Some("0"), Algorithm::HS256, 1), 1);
        // The keys that verified them are now the first.
        let is_first = |algorithm, index: usize| {
            let expected = set.candidates(None, algorithm).nth(index).unwrap();
            let mut keys = Vec::new();
            set.try_candidates("", None, algorithm, |key| {
                keys.push(std::ptr::from_ref(key));
                true
            });
            keys == [std::ptr::from_ref(expected)]
        };
        assert!(is_first(Algorithm::HS256, 3));
        assert!(is_first(Algorithm::HS512, 2));
    }

    #[test]
    fn a_token_of_no_key_changes_nothing() {
        let set = set(6);
        assert_eq!(tried(&set, 3), (Tried::Verified, 4));
        let outcome = set.try_candidates("", None, Algorithm::HS256, |_| false);
        assert_eq!(outcome, Tried::Invalid);
        assert_eq!(tried(&set, 3), (Tried::Verified, 1));
        let outcome = set.try_candidates("", None, Algorithm::HS512, |_| true);
        assert_eq!(outcome, Tried::NoKey);
    }

    #[test]
    fn the_first_one_counts_among_those_that_are_tried() {
        let set = set(10);
        assert_eq!(tried(&set, 7), (Tried::Verified, 8));
        assert_eq!(tried(&set, 6), (Tried::Verified, 8));
        assert_eq!(tried(&set, 8), (Tried::TooMany, 8));
    }
}
