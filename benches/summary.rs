//! First sight against the bare signature check, tokens seen before against the least that a layer does: ratios and allocations from one interleaved run.
//!
//! ```text
//! cargo bench --bench summary --all-features           # everything
//! cargo bench --bench summary --all-features -- seen   # what has that in its name
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a benchmark that can't run should say so by a panic, and it prints"
)]

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use support::candidates::{Candidate, Group, all};
use support::fetched;
use support::report::median;

/// Rounds of the interleaved run; the median of them counts.
const ROUNDS: usize = 101;

fn main() {
    println!("µs beyond the same request without a layer; the ratio is to the line above\n");
    println!(
        "{:32} {:>10} {:>8} {:>12}",
        "", "µs", "ratio", "allocations"
    );
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"))
        .unwrap_or_default();
    let _within = fetched::runtime().enter();
    for group in all()
        .into_iter()
        .filter(|group| group.reference.name.contains(&wanted))
    {
        print_group(group);
    }
}

fn print_group(
    Group {
        none,
        reference,
        is_request,
        others,
    }: Group,
) {
    let mut candidates: Vec<Candidate> = [none, reference].into_iter().chain(others).collect();
    let mut micros = Vec::new();
    allocations::uncounted(|| micros = medians(&mut candidates));
    let allocated: Vec<u64> = candidates
        .iter_mut()
        .map(|candidate| allocations::count(|| (candidate.run)()))
        .collect();
    let base = if is_request { micros[0] } else { 0.0 };
    let reference = micros[1] - base;
    println!(
        "{:32} {:>10.3} {:>8} {:>12}",
        candidates[1].name,
        reference,
        "",
        allocated[1].saturating_sub(if is_request { allocated[0] } else { 0 })
    );
    for place in 2..candidates.len() {
        let net = micros[place] - micros[0];
        println!(
            "{:32} {net:>10.3} {:>8.3} {:>12}",
            candidates[place].name,
            net / reference,
            allocated[place] - allocated[0]
        );
    }
    println!();
}

/// Microseconds of each, taken in turn, so that what disturbs one disturbs all.
fn medians(candidates: &mut [Candidate]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for _ in 0..ROUNDS {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            times.push(candidate.time());
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}
