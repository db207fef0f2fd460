//! Every path through the layer on its own, by divan: what the layer does alone, the request around it and the answer included.
//!
//! ```text
//! cargo bench --bench paths --all-features              # everything, a minute or two
//! cargo bench --bench paths --all-features -- zipf      # what has that in its name
//! cargo bench --bench paths --all-features -- --help    # divan's own settings
//! ```
//! divan rather than criterion: a tenth of the dependencies, and what is varied is an argument, not a name to be put together.
//! A sample is at least 100 requests, with a thousand tokens in rotation all of them, since divan's own guess is led astray
//! by a first run that is slow. For ratios use the summary, which interleaves what it compares.
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
#[path = "support/zipf.rs"]
mod zipf;

use std::sync::Arc;

use divan::Bencher;
use http::HeaderValue;
use support::bare::bare;
use support::fetched;
use support::requests::{Floor, Inner, exchange, request, send, send_refused};
use support::tokens::{MyClaims, REFUSALS, bearer, claims, forgetful, refusal, remembering, token};
use tokio::runtime;
use tower::{Layer as _, ServiceExt as _};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuthLayer, TokenCacheSettings};

const ALGORITHMS: [Algorithm; 5] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::Ed25519,
    Algorithm::HS256,
];
/// As many tokens as there are users of a busy service within a token's life.
const MANY: usize = 100_000;

fn main() {
    divan::main();
}

/// The signature alone, by aws-lc-rs with a key that is parsed.
#[divan::bench(args = ALGORITHMS, sample_size = 100)]
fn bare_check(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let key = TestKey::generate(algorithm);
    bencher.bench_local(bare(&key, &token(&key)));
}

/// A token that the layer does not remember.
#[divan::bench(args = ALGORITHMS, sample_size = 100)]
fn first_sight(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let key = TestKey::generate(algorithm);
    bencher.bench_local(send(
        forgetful(&key).layer(Inner),
        vec![bearer(&token(&key))],
    ));
}

/// The same requests without a layer: what is in all the others.
#[divan::bench(args = [1, 1000], sample_size = 1000)]
fn no_layer(bencher: Bencher<'_, '_>, tokens: usize) {
    bencher.bench_local(send(
        Inner,
        minted(&TestKey::generate(Algorithm::HS256), tokens),
    ));
}

/// Behind the least that a layer does: a header read, an `Arc` inserted.
#[divan::bench(args = [1, 1000], sample_size = 1000)]
fn floor(bencher: Bencher<'_, '_>, tokens: usize) {
    let service = Floor(Inner, Arc::default());
    bencher.bench_local(send(
        service,
        minted(&TestKey::generate(Algorithm::HS256), tokens),
    ));
}

/// Tokens that are remembered, in rotation.
#[divan::bench(args = [1, 1000], sample_size = 1000)]
fn hit(bencher: Bencher<'_, '_>, tokens: usize) {
    let key = TestKey::generate(Algorithm::ES256);
    let mut run = send(
        remembering(&key, TokenCacheSettings::default()).layer(Inner),
        minted(&key, tokens),
    );
    (0..tokens).for_each(|_| run());
    bencher.bench_local(run);
}

/// 100,000 tokens, the n-th of them used 1/n as often as the first, and room for all: every one is a hit.
#[divan::bench(sample_size = 5000)]
fn hit_zipf_all_fit(bencher: Bencher<'_, '_>) {
    let settings = TokenCacheSettings::default()
        .max_entries(2 * MANY)
        .max_bytes(2 << 30);
    zipf_distributed(bencher, Algorithm::HS256, settings);
}

/// The same with the default bounds, 10,000 tokens and 32 MiB: some are first sights.
#[divan::bench(args = [Algorithm::HS256, Algorithm::ES256], sample_size = 2000)]
fn hit_zipf_default_bounds(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    zipf_distributed(bencher, algorithm, TokenCacheSettings::default());
}

fn zipf_distributed(bencher: Bencher<'_, '_>, algorithm: Algorithm, settings: TokenCacheSettings) {
    let key = TestKey::generate(algorithm);
    let values = minted(&key, MANY);
    let mut service = remembering(&key, settings).layer(Inner);
    let mut next = zipf::endless(MANY);
    // Every token once, and then as they come, until what is remembered is what will be.
    for place in (0..MANY).chain((0..2 * MANY).map(|_| next())) {
        exchange(&mut service, &values[place]);
    }
    bencher.bench_local(|| {
        assert!(
            exchange(&mut service, &values[next()])
                .status()
                .is_success()
        )
    });
}

#[divan::bench(args = REFUSALS, sample_size = 100)]
fn refused(bencher: Bencher<'_, '_>, reason: &str) {
    let key = TestKey::generate(Algorithm::RS256);
    let layer = forgetful(&key);
    bencher.bench_local(send_refused(layer.layer(Inner), refusal(&key, reason)));
}

/// A layer's first request: it fetches a set of two RSA keys from an issuer that answers at once, parses it, and checks
/// an RS256 signature.
#[divan::bench]
fn cold_fetch(bencher: Bencher<'_, '_>) {
    let keys = [
        TestKey::generate(Algorithm::RS256),
        TestKey::generate(Algorithm::RS256),
    ];
    let value = bearer(&token(&keys[1]));
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let cold = || {
        JwtAuthLayer::builder(fetched::issuer(&keys))
            .claims()
            .build()
            .unwrap()
    };
    bencher
        .with_inputs(cold)
        .bench_local_values(|layer: JwtAuthLayer<MyClaims>| {
            let response = runtime
                .block_on(layer.layer(Inner).oneshot(request(&value)))
                .unwrap();
            assert!(response.status().is_success());
            // Dropped afterwards, untimed.
            layer
        });
}

fn minted(key: &TestKey, tokens: usize) -> Vec<HeaderValue> {
    // A builder made once: each `sign` gives another `jti`.
    let builder = claims(key);
    (0..tokens).map(|_| bearer(&builder.sign())).collect()
}
