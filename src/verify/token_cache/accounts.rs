//! What only the writer of a set needs: the size of each entry, and when it expires.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The number of slots of a set: their tags fill one cache line.
pub(super) const WAYS: usize = 16;
/// How many entries may lose their mark for one insertion. They lose their slots only to a later
/// one, so that neither large entries nor many new ones evict entries in use.
const MAX_SPARED: usize = 3;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// The size. 0 if the slot is free.
    pub(super) bytes: usize,
    /// When the entry expires, as time since 1970.
    pub(super) valid_until: Duration,
}

/// The bounds of a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The number of slots in use.
    pub(super) ways: usize,
    /// The maximum total size of the entries.
    pub(super) max_bytes: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    values: [Cost; WAYS],
    /// Which slots hold a value, also of a released entry.
    held: [bool; WAYS],
    /// The hand of the CLOCK algorithm: the slot where the next search for an entry to evict begins.
    hand: usize,
    /// Which of two sets evicts next.
    turn: bool,
}

impl Accounts {
    pub(super) fn cost(&self, slot: usize) -> Cost {
        debug_assert!(slot < WAYS, "slots are numbered below WAYS");
        self.values.get(slot).copied().unwrap_or_default()
    }

    /// Records that a value was put into a slot.
    pub(super) fn record(&mut self, slot: usize, cost: Cost) {
        debug_assert!(slot < WAYS, "slots are numbered below WAYS");
        if let (Some(value), Some(held)) = (self.values.get_mut(slot), self.held.get_mut(slot)) {
            (*value, *held) = (cost, true);
        }
    }

    pub(super) fn release(&mut self, slot: usize) {
        debug_assert!(slot < WAYS, "slots are numbered below WAYS");
        if let Some(value) = self.values.get_mut(slot) {
            *value = Cost::default();
        }
    }

    /// Returns whether a released value is still in the slot. True only once.
    pub(super) fn take_released(&mut self, slot: usize) -> bool {
        let is_released = self.cost(slot).bytes == 0;
        self.held
            .get_mut(slot)
            .filter(|_| is_released)
            .is_some_and(std::mem::take)
    }

    pub(super) const fn alternate(&mut self) -> bool {
        self.turn = !self.turn;
        self.turn
    }

    /// Returns a free slot for a value of this size, if it fits.
    pub(super) fn free_slot(&self, bytes: usize, bounds: Bounds) -> Option<usize> {
        let all = self
            .values
            .iter()
            .fold(bytes, |sum, value| sum.saturating_add(value.bytes));
        let mut slots = self.values.iter().take(bounds.ways);
        slots
            .position(|value| value.bytes == 0)
            .filter(|_| all <= bounds.max_bytes)
    }

