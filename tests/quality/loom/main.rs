//! The token cache's table and epochs under every order of the operations of two threads, and every
//! value that the memory model lets a relaxed load return.
//!
//! Includes the modules from `src`, with loom's primitives in place of std's. An execution is
//! bounded to a few switches between the threads at arbitrary points (`PREEMPTIONS`).
#![allow(
    dead_code,
    unreachable_pub,
    reason = "not all of the included modules is used, and a test reports by panicking"
)]

#[path = "../../../src/verify/token_cache/epoch.rs"]
mod epoch;
mod sync;
#[path = "../../../src/verify/token_cache/table/mod.rs"]
mod table;

use std::time::Duration;

use loom::model::Builder;
use loom::sync::Arc as Shared;
use loom::thread;

use self::epoch::Epoch;
use self::table::{Cost, Table};

/// The maximum number of switches between threads at points where the running one does not block.
const PREEMPTIONS: usize = 3;

/// Room for one value or for two in each set.
const BYTES: usize = 100;

type Numbers = Table<std::sync::Arc<u64>>;

fn find(table: &Numbers, hash: u64, number: u64) -> bool {
    let found = table.find(hash, |value| (**value == number).then_some(**value));
    assert!(found.is_none_or(|found| found == number));
    found.is_some()
}

fn insert(table: &Numbers, hash: u64, number: u64, bytes: usize) {
    let cost = Cost {
        bytes,
        valid_until: Duration::MAX,
    };
    let value = std::sync::Arc::new(number);
    table.insert(hash, value, cost, Duration::ZERO, |other| **other == number);
}

/// Returns how many of the values are in the table.
fn count(table: &Numbers, values: &[(u64, u64)]) -> usize {
    let present = values
        .iter()
        .filter(|(hash, number)| find(table, *hash, *number));
    present.count()
}

fn a_reader_finds_the_right_value_or_none_while_it_is_replaced() {
    // Both values have the same tag.
    let table = Shared::new(Numbers::new(1, BYTES));
    insert(&table, 7, 1, BYTES);
    let writer = {
        let table = Shared::clone(&table);
        thread::spawn(move || insert(&table, 7, 2, BYTES))
    };
    let (first, second) = (find(&table, 7, 1), find(&table, 7, 2));
    writer.join().unwrap();
    assert!(
        first || second || !find(&table, 7, 1),
        "the first value was there before"
    );
    assert_eq!(count(&table, &[(7, 1), (7, 2)]), 1, "one value fits");
}

fn a_reader_finds_a_value_that_nothing_evicts() {
    let table = Shared::new(Numbers::new(2, BYTES));
    insert(&table, 7, 1, 1);
    let writer = {
        let table = Shared::clone(&table);
        thread::spawn(move || insert(&table, 8, 2, 1))
    };
    assert!(find(&table, 7, 1), "there is room for both");
    writer.join().unwrap();
    assert_eq!(count(&table, &[(7, 1), (8, 2)]), 2);
}

fn two_writers_of_one_set_stay_within_its_bounds() {
    let table = Shared::new(Numbers::new(2, BYTES));
    let writer = {
        let table = Shared::clone(&table);
        thread::spawn(move || insert(&table, 7, 1, BYTES - 1))
    };
    insert(&table, 8, 2, BYTES - 1);
    writer.join().unwrap();
    assert_eq!(
        count(&table, &[(7, 1), (8, 2)]),
        1,
        "one of them fits, one gives up or is evicted"
    );
}

fn writers_that_want_the_same_two_sets_in_opposite_order_do_not_deadlock() {
    // Two sets of 16 slots. Each half of a hash selects one of them.
    let table = Shared::new(Numbers::new(32, 64 * 1024));
    let (upper, lower) = (0xffff_ffff_0000_0001, 0x0000_0001_ffff_ffff);
    let writer = {
        let table = Shared::clone(&table);
        thread::spawn(move || insert(&table, upper, 1, 1))
    };
    insert(&table, lower, 2, 1);
    writer.join().unwrap();
    assert!(
        count(&table, &[(upper, 1), (lower, 2)]) >= 1,
        "at least one of them got a lock"
    );
}

fn a_value_that_two_threads_insert_is_found() {
    let table = Shared::new(Numbers::new(1, BYTES));
    let writer = {
        let table = Shared::clone(&table);
        thread::spawn(move || insert(&table, 7, 1, BYTES))
    };
    insert(&table, 7, 1, BYTES);
    writer.join().unwrap();
    assert!(find(&table, 7, 1));
}

fn threads_that_notice_the_same_step_back_begin_one_epoch() {
    let at = |epoch: &Epoch, seconds| epoch.at(Duration::from_secs(seconds));
    let epoch = Shared::new(Epoch::default());
    at(&epoch, 1000);
    let other = {
        let epoch = Shared::clone(&epoch);
        thread::spawn(move || at(&epoch, 500))
    };
    let own = at(&epoch, 500);
    assert_eq!((own, other.join().unwrap()), (1, 1));
    assert_eq!(epoch.of(Duration::from_secs(500)), Some(1));
}

fn an_epoch_that_began_is_not_forgotten() {
    let at = |epoch: &Epoch, seconds| epoch.at(Duration::from_secs(seconds));
    let epoch = Shared::new(Epoch::default());
    at(&epoch, 1000);
    let other = {
        let epoch = Shared::clone(&epoch);
        thread::spawn(move || at(&epoch, 500))
    };
    at(&epoch, 2000);
    let began = other.join().unwrap();
    assert!(at(&epoch, 2000) >= began);
}

fn main() {
    let models: [(&str, fn()); 7] = [
        (
            "a_reader_finds_the_right_value_or_none_while_it_is_replaced",
            a_reader_finds_the_right_value_or_none_while_it_is_replaced,
        ),
        (
            "a_reader_finds_a_value_that_nothing_evicts",
            a_reader_finds_a_value_that_nothing_evicts,
        ),
        (
            "two_writers_of_one_set_stay_within_its_bounds",
            two_writers_of_one_set_stay_within_its_bounds,
        ),
        (
            "writers_that_want_the_same_two_sets_in_opposite_order_do_not_deadlock",
            writers_that_want_the_same_two_sets_in_opposite_order_do_not_deadlock,
        ),
        (
            "a_value_that_two_threads_insert_is_found",
            a_value_that_two_threads_insert_is_found,
        ),
        (
            "threads_that_notice_the_same_step_back_begin_one_epoch",
            threads_that_notice_the_same_step_back_begin_one_epoch,
        ),
        (
            "an_epoch_that_began_is_not_forgotten",
            an_epoch_that_began_is_not_forgotten,
        ),
    ];
    for (name, model) in models {
        let mut builder = Builder::new();
        builder.preemption_bound = Some(PREEMPTIONS);
        builder.max_branches = 100_000;
        builder.check(model);
        println!("test {name} ... ok");
    }
}
