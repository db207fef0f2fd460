//! Every seed of every target, and mutations of it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use crate::checks;
use crate::mutation::Mutator;

/// Panics where something does not hold.
type Check = fn(&[u8]);

/// How many mutations a target gets, shared between its seeds. The fuzzer itself tries millions.
const MUTATIONS: usize = 8_000;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus-seed")
        .join(target);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    // In an order that no file system decides, so that a failure comes back.
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// Runs a check, and tells the input that it fails on.
fn run(check: Check, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) {
        eprintln!("the input was \"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
}

fn replay(target: &str, check: Check) {
    let seeds = seeds(target);
    assert!(seeds.len() >= 10, "only {} seeds", seeds.len());
    let mut mutator = Mutator::new(&seeds);
    for seed in &seeds {
        run(check, seed);
        for _ in 0..MUTATIONS.div_ceil(seeds.len()) {
            run(check, &mutator.mutate(seed));
        }
    }
}

#[test]
fn token_texts_lead_to_sound_decisions() {
    replay("token", checks::token::check);
}

#[test]
fn headers_are_decided_as_the_standards_say() {
    replay("header", checks::header::check);
}

#[test]
fn claims_are_decided_as_the_standards_say() {
    replay("claims", checks::claims::check);
}

#[test]
fn key_sets_yield_their_usable_keys() {
    replay("key_set", checks::key_set::check);
}

#[test]
fn discovery_leads_nowhere_else() {
    replay("discovery", checks::discovery::check);
}

#[test]
fn challenges_can_be_parsed() {
    replay("challenge", checks::challenge::check);
}

#[test]
fn tokens_are_found_where_they_are_looked_for_and_nowhere_else() {
    replay("extraction", checks::extraction::check);
}
