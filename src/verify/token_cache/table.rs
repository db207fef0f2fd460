//! A bounded table that is read without a lock.
//!
//! Set-associative: its places come in small sets, and a hash tells two of them. What goes is found by the CLOCK rule (a
//! second chance for what was asked for). Who reads writes nothing that other readers read, but for a mark where there was
//! none. Who writes has a set to himself; who finds both taken leaves it at that, because nothing depends on what is
//! remembered. To change a place costs about 20 ns for each thread that ever read, as those that do are seen to.

use std::time::Duration;

use arc_swap::RefCnt;

use super::accounts::{Bounds, WAYS, Worth};
use super::set::{Set, Writer};

/// The least room, in bytes, that a set is worth: for one value that came of a long token.
const LEAST_ROOM: usize = 32 * 1024;

/// Of shared values: `T` is an `Arc` of some kind.
pub(super) struct Table<T: RefCnt> {
    sets: Box<[Set<T>]>,
    bounds: Bounds,
}

impl<T: RefCnt> Table<T> {
    /// Never holds more values, nor more bytes.
    pub(super) fn new(most: usize, bytes: usize) -> Self {
        // Neither these nor the sets are ever none, so that everything can be divided by them.
        let ways = most.clamp(1, WAYS);
        let sets = most
            .div_euclid(ways)
            .min(bytes.div_euclid(LEAST_ROOM))
            .max(1);
        Self {
            sets: (0..sets).map(|_| Set::new()).collect(),
            bounds: Bounds {
                ways,
                room: bytes.div_euclid(sets),
            },
        }
    }

    /// What `look` gives for the one value that it gives something for, of those that may have this hash.
    pub(super) fn find<R>(&self, hash: u64, look: impl Fn(&T) -> Option<R>) -> Option<R> {
        let [one, two] = self.sets(hash)?;
        one.find(tag(hash), &look)
            .or_else(|| two.find(tag(hash), &look))
    }

    /// Puts a value in, at the cost of the `same`, of those that are out of their time `now`, then of those that were not
    /// asked for; not where there are too few of these.
    pub(super) fn insert(
        &self,
        hash: u64,
        value: T,
        worth: Worth,
        now: Duration,
        same: impl Fn(&T) -> bool,
    ) {
        let worth = Worth {
            weight: worth.weight.max(1),
            ..worth
        };
        let Some(sets) = self.sets(hash).filter(|_| worth.weight <= self.bounds.room) else {
            return;
        };
        // Where both are one, the second can't be had.
        let mut writers = sets.map(Set::write);
        writers
            .iter_mut()
            .flatten()
            .for_each(|writer| writer.sweep(now, tag(hash), &same));
        if is_second_first(&mut writers, worth.weight, self.bounds) {
            writers.reverse();
        }
        let put =
            |value, writer: &mut Writer<'_, T>| writer.put(tag(hash), value, worth, self.bounds);
        let unplaced = writers.iter_mut().flatten().try_fold(value, put);
        let gone = writers.map(|writer| writer.map(Writer::finish));
        // From here on nobody is locked out.
        drop((gone, unplaced));
    }

    /// By each half of the hash, as a fraction of the number of sets.
    fn sets(&self, hash: u64) -> Option<[&Set<T>; 2]> {
        let sets = u64::try_from(self.sets.len()).ok()?;
        let set = |half: u32| {
            self.sets
                .get(usize::try_from(u64::from(half).wrapping_mul(sets) >> 32).ok()?)
        };
        let [upper, lower] = halves(hash);
        Some([set(upper)?, set(lower)?])
    }
}

/// Whether the second has room where the first has none; where neither has any, they take turns.
fn is_second_first<T: RefCnt>(
    writers: &mut [Option<Writer<'_, T>>; 2],
    weight: usize,
    bounds: Bounds,
) -> bool {
    let [Some(one), Some(two)] = writers else {
        return false;
    };
    let has_room = |writer: &Writer<'_, T>| writer.books.free_place(weight, bounds).is_some();
    !has_room(one) && (has_room(two) || one.books.take_turns())
}

/// The lower half of the hash: who shares a set by it shares a few bits of it.
const fn tag(hash: u64) -> u32 {
    let [_, lower] = halves(hash);
    lower
}

const fn halves(hash: u64) -> [u32; 2] {
    let ([upper @ .., _, _, _, _], [_, _, _, _, lower @ ..]) =
        (hash.to_be_bytes(), hash.to_be_bytes());
    [u32::from_be_bytes(upper), u32::from_be_bytes(lower)]
}

#[cfg(test)]
mod tests;
