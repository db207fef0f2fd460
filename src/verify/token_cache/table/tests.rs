use std::sync::Arc;

use super::*;

const LATER: Duration = Duration::from_secs(100);

fn cost(bytes: usize) -> Cost {
    Cost {
        bytes,
        valid_until: LATER,
    }
}

/// Spreads numbers as a hash function would.
fn hash(number: u64) -> u64 {
    let spread = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (spread ^ spread >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

fn find(table: &Table<Arc<u64>>, number: u64) -> Option<u64> {
    table.find(hash(number), |value| (**value == number).then_some(**value))
}

fn insert_at(table: &Table<Arc<u64>>, number: u64, cost: Cost, now: Duration) {
    table.insert(hash(number), Arc::new(number), cost, now, |other| {
        **other == number
    });
}

fn insert(table: &Table<Arc<u64>>, number: u64, bytes: usize) {
    insert_at(table, number, cost(bytes), Duration::ZERO);
}

/// Returns how many of the numbers are in the table. Leaves no mark on them.
fn count(table: &Table<Arc<u64>>, numbers: std::ops::Range<u64>) -> usize {
    let is_present = |number: &u64| {
        let present = std::cell::Cell::new(false);
        let _: Option<()> = table.find(hash(*number), |value| {
            present.set(present.get() || **value == *number);
            None
        });
        present.get()
    };
    numbers.filter(is_present).count()
}

/// `TokenCacheSettings` and `SECURITY.md` state this number.
#[test]
fn a_slot_takes_50_bytes() {
    assert!(size_of::<Set<Arc<u64>>>() <= 50 * WAYS);
}

#[test]
fn a_value_that_was_inserted_is_found_and_no_other() {
    let table = Table::new(10_000, 100_000_000);
    (0..1000).for_each(|number| insert(&table, number, 1));
    assert_eq!(count(&table, 0..1000), 1000);
    assert_eq!(count(&table, 1000..100_000), 0);
}

#[test]
fn values_with_the_same_hash_are_told_apart() {
    let table = Table::new(100, 1_000_000);
    for value in ["one", "two"] {
        let is_same = |other: &Arc<&str>| **other == value;
        table.insert(7, Arc::new(value), cost(1), Duration::ZERO, is_same);
    }
    let find = |value: &'static str| table.find(7, |found| (**found == value).then_some(**found));
    assert_eq!(
        [find("one"), find("two"), find("three")],
        [Some("one"), Some("two"), None]
    );
}

#[test]
fn the_table_never_holds_more_than_its_maximum_number_of_values() {
    for max_entries in [1, 2, 15, 16, 17, 31, 100, 1000] {
        let table = Table::new(max_entries, 1_000_000_000);
        (0..5000).for_each(|number| insert(&table, number, 1));
        let count = count(&table, 0..5000);
        assert!(
            count <= max_entries && count > max_entries / 2,
            "{count} of {max_entries}"
        );
    }
}

#[test]
fn the_table_never_holds_more_than_its_maximum_of_bytes() {
    for bytes in [100, 10_000, 30_000] {
        let table = Table::new(10_000, 1_000_000);
        (0..20_000).for_each(|number| insert(&table, number, bytes));
        let count = count(&table, 0..20_000);
        assert!(
            count > 0 && count * bytes <= 1_000_000,
            "{count} values of {bytes} bytes"
        );
    }
}

/// Looks up all numbers in rounds, and inserts those that are missing. Returns the hits of the last
/// round.
fn hits_in_rounds(numbers: u64, bytes: usize) -> usize {
    let table = Table::new(1000, 1000 * 4096);
    let look_up = |number: &u64| {
        let is_hit = find(&table, *number).is_some();
        if !is_hit {
            insert(&table, *number, bytes);
        }
        is_hit
    };
    let rounds: Vec<_> = (0..11)
        .map(|_| (0..numbers).filter(look_up).count())
        .collect();
    rounds[10]
}

#[test]
fn a_working_set_of_nearly_the_capacity_stays_cached() {
    assert_eq!(
        [
            hits_in_rounds(500, 1),
            hits_in_rounds(900, 1),
            hits_in_rounds(900, 3000)
        ],
        [500, 900, 900]
    );
    let (below, above) = (hits_in_rounds(980, 1), hits_in_rounds(1100, 1));
    assert!(
        below >= 930 && above >= 300,
        "{below} of 980, {above} of 1,100, which is above the capacity"
    );
}

#[test]
fn a_value_larger_than_a_set_evicts_nothing() {
    let table = Table::new(16, MIN_SET_BYTES);
    (0..16).for_each(|number| insert(&table, number, 1));
    insert(&table, 16, MIN_SET_BYTES + 1);
    assert_eq!((count(&table, 0..16), count(&table, 16..17)), (16, 0));
    insert(&table, 16, MIN_SET_BYTES);
    assert_eq!((count(&table, 0..16), count(&table, 16..17)), (0, 1));
}

#[test]
fn used_values_stay_while_unused_ones_come_and_go() {
    for (max_entries, used, bytes) in [
        (16, 8, 1),
        (16, 8, MIN_SET_BYTES / 2),
        (16, 2, MIN_SET_BYTES),
        (2, 1, 1),
        (1, 1, 1),
    ] {
        let table = Table::new(max_entries, MIN_SET_BYTES);
        (0..used).for_each(|number| insert(&table, number, 100));
        for unused in 100..1000 {
            assert_eq!(
                (0..used).filter_map(|number| find(&table, number)).count(),
                usize::try_from(used).unwrap()
            );
            insert(&table, unused, bytes);
        }
    }
}

#[test]
fn values_that_are_no_longer_used_are_evicted() {
    let table = Table::new(16, MIN_SET_BYTES);
    (0..16).for_each(|number| insert(&table, number, 1));
    assert!((0..16).all(|number| find(&table, number).is_some()));
    (16..100).for_each(|number| insert(&table, number, 1));
    assert_eq!(count(&table, 0..16), 0);
    assert_eq!(count(&table, 16..100), 16);
}

#[test]
fn expired_values_are_evicted_first() {
    let table = Table::new(16, 1_000_000);
    for number in 0..16 {
        let valid_until = Duration::from_secs(1 + number);
        insert_at(
            &table,
            number,
            Cost {
                bytes: 1,
                valid_until,
            },
            Duration::ZERO,
        );
    }
    assert!((0..16).all(|number| find(&table, number).is_some()));
    insert_at(&table, 16, cost(1), Duration::from_secs(4));
    assert_eq!((count(&table, 0..4), count(&table, 4..17)), (0, 13));
}

#[test]
fn an_equal_value_is_replaced() {
    let table = Table::new(16, 1_000_000);
    (0..16).for_each(|number| insert(&table, number, 1));
    (0..100).for_each(|_| insert(&table, 15, 1));
    assert_eq!(count(&table, 0..16), 16);
}

/// A number, followed by its bytes eight times.
type Written = triomphe::ThinArc<(u64, Arc<()>), u8>;

fn written(number: u64, witness: &Arc<()>) -> Written {
    Written::from_header_and_slice(
        (number, Arc::clone(witness)),
        &number.to_be_bytes().repeat(8),
    )
}

/// A look-up may meet any other value, but never half of one.
fn assert_whole(found: &Written) -> Option<()> {
    assert_eq!(found.slice, *found.header.header.0.to_be_bytes().repeat(8));
    None
}

#[test]
fn concurrent_writers_keep_the_bounds_and_leak_no_value() {
    let (table, witness) = (Table::<Written>::new(64, 4 * MIN_SET_BYTES), Arc::new(()));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (table, witness) = (&table, &witness);
            scope.spawn(move || {
                for step in 0..20_000 {
                    // Few hashes for many numbers, and some large values.
                    let number = (step * 7 + thread) % 200;
                    let cost = cost(1000 * usize::try_from(number % 20).unwrap());
                    let shared = hash(number % 50);
                    let _: Option<()> = table.find(shared, assert_whole);
                    let is_same = |other: &Written| other.header.header.0 == number;
                    let value = written(number, witness);
                    table.insert(shared, value, cost, Duration::ZERO, is_same);
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
        "each value has its account"
    );
    assert!(
        sizes.len() <= 64 && sizes.iter().sum::<usize>() <= 4 * MIN_SET_BYTES,
        "{sizes:?}"
    );
    assert!(!sizes.is_empty());
}

#[test]
fn a_value_that_panics_in_drop_leaves_no_lock_behind() {
    struct Panicking(bool);
    impl Drop for Panicking {
        fn drop(&mut self) {
            assert!(!self.0 || std::thread::panicking(), "panics in drop");
        }
    }
    let table = Table::new(1, 1_000_000);
    let insert = |value| table.insert(1, Arc::new(value), cost(1), Duration::ZERO, |_| true);
    insert(Panicking(true));
    let replaced =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| insert(Panicking(false))));
    assert!(replaced.is_err());
    assert!(
        table.find(1, |value| (!value.0).then_some(())).is_some(),
        "the new value is in the table"
    );
    insert(Panicking(false));
}

#[test]
fn a_value_that_uses_the_table_in_drop_finds_it_unlocked() {
    struct Reentrant(Option<Arc<Table<Arc<Self>>>>);
    impl Drop for Reentrant {
        fn drop(&mut self) {
            let Some(table) = self.0.take() else { return };
            table.insert(1, Arc::new(Self(None)), cost(1), Duration::ZERO, |_| true);
            let found = table.find(1, |value| value.0.is_none().then_some(()));
            assert!(found.is_some(), "the table is unlocked");
        }
    }
    let table = Arc::new(Table::new(1, 1_000_000));
    let insert = |value, same: bool| {
        table.insert(1, Arc::new(value), cost(1), Duration::ZERO, |_| same);
    };
    insert(Reentrant(Some(Arc::clone(&table))), true);
    insert(Reentrant(None), true);
    // This one is dropped at once: the value in its slot was used.
    assert!(table.find(1, |_| Some(())).is_some());
    insert(Reentrant(Some(Arc::clone(&table))), false);
}
