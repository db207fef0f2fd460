//! The summary benchmark's table with the rivals: the time to verify a token, as a multiple of the
//! bare signature check.
//!
//! ```text
//! cargo run --release --bin table [-- --tsv FILE]
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a benchmark panics if it can't run"
)]

mod allocations;
mod candidates;
mod report;

use std::fs;

use tower_jwt_auth::Algorithm;

use crate::candidates::{Candidate, all};
use crate::report::{Row, table, tsv};

/// The number of interleaved rounds, of which the median is printed.
const ROUNDS: usize = 301;

fn main() {
    let file = tsv_file();
    let mut rows = Vec::new();
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::HS256] {
        let group = measure(algorithm);
        print!("{}", table(&group, rows.is_empty()));
        rows.extend(group);
    }
    if let Some(file) = file {
        fs::write(file, tsv(&rows)).unwrap();
    }
}

fn tsv_file() -> Option<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => None,
        [option, file] if option == "--tsv" => Some(file.clone()),
        _ => panic!("usage: table [--tsv FILE]"),
    }
}

fn measure(algorithm: Algorithm) -> Vec<Row> {
    let (mut candidates, missing) = all(algorithm);
    candidates.iter_mut().for_each(Candidate::calibrate);
    let mut times = vec![Vec::with_capacity(ROUNDS); candidates.len()];
    for round in 0..ROUNDS {
        // Each round starts with another candidate, so that a periodic disturbance does not always
        // hit the same one.
        for turn in 0..candidates.len() {
            let next = (round + turn) % candidates.len();
            times[next].push(candidates[next].time());
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    let measured = candidates.iter_mut().zip(&medians);
    let rows = measured.map(|(candidate, &micros)| candidate.row(micros, micros / medians[0]));
    rows.chain(missing).collect()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
