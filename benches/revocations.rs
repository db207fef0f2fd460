//! What a list of revocations adds to a request with a cached token, from one interleaved run: the
//! list is empty, or has 100,000 entries of which none is the token's.
//!
//! ```text
//! cargo bench --bench revocations --features testing
//! ```
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and prints its results"
)]

mod support;

use std::time::Instant;

use support::report::median;
use support::requests::{Inner, send};
use support::tokens::{ISSUER, bearer, builder, claims, public};
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Revocation, Revocations, TokenCacheSettings};

const ROUNDS: usize = 201;
const BATCH: u32 = 2000;
const ENTRIES: usize = 100_000;
/// The numbers of tokens in rotation. With more of them, neither their claims nor what the list has
/// for them are in the fastest caches.
const TOKENS: [usize; 2] = [1, 1000];

/// One measured service.
struct Candidate {
    name: &'static str,
    run: Box<dyn FnMut()>,
}

fn main() {
    for tokens in TOKENS {
        measure(tokens);
    }
}

fn measure(tokens: usize) {
    let key = TestKey::generate(Algorithm::ES256);
    let names = [
        "no list",
        "empty",
        "100,000 sessions",
        "100,000 of five kinds",
    ];
    let lists = [None, Some(0), Some(1), Some(5)];
    let mut candidates: Vec<_> = names
        .into_iter()
        .zip(lists)
        .map(|(name, kinds)| Candidate {
            name,
            run: service(&key, kinds, tokens),
        })
        .collect();
    let mut micros = vec![Vec::new(); candidates.len()];
    for _ in 0..ROUNDS {
        for (candidate, times) in candidates.iter_mut().zip(&mut micros) {
            let start = Instant::now();
            (0..BATCH).for_each(|_| (candidate.run)());
            times.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        }
    }
    let title = format!("{tokens} seen: hit");
    println!("{title:24} {:>10} {:>10}", "ns", "added");
    let medians: Vec<f64> = micros.iter_mut().map(|times| median(times)).collect();
    for (candidate, nanos) in candidates.iter().zip(&medians) {
        println!(
            "{:24} {nanos:>10.1} {:>10.1}",
            candidate.name,
            nanos - medians[0]
        );
    }
}

/// A service with a token cache, and a list with entries of so many kinds.
fn service(key: &TestKey, kinds: Option<usize>, tokens: usize) -> Box<dyn FnMut()> {
    let settings = TokenCacheSettings::default();
    let mut layer = builder(public(key)).token_cache(settings);
    if let Some(kinds) = kinds {
        layer = layer.revocations(&filled(kinds));
    }
    let token = |n: usize| claims(key).claim("sid", format!("{n}")).sign();
    let values = (0..tokens).map(|n| bearer(&token(n))).collect();
    let mut run = send(layer.build().unwrap().layer(Inner), values);
    (0..tokens).for_each(|_| run());
    Box::new(run)
}

fn filled(kinds: usize) -> Revocations {
    let list = Revocations::new();
    let expires_at = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    for n in 0..ENTRIES.checked_div(kinds).unwrap_or_default() {
        let id = format!("0d4f9a52-4e5b-4a3e-9f1b-{n:012}");
        let all = [
            Revocation::session(ISSUER, &id),
            Revocation::subject(ISSUER, &id),
            Revocation::token(ISSUER, &id, expires_at),
            Revocation::client(ISSUER, &id),
            Revocation::issuer(&id),
        ];
        for revocation in all.into_iter().take(kinds) {
            list.add(revocation).unwrap();
        }
    }
    list
}
