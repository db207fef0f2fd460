//! Runs every target on each of its seeds and on mutations of it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use crate::fuzz::checks;
use crate::fuzz::mutation::Mutator;

/// A check, which panics if something does not hold for the input.
type Check = fn(&[u8]);

/// The number of mutations for each target, in equal shares for its seeds.
const MUTATIONS: usize = 4_000;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus-seed")
        .join(target);
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    // The order of a directory listing differs between file systems.
    files.sort();
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// Runs a check, and prints the input if it fails.
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
fn decisions_on_tokens_are_sound() {
    replay("token", checks::token::check);
}

#[test]
fn headers_are_accepted_and_rejected_as_in_the_standards() {
    replay("header", checks::header::check);
}

#[test]
fn claims_are_accepted_and_rejected_as_in_the_standards() {
    replay("claims", checks::claims::check);
}

#[test]
fn key_sets_yield_their_usable_keys() {
    replay("key_set", checks::key_set::check);
}

#[test]
fn discovery_fetches_only_the_expected_urls() {
    replay("discovery", checks::discovery::check);
}

#[test]
fn only_active_answers_for_this_service_are_accepted() {
    replay("introspection", checks::introspection::check);
}

#[test]
fn dpop_proofs_are_accepted_and_rejected_as_in_the_standards() {
    replay("proof", checks::proof::check);
}

#[test]
fn challenges_can_be_parsed() {
    replay("challenge", checks::challenge::check);
}

#[test]
fn tokens_are_extracted_from_the_configured_locations_only() {
    replay("extraction", checks::extraction::check);
}

#[test]
fn client_certificates_are_read_as_their_proxies_write_them() {
    replay("client_certificate", checks::client_certificate::check);
}
