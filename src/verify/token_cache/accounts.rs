//! What only who writes to a set of places has to know: what their values weigh, and until when they are of use.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How many places a set has: as many as have their tags in one line of the processor's cache.
pub(super) const WAYS: usize = 16;
/// How many values that were asked for may lose their mark to one that comes. They lose their place only to a later one,
/// so that what is heavy, or comes in masses, takes none that is in use.
const MOST_SPARED: usize = 3;

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

#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    values: [Worth; WAYS],
    /// Which places hold a value, be it one that was struck from here.
    held: [bool; WAYS],
    /// Of the CLOCK rule: where to look next for what can go.
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
        self.held
            .get_mut(place)
            .filter(|_| is_struck)
            .is_some_and(std::mem::take)
    }

    pub(super) const fn take_turns(&mut self) -> bool {
        self.turn = !self.turn;
        self.turn
    }

    /// A free place for a value of this weight, if there is room for it.
    pub(super) fn free_place(&self, weight: usize, bounds: Bounds) -> Option<usize> {
        let all = self
            .values
            .iter()
            .fold(weight, |sum, value| sum.saturating_add(value.weight));
        let mut places = self.values.iter().take(bounds.ways);
        places
            .position(|value| value.weight == 0)
            .filter(|_| all <= bounds.room)
    }

    /// Forgets of what was not asked for as much as must go for there to be such a place; nothing where that is too
    /// little. `marks` are those of what was asked for.
    pub(super) fn make_room<'m>(
        &mut self,
        weight: usize,
        bounds: Bounds,
        marks: impl Fn(usize) -> Option<&'m AtomicBool>,
    ) -> Option<usize> {
        let (mut without, mut hand, mut spared) = (self.clone(), self.hand, 0_usize);
        let round = (self.hand..bounds.ways).chain(0..self.hand);
        for place in round.filter(|place| self.worth(*place).weight != 0) {
            if without.free_place(weight, bounds).is_some() {
                break;
            }
            match marks(place).filter(|mark| mark.load(Ordering::Relaxed)) {
                None => without.strike(place),
                Some(mark) if spared < MOST_SPARED => {
                    mark.store(false, Ordering::Relaxed);
                    spared = spared.saturating_add(1);
                }
                Some(_) => continue,
            }
            hand = place
                .saturating_add(1)
                .checked_rem(bounds.ways)
                .unwrap_or_default();
        }
        self.hand = hand;
        let free = without.free_place(weight, bounds)?;
        self.values = without.values;
        Some(free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { ways: 4, room: 100 };

    fn books(weights: &[usize]) -> Books {
        let mut books = Books::default();
        for (place, weight) in weights.iter().enumerate() {
            books.note(
                place,
                Worth {
                    weight: *weight,
                    until: Duration::MAX,
                },
            );
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

    /// Which of four places were asked for.
    fn marks(set: [bool; 4]) -> [AtomicBool; 4] {
        set.map(AtomicBool::new)
    }

    fn make_room(books: &mut Books, weight: usize, marks: &[AtomicBool; 4]) -> Option<usize> {
        books.make_room(weight, BOUNDS, |place| marks.get(place))
    }

    fn left(marks: &[AtomicBool; 4]) -> usize {
        marks
            .iter()
            .filter(|mark| mark.load(Ordering::Relaxed))
            .count()
    }

    #[test]
    fn no_more_goes_than_must() {
        let (mut books, none) = (books(&[30, 30, 30, 1]), marks([false; 4]));
        assert_eq!(make_room(&mut books, 60, &none), Some(0));
        assert_eq!(weights(&books), [0, 0, 30, 1]);
        books.note(
            0,
            Worth {
                weight: 60,
                until: Duration::MAX,
            },
        );
        assert_eq!(
            make_room(&mut books, 30, &none),
            Some(1),
            "the hand goes on from where it was"
        );
        assert_eq!(weights(&books), [60, 0, 0, 1]);
    }

    #[test]
    fn what_was_struck_and_not_replaced_is_to_be_taken_out_once() {
        let mut books = books(&[30, 30, 30]);
        assert_eq!(make_room(&mut books, 60, &marks([false; 4])), Some(0));
        books.note(
            0,
            Worth {
                weight: 60,
                until: Duration::MAX,
            },
        );
        assert_eq!(
            [0, 1, 2, 3].map(|place| books.settle(place)),
            [false, true, false, false]
        );
        assert_eq!([0, 1, 2, 3].map(|place| books.settle(place)), [false; 4]);
    }

    #[test]
    fn what_was_asked_for_loses_its_mark_but_not_its_place() {
        for asked in [
            [true, false, false, false],
            [true, true, false, false],
            [true, true, true, false],
        ] {
            let (mut books, asked) = (books(&[20, 20, 20, 20]), marks(asked));
            let kept = left(&asked);
            assert_eq!(make_room(&mut books, 20, &asked), Some(kept));
            assert_eq!(
                (weights(&books)[..kept].iter().sum::<usize>(), left(&asked)),
                (20 * kept, 0)
            );
            assert!(
                make_room(&mut books, 40, &asked).is_some(),
                "another one takes it"
            );
        }
    }

    #[test]
    fn where_what_was_not_asked_for_is_too_little_nothing_goes() {
        for asked in [
            [true; 4],
            [true, false, true, true],
            [false, false, true, true],
        ] {
            let (mut books, asked) = (books(&[20, 20, 20, 20]), marks(asked));
            assert_eq!(make_room(&mut books, 80, &asked), None);
            assert_eq!(weights(&books), [20, 20, 20, 20]);
        }
    }

    #[test]
    fn few_lose_their_mark_at_a_time_and_in_the_end_all() {
        let (mut books, asked) = (books(&[20, 20, 20, 20]), marks([true; 4]));
        assert_eq!(
            (make_room(&mut books, 20, &asked), left(&asked)),
            (None, 4 - MOST_SPARED)
        );
        assert_eq!(
            (make_room(&mut books, 20, &asked), left(&asked)),
            (Some(0), 0)
        );
    }

    #[test]
    fn a_mark_where_there_is_nothing_spares_nothing() {
        let (mut books, asked) = (books(&[0, 0, 0, 90]), marks([true, true, true, false]));
        assert_eq!(make_room(&mut books, 20, &asked), Some(0));
        assert_eq!((weights(&books), left(&asked)), (vec![0; 4], 3));
    }

    #[test]
    fn what_is_heavier_than_all_the_room_pushes_nothing_out() {
        let mut full = books(&[20, 20, 20, 20]);
        assert_eq!(make_room(&mut full, 101, &marks([false; 4])), None);
        assert_eq!(weights(&full), [20, 20, 20, 20]);
        assert_eq!(
            books(&[]).make_room(1, Bounds { ways: 0, room: 100 }, |_| None),
            None
        );
    }
}
