//! Runs one candidate of the summary a number of times, for profilers.
//!
//! ```text
//! valgrind --tool=callgrind --toggle-collect='*measured*' target/release/deps/once-* "HS256: verify" 1000
//! ```
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and prints its results"
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
        [group.no_layer, group.reference]
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
        None => eprintln!("usage: once CANDIDATE [TIMES] (the summary prints the candidates)"),
    }
}

/// The code to profile, without the set-up of keys and tokens.
#[inline(never)]
fn measured(candidate: &mut Candidate, times: u32) {
    for _ in 0..times {
        (candidate.run)();
    }
}
