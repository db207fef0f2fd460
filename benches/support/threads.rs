//! The measured code paths of the benchmark `cores`, with one closure for each thread.

use std::sync::Arc;

use http::HeaderValue;
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, TokenCacheSettings};

use super::support::bare::bare_check;
use super::support::fetched;
use super::support::requests::{Floor, Inner, send};
use super::support::tokens::{cached, claims, token, uncached};

/// The number of tokens in rotation.
const TOKENS: usize = 1000;

/// One operation of a thread.
pub(crate) type Work = Box<dyn FnMut() + Send>;

pub(crate) struct Candidate {
    pub(crate) name: String,
    /// Operations between two readings of the clock.
    pub(crate) batch: u32,
    /// One per thread.
    pub(crate) work: Vec<Work>,
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

/// Returns all candidates, for up to this number of threads.
pub(crate) fn all(threads: usize) -> Vec<Candidate> {
    let algorithms = [Algorithm::RS256, Algorithm::ES256, Algorithm::HS256];
    let mut all: Vec<_> = algorithms
        .into_iter()
        .flat_map(|algorithm| verify_uncached(algorithm, threads))
        .collect();
    all.extend(hits(1, threads));
    all.extend(hits(TOKENS, threads));
    all
}

/// Tokens that are not cached.
fn verify_uncached(algorithm: Algorithm, threads: usize) -> [Candidate; 3] {
    let key = TestKey::generate(algorithm);
    let (token, builder) = (token(&key), claims(&key));
    let layer = uncached(&key);
    // Too small for the tokens: nearly every token is a miss, and evicts another.
    let too_small = cached(&key, TokenCacheSettings::default().max_entries(TOKENS / 10));
    let distinct = || (0..2 * TOKENS).map(|_| bearer(&builder.sign())).collect();
    [
        Candidate::new(format!("{algorithm}: bare check"), 20, threads, |_| {
            Box::new(bare_check(&key, &token))
        }),
        Candidate::new(format!("{algorithm}: verify"), 20, threads, |_| {
            Box::new(send(layer.layer(Inner), vec![bearer(&token)]))
        }),
        Candidate::new(
            format!("{algorithm}: verify, then cached"),
            20,
            threads,
            |_| Box::new(send(too_small.layer(Inner), distinct())),
        ),
    ]
}

/// Cached tokens in rotation. Where the threads share tokens, each starts elsewhere in the
/// rotation.
fn hits(tokens: usize, threads: usize) -> [Candidate; 6] {
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
    let layer = cached(&key, settings.clone());
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

/// Returns a header value without a reference count, which threads would contend for. It leaks the
/// text, for as long as the benchmark runs.
fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_static(format!("Bearer {token}").leak())
}
