use std::sync::Arc;

use super::*;

const LATER: Duration = Duration::from_secs(100);

/// Spreads numbers as a hash function does.
fn hash(number: u64) -> u64 {
    let spread = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread ^ spread >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

fn find(table: &Table<Arc<u64>>, number: u64) -> Option<u64> {
    table.find(hash(number), |value| (**value == number).then_some(**value))
}

fn put(table: &Table<Arc<u64>>, number: u64, bytes: usize, valid_until: Duration, now: Duration) {
    table.insert(
        hash(number),
        Arc::new(number),
        Cost { bytes, valid_until },
        now,
        |other| **other == number,
    );
}

fn insert(table: &Table<Arc<u64>>, number: u64, bytes: usize) {
    put(table, number, bytes, LATER, Duration::ZERO);
}

/// Returns how many of them are cached, without marking them as read.
fn cached(table: &Table<Arc<u64>>, numbers: std::ops::Range<u64>) -> usize {
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

/// The number that `TokenCacheSettings` and `SECURITY.md` state.
#[test]
fn a_slot_takes_50_bytes_at_once() {
    assert!(size_of::<Set<Arc<u64>>>() <= 50 * WAYS);
}

#[test]
fn inserted_values_are_found_and_no_others() {
    let table = Table::new(10_000, 100_000_000);
    (0..1000).for_each(|number| insert(&table, number, 1));
    assert_eq!(cached(&table, 0..1000), 1000);
    assert_eq!(cached(&table, 1000..100_000), 0);
}

#[test]
fn values_with_the_same_hash_are_told_apart() {
    let table = Table::new(100, 1_000_000);
    for value in ["one", "two"] {
        let cost = Cost {
            bytes: 1,
            valid_until: LATER,
        };
        table.insert(7, Arc::new(value), cost, Duration::ZERO, |other| {
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
fn there_are_never_more_than_max_entries() {
    for max_entries in [1, 2, 15, 16, 17, 31, 100, 1000] {
        let table = Table::new(max_entries, 1_000_000_000);
        (0..5000).for_each(|number| insert(&table, number, 1));
        let cached = cached(&table, 0..5000);
        assert!(
            cached <= max_entries && cached > max_entries / 2,
            "{cached} of {max_entries}"
        );
    }
}

#[test]
fn entries_never_take_more_than_max_bytes() {
    for bytes in [100, 10_000, 30_000] {
        let table = Table::new(10_000, 1_000_000);
        (0..20_000).for_each(|number| insert(&table, number, bytes));
        let cached = cached(&table, 0..20_000);
        assert!(
            cached > 0 && cached * bytes <= 1_000_000,
            "{cached} of {bytes} bytes"
        );
    }
}

/// Reads each in turn, several times, and inserts it where it is missing. Returns how many were found.
fn rotation(numbers: u64, bytes: usize) -> usize {
    let table = Table::new(1000, 1000 * 4096);
    let ask = |number: &u64| {
        let found = find(&table, *number).is_some();
        if !found {
            insert(&table, *number, bytes);
        }
        found
    };
    let rounds: Vec<_> = (0..11).map(|_| (0..numbers).filter(ask).count()).collect();
    rounds[10]
}

#[test]
fn nearly_as_many_entries_as_fit_are_found_again_and_again() {
    assert_eq!(
        [rotation(500, 1), rotation(900, 1), rotation(900, 3000)],
        [500, 900, 900]
    );
    let (nearly, beyond) = (rotation(980, 1), rotation(1100, 1));
    assert!(
        nearly >= 930 && beyond >= 300,
        "{nearly} of 980, {beyond} of 1,100, which is more than there is max_bytes for"
    );
}

#[test]
fn a_value_that_is_too_large_evicts_nothing() {
    let table = Table::new(16, MIN_SET_BYTES);
    (0..16).for_each(|number| insert(&table, number, 1));
    insert(&table, 16, MIN_SET_BYTES + 1);
    assert_eq!((cached(&table, 0..16), cached(&table, 16..17)), (16, 0));
    insert(&table, 16, MIN_SET_BYTES);
    assert_eq!((cached(&table, 0..16), cached(&table, 16..17)), (0, 1));
}

#[test]
fn entries_that_are_read_stay_while_others_come_and_go() {
    for (max_entries, asked, bytes) in [
        (16, 8, 1),
        (16, 8, MIN_SET_BYTES / 2),
        (16, 2, MIN_SET_BYTES),
        (2, 1, 1),
        (1, 1, 1),
    ] {
        let table = Table::new(max_entries, MIN_SET_BYTES);
        (0..asked).for_each(|number| insert(&table, number, 100));
        for stranger in 100..1000 {
            assert_eq!(
                (0..asked).filter_map(|number| find(&table, number)).count(),
                usize::try_from(asked).unwrap()
            );
            insert(&table, stranger, bytes);
        }
    }
}

#[test]
fn entries_that_are_no_longer_read_are_evicted() {
    let table = Table::new(16, MIN_SET_BYTES);
    (0..16).for_each(|number| insert(&table, number, 1));
    assert!((0..16).all(|number| find(&table, number).is_some()));
    (16..100).for_each(|number| insert(&table, number, 1));
    assert_eq!(cached(&table, 0..16), 0);
    assert_eq!(cached(&table, 16..100), 16);
}

#[test]
fn expired_entries_are_evicted_first() {
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
    assert_eq!((cached(&table, 0..4), cached(&table, 4..17)), (0, 13));
}

#[test]
fn an_equal_entry_is_replaced() {
    let table = Table::new(16, 1_000_000);
    (0..16).for_each(|number| insert(&table, number, 1));
    (0..100).for_each(|_| insert(&table, 15, 1));
    assert_eq!(cached(&table, 0..16), 16);
}

/// A number, followed by eight copies of its bytes.
type Written = triomphe::ThinArc<(u64, Arc<()>), u8>;

fn written(number: u64, witness: &Arc<()>) -> Written {
    Written::from_header_and_slice(
        (number, Arc::clone(witness)),
        &number.to_be_bytes().repeat(8),
    )
}

/// A value that is found may have another number, but it is intact.
fn assert_whole(found: &Written) -> Option<()> {
    assert_eq!(found.slice, *found.header.header.0.to_be_bytes().repeat(8));
    None
}

#[test]
fn concurrent_writers_keep_the_bounds_and_lose_nothing() {
    let (table, witness) = (Table::<Written>::new(64, 4 * MIN_SET_BYTES), Arc::new(()));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (table, witness) = (&table, &witness);
            scope.spawn(move || {
                for step in 0..20_000 {
                    // Few hashes for many numbers, and some large values.
                    let number = (step * 7 + thread) % 200;
                    let (bytes, shared) = (
                        1000 * usize::try_from(number % 20).unwrap(),
                        hash(number % 50),
                    );
                    let _: Option<()> = table.find(shared, assert_whole);
                    let cost = Cost {
                        bytes,
                        valid_until: LATER,
                    };
                    let same = |other: &Written| other.header.header.0 == number;
                    table.insert(shared, written(number, witness), cost, Duration::ZERO, same);
                }
            });
        }
    });
    let sizes: Vec<_> = table
        .sets
        .iter()
        .flat_map(|set| set.write().unwrap().sizes())
        .collect();
    assert_eq!(
        Arc::strong_count(&witness) - 1,
        sizes.len(),
        "a value for each in the accounts, and none beside"
    );
    assert!(
        sizes.len() <= 64 && sizes.iter().sum::<usize>() <= 4 * MIN_SET_BYTES,
        "{sizes:?}"
    );
    assert!(!sizes.is_empty());
}

#[test]
fn a_value_that_panics_when_dropped_leaves_no_lock() {
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
            Cost {
                bytes: 1,
                valid_until: LATER,
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
fn a_value_that_uses_the_table_when_dropped_does_not_block() {
    struct Nosy(Option<Arc<Table<Arc<Self>>>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            let Some(table) = self.0.take() else { return };
            table.insert(
                1,
                Arc::new(Self(None)),
                Cost {
                    bytes: 1,
                    valid_until: LATER,
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
            Cost {
                bytes: 1,
                valid_until: LATER,
            },
            Duration::ZERO,
            |_| true,
        )
    };
    insert(Nosy(Some(Arc::clone(&table))));
    insert(Nosy(None));
    // It finds no slot, because all entries were read.
    assert!(table.find(1, |_| Some(())).is_some());
    table.insert(
        1,
        Arc::new(Nosy(Some(Arc::clone(&table)))),
        Cost {
            bytes: 1,
            valid_until: LATER,
        },
        Duration::ZERO,
        |_| false,
    );
}
