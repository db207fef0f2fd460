//! First sight against the bare signature check, tokens seen before against the least that a layer does: ratios and allocations from one interleaved run.
//!
//! ```text
//! cargo bench --bench summary --all-features
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
    reason = "a benchmark that can't run should say so by a panic, and it prints"
)]

mod support;

use support::allocations;
use support::candidates::{Candidate, all};

/// Rounds of the interleaved run; the median of them counts.
const ROUNDS: usize = 101;

fn main() {
    println!("{:28} {:>10} {:>8} {:>12}", "", "µs", "ratio", "allocations");
    for group in all() {
        print_group(group);
    }
}

fn print_group(mut group: Vec<Candidate>) {
    let mut times = vec![Vec::with_capacity(ROUNDS); group.len()];
    for _ in 0..ROUNDS {
        for (candidate, times) in group.iter_mut().zip(&mut times) {
            times.push(candidate.time());
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    for (candidate, micros) in group.iter_mut().zip(&medians) {
        let allocated = allocations::count(|| (candidate.run)());
        println!("{:28} {micros:>10.3} {:>8.3} {allocated:>12}", candidate.name, micros / medians[0]);
    }
    println!();
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
