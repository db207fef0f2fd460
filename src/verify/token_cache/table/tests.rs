use std::sync::Arc;

use super::*;

const LATER: Duration = Duration::from_secs(100);

/// As a hash function would spread them.
fn hash(number: u64) -> u64 {
    let spread = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread ^ spread >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

fn find(table: &Table<Arc<u64>>, number: u64) -> Option<u64> {
    table.find(hash(number), |value| (**value == number).then_some(**value))
}

fn put(table: &Table<Arc<u64>>, number: u64, weight: usize, until: Duration, now: Duration) {
    table.insert(
        hash(number),
        Arc::new(number),
        Worth { weight, until },
        now,
        |other| **other == number,
    );
}

fn insert(table: &Table<Arc<u64>>, number: u64, weight: usize) {
    put(table, number, weight, LATER, Duration::ZERO);
}

/// How many of them are there, found without the mark that a reader leaves.
fn kept(table: &Table<Arc<u64>>, numbers: std::ops::Range<u64>) -> usize {
    let is_there = |number: &u64| {
        let there = std::cell::Cell::new(false);
        let _: Option<()> = table.find(hash(*number), |value| {
            there.set(there.get() || **value == *number);
            None
        });
        there.get()
    };
    numbers.filter(is_there).count()
}

/// As `TokenCacheSettings` and `SECURITY.md` say.
#[test]
fn a_place_takes_50_bytes_at_once() {
    assert!(size_of::<Set<Arc<u64>>>() <= 50 * WAYS);
}

#[test]
fn what_was_put_in_is_found_and_nothing_else() {
    let table = Table::new(10_000, 100_000_000);
    (0..1000).for_each(|number| insert(&table, number, 1));
    assert_eq!(kept(&table, 0..1000), 1000);
    assert_eq!(kept(&table, 1000..100_000), 0);
}

#[test]
fn values_with_the_same_hash_are_told_apart() {
    let table = Table::new(100, 1_000_000);
    for value in ["one", "two"] {
        let worth = Worth {
            weight: 1,
            until: LATER,
        };
        table.insert(7, Arc::new(value), worth, Duration::ZERO, |other| {
            **other == value
        });
    }
    let all = |value: &'static str| table.find(7, |found| (**found == value).then_some(**found));
    assert_eq!(
        [all("one"), all("two"), all("three")],
        [Some("one"), Some("two"), None]
    );
}

#[test]
fn there_are_never_more_than_the_most() {
    for most in [1, 2, 15, 16, 17, 31, 100, 1000] {
        let table = Table::new(most, 1_000_000_000);
        (0..5000).for_each(|number| insert(&table, number, 1));
        let kept = kept(&table, 0..5000);
        assert!(kept <= most && kept > most / 2, "{kept} of {most}");
    }
}

#[test]
fn they_never_take_more_than_the_bytes() {
    for weight in [100, 10_000, 30_000] {
        let table = Table::new(10_000, 1_000_000);
        (0..20_000).for_each(|number| insert(&table, number, weight));
        let kept = kept(&table, 0..20_000);
        assert!(
            kept > 0 && kept * weight <= 1_000_000,
            "{kept} of {weight} bytes"
        );
    }
}

/// How many of them are found when each is asked for in turn, again and again, and put in where it is missing.
fn rotation(numbers: u64, weight: usize) -> usize {
    let table = Table::new(1000, 1000 * 4096);
    let ask = |number: &u64| {
        let found = find(&table, *number).is_some();
        if !found {
            insert(&table, *number, weight);
        }
        found
    };
    let rounds: Vec<_> = (0..11).map(|_| (0..numbers).filter(ask).count()).collect();
    rounds[10]
}

#[test]
fn nearly_as_many_as_there_is_room_for_are_found_again_and_again() {
    assert_eq!(
        [rotation(500, 1), rotation(900, 1), rotation(900, 3000)],
        [500, 900, 900]
    );
    let (nearly, beyond) = (rotation(980, 1), rotation(1100, 1));
    assert!(
        nearly >= 930 && beyond >= 300,
        "{nearly} of 980, {beyond} of 1,100, which is more than there is room for"
    );
}

#[test]
fn what_is_too_heavy_pushes_nothing_out() {
    let table = Table::new(16, LEAST_ROOM);
    (0..16).for_each(|number| insert(&table, number, 1));
    insert(&table, 16, LEAST_ROOM + 1);
    assert_eq!((kept(&table, 0..16), kept(&table, 16..17)), (16, 0));
    insert(&table, 16, LEAST_ROOM);
    assert_eq!((kept(&table, 0..16), kept(&table, 16..17)), (0, 1));
}

#[test]
fn what_is_asked_for_stays_while_strangers_come_and_go() {
    for (most, asked, weight) in [
        (16, 8, 1),
        (16, 8, LEAST_ROOM / 2),
        (16, 2, LEAST_ROOM),
        (2, 1, 1),
        (1, 1, 1),
    ] {
        let table = Table::new(most, LEAST_ROOM);
        (0..asked).for_each(|number| insert(&table, number, 100));
        for stranger in 100..1000 {
            assert_eq!(
                (0..asked).filter_map(|number| find(&table, number)).count(),
                usize::try_from(asked).unwrap()
            );
            insert(&table, stranger, weight);
        }
    }
}

#[test]
fn what_is_not_asked_for_any_more_goes() {
    let table = Table::new(16, LEAST_ROOM);
    (0..16).for_each(|number| insert(&table, number, 1));
    assert!((0..16).all(|number| find(&table, number).is_some()));
    (16..100).for_each(|number| insert(&table, number, 1));
    assert_eq!(kept(&table, 0..16), 0);
    assert_eq!(kept(&table, 16..100), 16);
}

#[test]
fn what_is_out_of_its_time_goes_first() {
    let table = Table::new(16, 1_000_000);
    (0..16).for_each(|number| {
        put(
            &table,
            number,
            1,
            Duration::from_secs(1 + number),
            Duration::ZERO,
        )
    });
    assert!((0..16).all(|number| find(&table, number).is_some()));
    put(&table, 16, 1, LATER, Duration::from_secs(4));
    assert_eq!((kept(&table, 0..4), kept(&table, 4..17)), (0, 13));
}

#[test]
fn the_same_is_replaced() {
    let table = Table::new(16, 1_000_000);
    (0..16).for_each(|number| insert(&table, number, 1));
    (0..100).for_each(|_| insert(&table, 15, 1));
    assert_eq!(kept(&table, 0..16), 16);
}

/// A number, and its bytes eight times behind it.
type Written = triomphe::ThinArc<(u64, Arc<()>), u8>;

fn written(number: u64, witness: &Arc<()>) -> Written {
    Written::from_header_and_slice(
        (number, Arc::clone(witness)),
        &number.to_be_bytes().repeat(8),
    )
}

/// What is found may be another's, but it is whole.
fn assert_whole(found: &Written) -> Option<()> {
    assert_eq!(found.slice, *found.header.header.0.to_be_bytes().repeat(8));
    None
}

#[test]
fn many_at_once_keep_within_the_bounds_and_nothing_is_lost() {
    let (table, witness) = (Table::<Written>::new(64, 4 * LEAST_ROOM), Arc::new(()));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (table, witness) = (&table, &witness);
            scope.spawn(move || {
                for step in 0..20_000 {
                    // Few hashes for many numbers, and some of them heavy.
                    let number = (step * 7 + thread) % 200;
                    let (weight, shared) = (
                        1000 * usize::try_from(number % 20).unwrap(),
                        hash(number % 50),
                    );
                    let _: Option<()> = table.find(shared, assert_whole);
                    let worth = Worth {
                        weight,
                        until: LATER,
                    };
                    let same = |other: &Written| other.header.header.0 == number;
                    table.insert(
                        shared,
                        written(number, witness),
                        worth,
                        Duration::ZERO,
                        same,
                    );
                }
            });
        }
    });
    let weights: Vec<_> = table
        .sets
        .iter()
        .flat_map(|set| set.write().unwrap().weights())
        .collect();
    assert_eq!(
        Arc::strong_count(&witness) - 1,
        weights.len(),
        "a value for each in the books, and none beside"
    );
    assert!(
        weights.len() <= 64 && weights.iter().sum::<usize>() <= 4 * LEAST_ROOM,
        "{weights:?}"
    );
    assert!(!weights.is_empty());
}

