//! Operations a second on one thread, on two, and on as many as there are cores. Code that shares
//! nothing scales with the threads.
//!
//! ```text
//! cargo bench --bench cores --features full                          # all rows, one minute
//! cargo bench --bench cores --features full -- hit --tsv cores.tsv   # the hits, also to a file
//! ```
//!
//! Every thread has its own clone of the service, and header values without a reference count, so
//! that the harness itself shares no cache line between threads. "no layer" and "bare check" share
//! nothing at all: what they lack to a ratio of the number of threads is the machine's limit. With
//! "own tokens" each thread sends tokens of its own. With "the same tokens" all threads send the
//! same ones, and share the reference count of each token's cached claims. "floor, one Arc for all"
//! is the limit for a hit on one hot token.
//!
//! Rounds are short and the candidates take turns. A ratio is the median of the ratios within a
//! round, so that a disturbance of a few rounds changes nothing.
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and uses a part of the shared modules"
)]

mod support;
#[path = "support/threads.rs"]
mod threads;

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use support::fetched;
use support::report::{Report, median};
use threads::{Candidate, Work, all};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(100);

/// Numbers of threads, with the names of the columns for the speed and its ratio to one thread.
const THREADS: [(usize, &str, &str); 6] = [
    (1, "1 thread", "ratio"),
    (2, "2 threads", "2 : 1"),
    (4, "4 threads", "4 : 1"),
    (8, "8 threads", "8 : 1"),
    (16, "16 threads", "16 : 1"),
    (32, "32 threads", "32 : 1"),
];

fn main() {
    let cores = thread::available_parallelism()
        .map_or(2, usize::from)
        .max(2);
    let threads: Vec<_> = THREADS
        .into_iter()
        .filter(|(count, ..)| *count <= cores)
        .collect();
    let columns = threads
        .iter()
        .map(|&(_, name, _)| (name, 3))
        .chain(threads[1..].iter().map(|&(.., ratio)| (ratio, 2)));
    let mut report = Report::begin(
        "millions of operations a second",
        &columns.collect::<Vec<_>>(),
    );
    let counts: Vec<_> = threads.iter().map(|(count, ..)| *count).collect();
    let mut candidates = all(counts[counts.len() - 1]);
    candidates.retain(|candidate| report.includes(&candidate.name));
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| round(&mut candidates, &counts))
        .collect();
    for (index, candidate) in candidates.iter().enumerate() {
        let rounds: Vec<_> = rounds.iter().map(|round| &round[index]).collect();
        let speeds = (0..counts.len()).map(|count| median_of(&rounds, |speeds| speeds[count]));
        let ratios =
            (1..counts.len()).map(|count| median_of(&rounds, |speeds| speeds[count] / speeds[0]));
        report.row(&candidate.name, &speeds.chain(ratios).collect::<Vec<_>>());
    }
}

/// Returns millions of operations a second, for each candidate and each number of threads.
fn round(candidates: &mut [Candidate], counts: &[usize]) -> Vec<Vec<f64>> {
    let speeds = |candidate: &mut Candidate| {
        let speed = |&count: &usize| speed(candidate.batch, &mut candidate.work[..count]);
        counts.iter().map(speed).collect()
    };
    candidates.iter_mut().map(speeds).collect()
}

/// Returns the sum of the speeds of all threads.
fn speed(batch: u32, work: &mut [Work]) -> f64 {
    let start = Barrier::new(work.len());
    thread::scope(|scope| {
        let start = &start;
        let threads: Vec<_> = work
            .iter_mut()
            .map(|work| scope.spawn(move || speed_of_thread(batch, work, start)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

fn speed_of_thread(batch: u32, work: &mut Work, start: &Barrier) -> f64 {
    let _within = fetched::runtime().enter();
    // Initializes the thread-local state, which is not measured.
    work();
    start.wait();
    let begin = Instant::now();
    let mut operations = 0_u32;
    while begin.elapsed() < ROUND {
        (0..batch).for_each(|_| work());
        operations += batch;
    }
    f64::from(operations) / begin.elapsed().as_secs_f64() / 1e6
}

fn median_of(rounds: &[&Vec<f64>], value: impl Fn(&[f64]) -> f64) -> f64 {
    median(
        &mut rounds
            .iter()
            .map(|speeds| value(speeds))
            .collect::<Vec<_>>(),
    )
}
