//! What only who writes to a set of places has to know: what their values weigh, and until when they are of use.

use std::time::Duration;

/// How many places a set has: as many as have their tags in one line of the processor's cache.
pub(super) const WAYS: usize = 16;
/// How many values that were asked for may lose their mark to one that comes. What is heavy, or comes in masses, then
/// takes no place that is in use.
const MOST_SPARED: usize = 2;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worth {
    /// In bytes. 0 where there is nothing.
    pub(super) weight: usize,
    /// As time since 1970.
    pub(super) until: Duration,
}

/// The bounds of a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How many of its places are used.
    pub(super) ways: usize,
    /// How many bytes the values may take.
    pub(super) room: usize,
}

#[derive(Debug, Default)]
pub(super) struct Books {
    values: [Worth; WAYS],
    /// Which places hold a value, be it one that was struck from here.
    held: [bool; WAYS],
    /// Where to look next for what can go.
    hand: usize,
    /// Which of two sets makes room the next time.
    turn: bool,
}

impl Books {
    pub(super) fn worth(&self, place: usize) -> Worth {
        self.values.get(place).copied().unwrap_or_default()
    }

    /// That a value was put there.
    pub(super) fn note(&mut self, place: usize, worth: Worth) {
        if let (Some(value), Some(held)) = (self.values.get_mut(place), self.held.get_mut(place)) {
            (*value, *held) = (worth, true);
        }
    }

    pub(super) fn strike(&mut self, place: usize) {
        if let Some(value) = self.values.get_mut(place) {
            *value = Worth::default();
        }
    }

    /// Whether a value is yet to be taken out of a place. Says so once.
    pub(super) fn settle(&mut self, place: usize) -> bool {
        let is_struck = self.worth(place).weight == 0;
        self.held.get_mut(place).filter(|_| is_struck).is_some_and(std::mem::take)
    }

    pub(super) const fn take_turns(&mut self) -> bool {
        self.turn = !self.turn;
        self.turn
    }

    /// A free place for a value of this weight, if there is room for it.
    pub(super) fn free_place(&self, weight: usize, bounds: Bounds) -> Option<usize> {
        let all = self.values.iter().fold(weight, |sum, value| sum.saturating_add(value.weight));
        let mut places = self.values.iter().take(bounds.ways);
        places.position(|value| value.weight == 0).filter(|_| all <= bounds.room)
    }

    /// Forgets what was not asked for until there is such a place. `ask` tells of a place whether it was asked for, and
    /// takes its mark.
    pub(super) fn make_room(&mut self, weight: usize, bounds: Bounds, ask: impl Fn(usize) -> bool) -> Option<usize> {
        let mut spared = 0_usize;
        // In a round each place loses its mark or its value.
        for _ in 0..=bounds.ways.saturating_mul(2) {
            let free = self.free_place(weight, bounds);
            if free.is_some() || spared > MOST_SPARED {
                return free;
            }
            let here = self.hand;
            self.hand = here.saturating_add(1).checked_rem(bounds.ways).unwrap_or_default();
            if ask(here) {
                spared = spared.saturating_add(1);
            } else {
                self.strike(here);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { ways: 4, room: 100 };

    fn books(weights: &[usize]) -> Books {
        let mut books = Books::default();
        for (place, weight) in weights.iter().enumerate() {
            books.note(place, Worth { weight: *weight, until: Duration::MAX });
        }
        books
    }

    fn weights(books: &Books) -> Vec<usize> {
        (0..4).map(|place| books.worth(place).weight).collect()
    }

    #[test]
    fn a_place_is_free_where_neither_number_nor_bytes_are_exceeded() {
        assert_eq!(books(&[1, 0, 1]).free_place(98, BOUNDS), Some(1));
        assert_eq!(books(&[1, 0, 1]).free_place(99, BOUNDS), None);
        assert_eq!(books(&[1, 1, 1, 1]).free_place(1, BOUNDS), None);
        assert_eq!(books(&[]).free_place(usize::MAX, BOUNDS), None);
    }

    #[test]
    fn no_more_goes_than_must() {
        let mut books = books(&[30, 30, 30, 1]);
        assert_eq!(books.make_room(60, BOUNDS, |_| false), Some(0));
        assert_eq!(weights(&books), [0, 0, 30, 1]);
        books.note(0, Worth { weight: 60, until: Duration::MAX });
        assert_eq!(books.make_room(30, BOUNDS, |_| false), Some(1), "the hand goes on from where it was");
        assert_eq!(weights(&books), [60, 0, 0, 1]);
    }

    #[test]
    fn what_was_struck_and_not_replaced_is_to_be_taken_out_once() {
        let mut books = books(&[30, 30, 30]);
        assert_eq!(books.make_room(60, BOUNDS, |_| false), Some(0));
        books.note(0, Worth { weight: 60, until: Duration::MAX });
        assert_eq!([0, 1, 2, 3].map(|place| books.settle(place)), [false, true, false, false]);
        assert_eq!([0, 1, 2, 3].map(|place| books.settle(place)), [false; 4]);
    }

    #[test]
    fn what_was_asked_for_stays() {
        let mut books = books(&[20, 20, 20, 20]);
        assert_eq!(books.make_room(20, BOUNDS, |place| place != 2), Some(2));
        assert_eq!(weights(&books), [20, 20, 0, 20]);
    }

    #[test]
    fn where_all_was_asked_for_nothing_goes() {
        let mut books = books(&[20, 20, 20, 20]);
        for weight in [20, 100] {
            assert_eq!(books.make_room(weight, BOUNDS, |_| true), None);
            assert_eq!(weights(&books), [20, 20, 20, 20]);
        }
    }

    #[test]
    fn what_is_heavier_than_all_the_room_ends_too() {
        assert_eq!(books(&[20, 20, 20, 20]).make_room(101, BOUNDS, |_| false), None);
        assert_eq!(books(&[]).make_room(1, Bounds { ways: 0, room: 100 }, |_| false), None);
    }
}
