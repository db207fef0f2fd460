//! The eviction state of a set: what the value of each slot costs, and which values to evict.
//!
//! Only writers read it. A reader marks each value that it finds, which gives the value a second
//! chance.

use std::time::Duration;

use super::super::sync::{AtomicBool, Ordering};

/// The number of slots of a set. Their tags, of 4 bytes each, fill one cache line.
pub(super) const WAYS: usize = 16;

/// The maximum number of used values that one insertion may take the mark from in each of its two
/// sets. They are evicted by a later insertion at the earliest, so neither a large value nor a
/// burst of new ones evicts everything that is in use.
const MAX_SPARED: usize = 3;

/// What a cached value costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// Its size. 0 marks a free slot.
    pub(crate) bytes: usize,
    /// When it expires, as time since 1970.
    pub(crate) valid_until: Duration,
}

/// The bounds of a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The number of its slots that may be filled.
    pub(super) ways: usize,
    /// The maximum sum of its values' sizes.
    pub(super) max_bytes: usize,
}

/// The eviction state of one set.
#[derive(Clone, Debug, Default)]
pub(super) struct EvictionState {
    costs: [Cost; WAYS],
    /// Which slots hold a value, including one that was released but not yet taken out.
    occupied: [bool; WAYS],
    /// The slot at which the CLOCK rule looks next for a value to evict.
    hand: usize,
    /// Which of two full sets evicts next.
    turn: bool,
}

impl EvictionState {
    pub(super) fn cost(&self, slot: usize) -> Cost {
        debug_assert!(slot < WAYS, "slot {slot} of {WAYS}");
        self.costs.get(slot).copied().unwrap_or_default()
    }

    /// Returns the number of values and the sum of their sizes.
    pub(super) fn usage(&self) -> (usize, usize) {
        let used = self.costs.iter().filter(|cost| cost.bytes != 0);
        used.fold((0, 0), |(values, bytes), cost| {
            (values.saturating_add(1), bytes.saturating_add(cost.bytes))
        })
    }

    /// Records that a value was put into a slot.
    pub(super) fn record(&mut self, slot: usize, cost: Cost) {
        if let Some(own) = entry(&mut self.costs, slot) {
            *own = cost;
        }
        if let Some(occupied) = entry(&mut self.occupied, slot) {
            *occupied = true;
        }
    }

    /// Frees a slot. Its value is still to be taken out: see `take_released`.
    pub(super) fn release(&mut self, slot: usize) {
        if let Some(own) = entry(&mut self.costs, slot) {
            *own = Cost::default();
        }
    }

    /// Returns whether a slot holds a value that was released and not replaced. Returns true only
    /// once for each.
    pub(super) fn take_released(&mut self, slot: usize) -> bool {
        let is_released = self.cost(slot).bytes == 0;
        is_released && entry(&mut self.occupied, slot).is_some_and(std::mem::take)
    }

    /// Returns true at every second call.
    pub(super) const fn take_turns(&mut self) -> bool {
        self.turn = !self.turn;
        self.turn
    }

    /// Returns a free slot for a value of this size, if neither bound is then exceeded.
    pub(super) fn free_slot(&self, bytes: usize, bounds: Bounds) -> Option<usize> {
        // Saturates, as a sum that no `usize` holds exceeds every bound.
        let sum = self
            .costs
            .iter()
            .fold(bytes, |sum, cost| sum.saturating_add(cost.bytes));
        let mut slots = self.costs.iter().take(bounds.ways);
        slots
            .position(|cost| cost.bytes == 0)
            .filter(|_| sum <= bounds.max_bytes)
    }

    /// Returns a free slot for a value of this size, after releasing no more values than necessary,
    /// and their number. Releases none if that would not be enough.
    ///
    /// Follows the CLOCK rule: from the hand on, a value without a mark is released, and one with a
    /// mark loses it and stays. After [`MAX_SPARED`] of the latter, further ones keep their marks.
    /// `marks` returns the mark of a slot.
    pub(super) fn make_room<'m>(
        &mut self,
        bytes: usize,
        bounds: Bounds,
        marks: impl Fn(usize) -> Option<&'m AtomicBool>,
    ) -> Option<(usize, usize)> {
        let (mut after, mut hand, mut second_chances) = (self.clone(), self.hand, 0..MAX_SPARED);
        let mut released = 0_usize;
        let round = (self.hand..bounds.ways).chain(0..self.hand);
        for slot in round.filter(|slot| self.cost(*slot).bytes != 0) {
            if after.free_slot(bytes, bounds).is_some() {
                break;
            }
            let mark = marks(slot);
            debug_assert!(mark.is_some(), "slot {slot} has no mark");
            // Relaxed: a mark is a hint and guards no data. One that a reader sets just now may be
            // lost, which at worst evicts a used value.
            match mark.filter(|mark| mark.load(Ordering::Relaxed)) {
                None => {
                    after.release(slot);
                    released = released.saturating_add(1);
                }
                Some(mark) if second_chances.next().is_some() => {
                    mark.store(false, Ordering::Relaxed);
                }
                Some(_) => continue,
            }
            let next = slot.wrapping_add(1);
            hand = if next < bounds.ways { next } else { 0 };
        }
        self.hand = hand;
        let free = after.free_slot(bytes, bounds)?;
        self.costs = after.costs;
        Some((free, released))
    }
}