    /// Releases as many entries that were not read as are needed for a value of this size, and
    /// returns a free slot. Releases nothing if they are too few. `marks` are those of the entries
    /// that were read.
    pub(super) fn make_space<'m>(
        &mut self,
        bytes: usize,
        bounds: Bounds,
        marks: impl Fn(usize) -> Option<&'m AtomicBool>,
    ) -> Option<usize> {
        let (mut without, mut hand, mut spared) = (self.clone(), self.hand, 0_usize);
        let round = (self.hand..bounds.ways).chain(0..self.hand);
        for slot in round.filter(|slot| self.cost(*slot).bytes != 0) {
            if without.free_slot(bytes, bounds).is_some() {
                break;
            }
            match marks(slot).filter(|mark| mark.load(Ordering::Relaxed)) {
                None => without.release(slot),
                Some(mark) if spared < MAX_SPARED => {
                    mark.store(false, Ordering::Relaxed);
                    spared = spared.saturating_add(1);
                }
                Some(_) => continue,
            }
            // There is a slot, so there is at least one way.
            hand = slot.saturating_add(1).checked_rem(bounds.ways).unwrap_or(0);
        }
        self.hand = hand;
        let free = without.free_slot(bytes, bounds)?;
        self.values = without.values;
        Some(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        ways: 4,
        max_bytes: 100,
    };

    fn accounts(sizes: &[usize]) -> Accounts {
        let mut accounts = Accounts::default();
        for (slot, bytes) in sizes.iter().enumerate() {
            accounts.record(
                slot,
                Cost {
                    bytes: *bytes,
                    valid_until: Duration::MAX,
                },
            );
        }
        accounts
    }

    fn sizes(accounts: &Accounts) -> Vec<usize> {
        (0..4).map(|slot| accounts.cost(slot).bytes).collect()
    }

    #[test]
    fn a_slot_is_free_if_neither_number_nor_bytes_are_exceeded() {
        assert_eq!(accounts(&[1, 0, 1]).free_slot(98, BOUNDS), Some(1));
        assert_eq!(accounts(&[1, 0, 1]).free_slot(99, BOUNDS), None);
        assert_eq!(accounts(&[1, 1, 1, 1]).free_slot(1, BOUNDS), None);
        assert_eq!(accounts(&[]).free_slot(usize::MAX, BOUNDS), None);
    }

    /// Which of four places were asked for.
    fn marks(set: [bool; 4]) -> [AtomicBool; 4] {
        set.map(AtomicBool::new)
    }

    fn make_space(accounts: &mut Accounts, bytes: usize, marks: &[AtomicBool; 4]) -> Option<usize> {
        accounts.make_space(bytes, BOUNDS, |slot| marks.get(slot))
    }

    fn left(marks: &[AtomicBool; 4]) -> usize {
        marks
            .iter()
            .filter(|mark| mark.load(Ordering::Relaxed))
            .count()
    }

    #[test]
    fn no_more_entries_are_released_than_needed() {
        let (mut accounts, none) = (accounts(&[30, 30, 30, 1]), marks([false; 4]));
        assert_eq!(make_space(&mut accounts, 60, &none), Some(0));
        assert_eq!(sizes(&accounts), [0, 0, 30, 1]);
        accounts.record(
            0,
            Cost {
                bytes: 60,
                valid_until: Duration::MAX,
            },
        );
        assert_eq!(
            make_space(&mut accounts, 30, &none),
            Some(1),
            "the hand goes on from where it was"
        );
        assert_eq!(sizes(&accounts), [60, 0, 0, 1]);
    }

    #[test]
    fn a_released_entry_that_was_not_replaced_is_reported_once() {
        let mut accounts = accounts(&[30, 30, 30]);
        assert_eq!(make_space(&mut accounts, 60, &marks([false; 4])), Some(0));
        accounts.record(
            0,
            Cost {
                bytes: 60,
                valid_until: Duration::MAX,
            },
        );
        assert_eq!(
            [0, 1, 2, 3].map(|slot| accounts.take_released(slot)),
            [false, true, false, false]
        );
        assert_eq!(
            [0, 1, 2, 3].map(|slot| accounts.take_released(slot)),
            [false; 4]
        );
    }

    #[test]
    fn an_entry_that_was_read_loses_its_mark_but_not_its_slot() {
        for asked in [
            [true, false, false, false],
            [true, true, false, false],
            [true, true, true, false],
        ] {
            let (mut accounts, asked) = (accounts(&[20, 20, 20, 20]), marks(asked));
            let cached = left(&asked);
            assert_eq!(make_space(&mut accounts, 20, &asked), Some(cached));
            assert_eq!(
                (
                    sizes(&accounts)[..cached].iter().sum::<usize>(),
                    left(&asked)
                ),
                (20 * cached, 0)
            );
            assert!(
                make_space(&mut accounts, 40, &asked).is_some(),
                "another one takes it"
            );
        }
    }

    #[test]
    fn nothing_is_released_if_the_entries_that_were_not_read_are_too_few() {
        for asked in [
            [true; 4],
            [true, false, true, true],
            [false, false, true, true],
        ] {
            let (mut accounts, asked) = (accounts(&[20, 20, 20, 20]), marks(asked));
            assert_eq!(make_space(&mut accounts, 80, &asked), None);
            assert_eq!(sizes(&accounts), [20, 20, 20, 20]);
        }
    }

    #[test]
    fn few_entries_lose_their_mark_at_a_time_and_finally_all() {
        let (mut accounts, asked) = (accounts(&[20, 20, 20, 20]), marks([true; 4]));
        assert_eq!(
            (make_space(&mut accounts, 20, &asked), left(&asked)),
            (None, 4 - MAX_SPARED)
        );
        assert_eq!(
            (make_space(&mut accounts, 20, &asked), left(&asked)),
            (Some(0), 0)
        );
    }

    #[test]
    fn the_mark_of_a_free_slot_has_no_effect() {
        let (mut accounts, asked) = (accounts(&[0, 0, 0, 90]), marks([true, true, true, false]));
        assert_eq!(make_space(&mut accounts, 20, &asked), Some(0));
        assert_eq!((sizes(&accounts), left(&asked)), (vec![0; 4], 3));
    }

    #[test]
    fn a_value_larger_than_the_set_evicts_nothing() {
        let mut full = accounts(&[20, 20, 20, 20]);
        assert_eq!(make_space(&mut full, 101, &marks([false; 4])), None);
        assert_eq!(sizes(&full), [20, 20, 20, 20]);
        assert_eq!(
            accounts(&[]).make_space(
                1,
                Bounds {
                    ways: 0,
                    max_bytes: 100
                },
                |_| None
            ),
            None
        );
    }
}