#[test]
fn a_value_whose_end_panics_locks_nobody_out() {
    struct Rude(bool);
    impl Drop for Rude {
        fn drop(&mut self) {
            assert!(!self.0 || std::thread::panicking(), "rude");
        }
    }
    let table = Table::new(1, 1_000_000);
    let insert = |value| {
        table.insert(
            1,
            Arc::new(value),
            Worth {
                weight: 1,
                until: LATER,
            },
            Duration::ZERO,
            |_| true,
        )
    };
    insert(Rude(true));
    let replaced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| insert(Rude(false))));
    assert!(replaced.is_err());
    assert!(
        table.find(1, |value| (!value.0).then_some(())).is_some(),
        "what replaced it is there"
    );
    insert(Rude(false));
}

#[test]
fn a_value_whose_end_uses_the_table_waits_for_nobody() {
    struct Nosy(Option<Arc<Table<Arc<Self>>>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            let Some(table) = self.0.take() else { return };
            table.insert(
                1,
                Arc::new(Self(None)),
                Worth {
                    weight: 1,
                    until: LATER,
                },
                Duration::ZERO,
                |_| true,
            );
            assert!(
                table
                    .find(1, |value| value.0.is_none().then_some(()))
                    .is_some(),
                "nobody is locked out"
            );
        }
    }
    let table = Arc::new(Table::new(1, 1_000_000));
    let insert = |value| {
        table.insert(
            1,
            Arc::new(value),
            Worth {
                weight: 1,
                until: LATER,
            },
            Duration::ZERO,
            |_| true,
        )
    };
    insert(Nosy(Some(Arc::clone(&table))));
    insert(Nosy(None));
    // One that finds no place, as what is there was asked for.
    assert!(table.find(1, |_| Some(())).is_some());
    table.insert(
        1,
        Arc::new(Nosy(Some(Arc::clone(&table)))),
        Worth {
            weight: 1,
            until: LATER,
        },
        Duration::ZERO,
        |_| false,
    );
}
