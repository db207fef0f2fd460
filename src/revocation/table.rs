//! A hash table that many threads read without a lock while one adds to it.
//!
//! Open addressing with linear probing, at most half full. An entry is never removed: a table that
//! is full, or has too many ended entries, is replaced by another one.
//!
//! Most look-ups find nothing. They read only the tags, one byte for each slot, which stay in the
//! processor's caches where the slots do not.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::hash_key::Digest;
use crate::crypto::random_key;

/// The smallest table.
const MIN_SLOTS: usize = 64;

pub(super) struct Table {
    /// A part of the digest in each slot, or 0 if the slot is empty. Their number is a power of
    /// two.
    tags: Box<[AtomicU8]>,
    slots: Box<[Slot]>,
    /// Random and odd. The digests of a shared list have no key: without this, an attacker could
    /// choose ids whose search starts at one slot.
    multiplier: u64,
}

#[derive(Default)]
struct Slot {
    first: AtomicU64,
    second: AtomicU64,
    value: AtomicU64,
}

impl Table {
    /// Creates a table with room for `entries`.
    pub(super) fn with_capacity(entries: usize) -> Self {
        let slots = entries.saturating_mul(2).max(MIN_SLOTS);
        let slots = slots.checked_next_power_of_two().unwrap_or(MIN_SLOTS);
        Self {
            tags: std::iter::repeat_with(AtomicU8::default)
                .take(slots)
                .collect(),
            slots: std::iter::repeat_with(Slot::default).take(slots).collect(),
            multiplier: random_multiplier(),
        }
    }

    /// Returns the number of entries for which there is room.
    pub(super) fn capacity(&self) -> usize {
        self.slots.len().div_euclid(2)
    }

    /// Returns the value of a digest.
    #[inline]
    pub(super) fn get(&self, digest: Digest) -> Option<u64> {
        // Relaxed: a value that is raised at the same time may be read or not.
        Some(self.find(digest)?.value.load(Ordering::Relaxed))
    }

    /// Raises the value of a digest, if it is there. Returns what the value was.
    pub(super) fn raise(&self, digest: Digest, value: u64) -> Option<u64> {
        let slot = self.find(digest)?;
        // Relaxed: the flag that is set afterwards orders it for those who read that.
        Some(slot.value.fetch_max(value, Ordering::Relaxed))
    }

    /// Adds a digest that is not there. Only one thread may call this at a time, and only while
    /// there is room.
    pub(super) fn insert(&self, digest: Digest, value: u64) {
        let Digest(first, second) = digest;
        let is_empty = |(tag, _): &(&AtomicU8, &Slot)| tag.load(Ordering::Relaxed) == 0;
        let empty = self.from(digest).find(is_empty);
        debug_assert!(empty.is_some(), "at most half of the slots are taken");
        if let Some((tag, slot)) = empty {
            slot.first.store(first, Ordering::Relaxed);
            slot.second.store(second, Ordering::Relaxed);
            slot.value.store(value, Ordering::Relaxed);
            // Release: pairs with the Acquire of `find`, so that the slot is seen with its tag.
            tag.store(digest.tag(), Ordering::Release);
        }
    }

    /// Returns all entries. Only while nothing is added.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Digest, u64)> {
        let slots = self.tags.iter().zip(&self.slots);
        slots.filter_map(|(tag, slot)| {
            // Acquire: as in `find`.
            let is_taken = tag.load(Ordering::Acquire) != 0;
            is_taken.then(|| (slot.digest(), slot.value.load(Ordering::Relaxed)))
        })
    }

    /// Returns the slot of a digest.
    #[inline]
    fn find(&self, digest: Digest) -> Option<&Slot> {
        for (tag, slot) in self.from(digest) {
            // Acquire: pairs with the Release of `insert`, so that the slot is written.
            match tag.load(Ordering::Acquire) {
                0 => return None,
                tag if tag == digest.tag() && slot.digest() == digest => return Some(slot),
                _ => {}
            }
        }
        None
    }

    /// Returns all slots, from the one where a digest would be in an empty table.
    #[inline]
    fn from(&self, digest: Digest) -> impl Iterator<Item = (&AtomicU8, &Slot)> {
        let start = self.start(digest);
        let (before, after) = self.tags.split_at_checked(start).unwrap_or_default();
        let (slots_before, slots_after) = self.slots.split_at_checked(start).unwrap_or_default();
        let after = after.iter().zip(slots_after);
        after.chain(before.iter().zip(slots_before))
    }

    /// Returns the number of that slot. All lower bits of the digest have an effect on the upper
    /// ones of the product, of which half are enough for any table that fits into memory.
    #[inline]
    fn start(&self, Digest(_, second): Digest) -> usize {
        let product = second.wrapping_mul(self.multiplier);
        let mask = self.slots.len().wrapping_sub(1);
        usize::try_from(product >> 32).unwrap_or_default() & mask
    }
}

fn random_multiplier() -> u64 {
    let random = random_key();
    let random = random.first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(random) | 1
}

impl Slot {
    fn digest(&self) -> Digest {
        // Relaxed: written before the tag that was read.
        Digest(
            self.first.load(Ordering::Relaxed),
            self.second.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_found_and_nothing_else() {
        let table = Table::with_capacity(1000);
        assert!(table.capacity() >= 1000);
        for n in 1..=1000 {
            table.insert(Digest(n, n.wrapping_mul(0x9E37_79B9_7F4A_7C15)), n);
        }
        for n in 1..=1000_u64 {
            let second = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            assert_eq!(table.get(Digest(n, second)), Some(n));
            assert_eq!(table.get(Digest(n + 1000, second)), None);
            assert_eq!(table.get(Digest(n, second ^ 1 << 63)), None);
        }
        assert_eq!(table.entries().count(), 1000);
    }

    #[test]
    fn digests_of_one_slot_are_told_apart_also_at_the_end_of_the_table() {
        // In about half of the tables, 30 of 64 slots reach beyond the end.
        for _ in 0..20 {
            let table = Table::with_capacity(1);
            for n in 1..=30 {
                table.insert(Digest(n, 63), n);
            }
            for n in 1..=30 {
                assert_eq!(table.get(Digest(n, 63)), Some(n));
            }
            assert_eq!(table.get(Digest(1 << 60, 63)), None);
            assert_eq!(table.get(Digest(1, 62)), None);
        }
    }

    #[test]
    fn digests_that_were_chosen_for_one_slot_start_at_many() {
        let table = Table::with_capacity(1000);
        let chosen = (0..64).map(|n| table.start(Digest(n, n << 20)));
        let starts: std::collections::HashSet<_> = chosen.collect();
        assert!(starts.len() > 16, "{}", starts.len());
    }

    #[test]
    fn a_value_is_raised_and_never_lowered() {
        let table = Table::with_capacity(1);
        let digest = Digest(1, 1);
        assert_eq!(table.raise(digest, 5), None);
        table.insert(digest, 5);
        for (raised, before) in [(7, 5), (6, 7)] {
            assert_eq!(table.raise(digest, raised), Some(before));
            assert_eq!(table.get(digest), Some(7));
        }
    }

    #[test]
    fn threads_read_whole_entries_while_one_adds() {
        let table = Table::with_capacity(20_000);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for n in (1..=20_000_u64).rev() {
                        let found = table.get(Digest(n, n << 7));
                        assert!(found.is_none_or(|value| value == n));
                    }
                });
            }
            for n in 1..=20_000 {
                table.insert(Digest(n, n << 7), n);
            }
        });
        assert!((1..=20_000).all(|n| table.get(Digest(n, n << 7)) == Some(n)));
    }
}
