//! Times and allocations of one request, from one interleaved run. "Verify", a token that is not
//! cached, is compared with the bare signature check; a cached token with the least work of an
//! authenticating layer.
//!
//! ```text
//! cargo bench --bench summary --features full           # all groups
//! cargo bench --bench summary --features full -- seen   # groups whose first line contains "seen"
//! ```
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and prints its results"
)]

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use support::candidates::{Candidate, Group, all};
use support::fetched;
use support::report::median;

/// The number of interleaved rounds, of which the median is printed.
const ROUNDS: usize = 101;

fn main() {
    println!(
        "µs beyond the same request without a layer; ratios to the first line of each group\n"
    );
    println!(
        "{:32} {:>10} {:>8} {:>12}",
        "", "µs", "ratio", "allocations"
    );
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"))
        .unwrap_or_default();
    let _within = fetched::runtime().enter();
    for group in all()
        .into_iter()
        .filter(|group| group.reference.name.contains(&filter))
    {
        print_group(group);
    }
}

fn print_group(
    Group {
        no_layer,
        reference,
        reference_is_request,
        others,
    }: Group,
) {
    let mut candidates: Vec<Candidate> = [no_layer, reference].into_iter().chain(others).collect();
    let mut micros = Vec::new();
    allocations::uncounted(|| micros = medians(&mut candidates));
    let allocated: Vec<u64> = candidates
        .iter_mut()
        .map(|candidate| allocations::count(|| (candidate.run)()))
        .collect();
    let base = if reference_is_request { micros[0] } else { 0.0 };
    let reference = micros[1] - base;
    println!(
        "{:32} {:>10.3} {:>8} {:>12}",
        candidates[1].name,
        reference,
        "",
        allocated[1].saturating_sub(if reference_is_request {
            allocated[0]
        } else {
            0
        })
    );
    for index in 2..candidates.len() {
        let net = micros[index] - micros[0];
        println!(
            "{:32} {net:>10.3} {:>8.3} {:>12}",
            candidates[index].name,
            net / reference,
            allocated[index] - allocated[0]
        );
    }
    println!();
}

/// Returns the median microseconds of each candidate. They take turns, so that a disturbance
/// affects all of them.
fn medians(candidates: &mut [Candidate]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for _ in 0..ROUNDS {
        for (candidate, times) in candidates.iter_mut().zip(&mut times) {
            times.push(candidate.time());
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}
