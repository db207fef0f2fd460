//! Operations a second on one thread, on two, and on more where there are more cores: what shares nothing scales as the
//! machine does.
//!
//! ```text
//! cargo bench --bench cores --all-features                          # everything, a minute
//! cargo bench --bench cores --all-features -- hit --tsv cores.tsv   # what has that in its name; numbers to a file
//! ```
//! Every thread has a clone of its own of the service, and header values that count nothing, so that no two of them do so
//! in the same line of memory. "no layer" and "bare check" share nothing at all: what they fall short of the number of
//! threads by, the machine takes. With "own tokens" each thread sees others; with "the same" they see each token in
//! turns, and its claims, which are one for all, count who holds them. A floor with one `Arc` for all is the least that a
//! hit on one hot token can be.
//!
//! Rounds are short and taken in turn; a ratio is the median of those within a round, so that what disturbs a few
//! rounds changes nothing.
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
    reason = "a benchmark that can't run should say so by a panic, and it uses a part of what they share"
)]

mod support;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use http::HeaderValue;
use support::bare::bare;
use support::fetched;
use support::report::{Report, median};
use support::requests::{Floor, Inner, send};
use support::tokens::{claims, forgetful, remembering, token};
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, TokenCacheSettings};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(100);
/// In rotation.
const TOKENS: usize = 1000;

/// What one thread does, again and again.
type Work = Box<dyn FnMut() + Send>;

struct Candidate {
    name: String,
    /// Operations between two looks at the clock.
    batch: u32,
    /// One for each thread.
    work: Vec<Work>,
}

impl Candidate {
    fn new(
        name: impl Into<String>,
        batch: u32,
        threads: usize,
        work: impl Fn(usize) -> Work,
    ) -> Self {
        Self {
            name: name.into(),
            batch,
            work: (0..threads).map(work).collect(),
        }
    }
}

/// Numbers of threads, as far as there are cores for them, and what the columns are called.
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
    candidates.retain(|candidate| report.wants(&candidate.name));
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| round(&mut candidates, &counts))
        .collect();
    for (place, candidate) in candidates.iter().enumerate() {
        let rounds: Vec<_> = rounds.iter().map(|round| &round[place]).collect();
        let speeds = (0..counts.len()).map(|count| median_of(&rounds, |speeds| speeds[count]));
        let ratios =
            (1..counts.len()).map(|count| median_of(&rounds, |speeds| speeds[count] / speeds[0]));
        report.row(&candidate.name, &speeds.chain(ratios).collect::<Vec<_>>());
    }
}

fn all(threads: usize) -> Vec<Candidate> {
    let algorithms = [Algorithm::RS256, Algorithm::ES256, Algorithm::HS256];
    let mut all: Vec<_> = algorithms
        .into_iter()
        .flat_map(|algorithm| first_sight(algorithm, threads))
        .collect();
    all.extend(seen_before(1, threads));
    all.extend(seen_before(TOKENS, threads));
    all
}

fn first_sight(algorithm: Algorithm, threads: usize) -> [Candidate; 3] {
    let key = TestKey::generate(algorithm);
    let (token, builder) = (token(&key), claims(&key));
    let layer = forgetful(&key);
    // Too small for what comes, so that nearly every token is a new one, and takes the place of another.
    let small = remembering(&key, TokenCacheSettings::default().max_entries(TOKENS / 10));
    let distinct = || (0..2 * TOKENS).map(|_| bearer(&builder.sign())).collect();
    [
        Candidate::new(format!("{algorithm}: bare check"), 20, threads, |_| {
            Box::new(bare(&key, &token))
        }),
        Candidate::new(format!("{algorithm}: first sight"), 20, threads, |_| {
            Box::new(send(layer.layer(Inner), vec![bearer(&token)]))
        }),
        Candidate::new(
            format!("{algorithm}: first sight, then remembered"),
            20,
            threads,
            |_| Box::new(send(small.layer(Inner), distinct())),
        ),
    ]
}

/// With the same tokens, each thread begins elsewhere in the rotation.
fn seen_before(tokens: usize, threads: usize) -> [Candidate; 6] {
    let key = TestKey::generate(Algorithm::ES256);
    let builder = claims(&key);
    let sets: Vec<Vec<_>> = (0..threads)
        .map(|_| (0..tokens).map(|_| builder.sign()).collect())
        .collect();
    let own = |thread: usize| {
        sets[thread]
            .iter()
            .map(|token| bearer(token))
            .collect::<Vec<_>>()
    };
    let same = |thread: usize| {
        let (before, after) = sets[0].split_at(tokens * thread / threads);
        after
            .iter()
            .chain(before)
            .map(|token| bearer(token))
            .collect::<Vec<_>>()
    };
    let settings = TokenCacheSettings::default()
        .max_entries(16 * tokens * threads)
        .max_bytes(1 << 30);
    let layer = remembering(&key, settings.clone());
    let fetched = fetched::warm(&key, |builder| builder.token_cache(settings));
    let shared = Floor(Inner, Arc::default());
    let candidate = |name: &str, work: &dyn Fn(usize) -> Work| {
        Candidate::new(format!("{tokens} seen: {name}"), 200, threads, work)
    };
    [
        candidate("no layer", &|thread| Box::new(send(Inner, own(thread)))),
        candidate("floor, an Arc each", &|thread| {
            Box::new(send(Floor(Inner, Arc::default()), own(thread)))
        }),
        candidate("floor, one Arc for all", &|thread| {
            Box::new(send(shared.clone(), same(thread)))
        }),
        candidate("hit, own tokens", &|thread| {
            Box::new(send(layer.layer(Inner), own(thread)))
        }),
        candidate("hit, own tokens, keys fetched", &|thread| {
            Box::new(send(fetched.layer(Inner), own(thread)))
        }),
        candidate("hit, the same tokens", &|thread| {
            Box::new(send(layer.layer(Inner), same(thread)))
        }),
    ]
}

/// For as long as the benchmark runs.
fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_static(format!("Bearer {token}").leak())
}

/// Millions of operations a second: for each candidate, for each number of threads.
fn round(candidates: &mut [Candidate], counts: &[usize]) -> Vec<Vec<f64>> {
    let speeds = |candidate: &mut Candidate| {
        let speed = |&count: &usize| speed(candidate.batch, &mut candidate.work[..count]);
        counts.iter().map(speed).collect()
    };
    candidates.iter_mut().map(speeds).collect()
}

fn speed(batch: u32, work: &mut [Work]) -> f64 {
    let start = Barrier::new(work.len());
    thread::scope(|scope| {
        let start = &start;
        let threads: Vec<_> = work
            .iter_mut()
            .map(|work| scope.spawn(move || alone(batch, work, start)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    })
}

/// What one of the threads does in a round.
fn alone(batch: u32, work: &mut Work, start: &Barrier) -> f64 {
    let _within = fetched::runtime().enter();
    // What is made once for each thread is not counted.
    work();
    start.wait();
    let begin = Instant::now();
    let mut done = 0_u32;
    while begin.elapsed() < ROUND {
        (0..batch).for_each(|_| work());
        done += batch;
    }
    f64::from(done) / begin.elapsed().as_secs_f64() / 1e6
}

fn median_of(rounds: &[&Vec<f64>], value: impl Fn(&[f64]) -> f64) -> f64 {
    median(
        &mut rounds
            .iter()
            .map(|speeds| value(speeds))
            .collect::<Vec<_>>(),
    )
}
