//! Runs one candidate of the summary a number of times: for profilers.
//!
//! ```text
//! valgrind --tool=callgrind --toggle-collect='*measured*' target/release/deps/once-* "HS256: first sight" 1000
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    dead_code,
    reason = "a benchmark that can't run should say so by a panic, and it prints"
)]

mod support;

use support::candidates::{Candidate, all};
use support::fetched;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let name = arguments.next().unwrap_or_default();
    let times = arguments
        .next()
        .and_then(|times| times.parse().ok())
        .unwrap_or(1_u32);
    let _within = fetched::runtime().enter();
    let candidates = all().into_iter().flat_map(|group| {
        [group.none, group.reference]
            .into_iter()
            .chain(group.others)
    });
    match candidates
        .into_iter()
        .find(|candidate| candidate.name == name)
    {
        Some(mut candidate) => {
            (candidate.run)();
            measured(&mut candidate, times);
        }
        None => eprintln!("name a candidate as the summary prints it, and how often to run it"),
    }
}

/// What is counted: without the making of keys and tokens.
#[inline(never)]
fn measured(candidate: &mut Candidate, times: u32) {
    for _ in 0..times {
        (candidate.run)();
    }
}