/// Returns the entry of a slot. All slot numbers come from loops over arrays of this length.
fn entry<V>(entries: &mut [V; WAYS], slot: usize) -> Option<&mut V> {
    debug_assert!(slot < WAYS, "slot {slot} of {WAYS}");
    entries.get_mut(slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        ways: 4,
        max_bytes: 100,
    };

    fn cost(bytes: usize) -> Cost {
        Cost {
            bytes,
            valid_until: Duration::MAX,
        }
    }

    fn eviction(sizes: &[usize]) -> EvictionState {
        let mut eviction = EvictionState::default();
        for (slot, bytes) in sizes.iter().enumerate() {
            eviction.record(slot, cost(*bytes));
        }
        eviction
    }

    fn sizes(eviction: &EvictionState) -> Vec<usize> {
        (0..4).map(|slot| eviction.cost(slot).bytes).collect()
    }

    fn marks(set: [bool; 4]) -> [AtomicBool; 4] {
        set.map(AtomicBool::new)
    }

    fn marked(marks: &[AtomicBool; 4]) -> usize {
        marks
            .iter()
            .filter(|mark| mark.load(Ordering::Relaxed))
            .count()
    }

    fn make_room(
        eviction: &mut EvictionState,
        bytes: usize,
        marks: &[AtomicBool; 4],
    ) -> Option<usize> {
        let room = eviction.make_room(bytes, BOUNDS, |slot| marks.get(slot));
        room.map(|(free, _)| free)
    }

    #[test]
    fn a_slot_is_free_if_neither_count_nor_bytes_are_exceeded() {
        assert_eq!(eviction(&[1, 0, 1]).free_slot(98, BOUNDS), Some(1));
        assert_eq!(eviction(&[1, 0, 1]).free_slot(99, BOUNDS), None);
        assert_eq!(eviction(&[1, 1, 1, 1]).free_slot(1, BOUNDS), None);
        assert_eq!(eviction(&[]).free_slot(usize::MAX, BOUNDS), None);
    }

    #[test]
    fn no_more_values_are_evicted_than_necessary() {
        let (mut eviction, unmarked) = (eviction(&[30, 30, 30, 1]), marks([false; 4]));
        assert_eq!(make_room(&mut eviction, 60, &unmarked), Some(0));
        assert_eq!(sizes(&eviction), [0, 0, 30, 1]);
        eviction.record(0, cost(60));
        assert_eq!(
            make_room(&mut eviction, 30, &unmarked),
            Some(1),
            "the hand goes on from where it was"
        );
        assert_eq!(sizes(&eviction), [60, 0, 0, 1]);
    }

    #[test]
    fn a_released_value_that_was_not_replaced_is_taken_out_once() {
        let mut eviction = eviction(&[30, 30, 30]);
        assert_eq!(make_room(&mut eviction, 60, &marks([false; 4])), Some(0));
        eviction.record(0, cost(60));
        assert_eq!(
            [0, 1, 2, 3].map(|slot| eviction.take_released(slot)),
            [false, true, false, false]
        );
        assert_eq!(
            [0, 1, 2, 3].map(|slot| eviction.take_released(slot)),
            [false; 4]
        );
    }

    #[test]
    fn a_used_value_loses_its_mark_but_keeps_its_slot() {
        for used in [
            [true, false, false, false],
            [true, true, false, false],
            [true, true, true, false],
        ] {
            let (mut eviction, marks) = (eviction(&[20, 20, 20, 20]), marks(used));
            let spared = marked(&marks);
            assert_eq!(make_room(&mut eviction, 20, &marks), Some(spared));
            assert_eq!(
                (
                    sizes(&eviction)[..spared].iter().sum::<usize>(),
                    marked(&marks)
                ),
                (20 * spared, 0)
            );
            assert!(
                make_room(&mut eviction, 40, &marks).is_some(),
                "a later value evicts it"
            );
        }
    }

    #[test]
    fn nothing_is_evicted_if_the_unused_values_are_too_few() {
        for used in [
            [true; 4],
            [true, false, true, true],
            [false, false, true, true],
        ] {
            let (mut eviction, marks) = (eviction(&[20, 20, 20, 20]), marks(used));
            assert_eq!(make_room(&mut eviction, 80, &marks), None);
            assert_eq!(sizes(&eviction), [20, 20, 20, 20]);
        }
    }

    #[test]
    fn only_a_few_values_lose_their_mark_at_a_time() {
        let (mut eviction, marks) = (eviction(&[20, 20, 20, 20]), marks([true; 4]));
        assert_eq!(
            (make_room(&mut eviction, 20, &marks), marked(&marks)),
            (None, 4 - MAX_SPARED)
        );
        assert_eq!(
            (make_room(&mut eviction, 20, &marks), marked(&marks)),
            (Some(0), 0)
        );
    }

    #[test]
    fn the_mark_of_a_free_slot_spares_nothing() {
        let (mut eviction, marks) = (eviction(&[0, 0, 0, 90]), marks([true, true, true, false]));
        assert_eq!(make_room(&mut eviction, 20, &marks), Some(0));
        assert_eq!((sizes(&eviction), marked(&marks)), (vec![0; 4], 3));
    }

    #[test]
    fn a_value_larger_than_the_set_evicts_nothing() {
        let mut full = eviction(&[20, 20, 20, 20]);
        assert_eq!(make_room(&mut full, 101, &marks([false; 4])), None);
        assert_eq!(sizes(&full), [20, 20, 20, 20]);
        let no_ways = Bounds {
            ways: 0,
            max_bytes: 100,
        };
        assert_eq!(eviction(&[]).make_room(1, no_ways, |_| None), None);
    }
}
