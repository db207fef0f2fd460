//! Every path through the layer by itself, measured by divan, including the request and the
//! response.
//!
//! ```text
//! cargo bench --bench paths --features full              # all benchmarks, one or two minutes
//! cargo bench --bench paths --features full -- zipf      # benchmarks named "zipf"
//! cargo bench --bench paths --features full -- --help    # divan's own settings
//! ```
//!
//! divan has a tenth of criterion's dependencies, and takes parameters as arguments. The sample
//! sizes are set by hand, because divan derives its own from the first run, which is slow here: at
//! least 100 requests, and every token once where tokens rotate. For ratios use the summary, which
//! interleaves the candidates.
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and uses a part of the shared modules"
)]

mod support;
#[path = "support/zipf.rs"]
mod zipf;

use std::sync::Arc;

use divan::Bencher;
use http::HeaderValue;
use support::requests::{Floor, Inner, exchange, request, send, send_rejected};
use support::tokens::{
    MyClaims, REJECTIONS, bearer, cached, claims, rejected_header, token, uncached,
};
use support::{bare, fetched};
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
/// The number of users of a busy service within the lifetime of a token.
const MANY: usize = 100_000;

fn main() {
    divan::main();
}

/// The signature check alone, by aws-lc-rs with a parsed key.
#[divan::bench(args = ALGORITHMS, sample_size = 100)]
fn bare_check(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let key = TestKey::generate(algorithm);
    bencher.bench_local(bare::bare_check(&key, &token(&key)));
}

/// A token that is not cached.
#[divan::bench(args = ALGORITHMS, sample_size = 100)]
fn verify_uncached(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let key = TestKey::generate(algorithm);
    bencher.bench_local(send(
        uncached(&key).layer(Inner),
        vec![bearer(&token(&key))],
    ));
}

/// The same requests without a layer: the part that all other benchmarks include.
#[divan::bench(args = [1, 1000], sample_size = 1000)]
fn no_layer(bencher: Bencher<'_, '_>, tokens: usize) {
    bencher.bench_local(send(
        Inner,
        signed(&TestKey::generate(Algorithm::HS256), tokens),
    ));
}

/// The least work of an authenticating layer: it reads the header and inserts an `Arc`.
#[divan::bench(args = [1, 1000], sample_size = 1000)]
fn floor(bencher: Bencher<'_, '_>, tokens: usize) {
    let service = Floor(Inner, Arc::default());
    bencher.bench_local(send(
        service,
        signed(&TestKey::generate(Algorithm::HS256), tokens),
    ));
}

/// Cached tokens in rotation.
#[divan::bench(args = [1, 1000], sample_size = 1000)]
fn hit(bencher: Bencher<'_, '_>, tokens: usize) {
    let key = TestKey::generate(Algorithm::ES256);
    let mut run = send(
        cached(&key, TokenCacheSettings::default()).layer(Inner),
        signed(&key, tokens),
    );
    (0..tokens).for_each(|_| run());
    bencher.bench_local(run);
}

/// 100,000 tokens with a Zipf distribution, in a cache with room for all: every request is a hit.
#[divan::bench(sample_size = 5000)]
fn hit_zipf_all_fit(bencher: Bencher<'_, '_>) {
    let settings = TokenCacheSettings::default()
        .max_entries(2 * MANY)
        .max_bytes(2 << 30);
    zipf_distributed(bencher, Algorithm::HS256, settings);
}

/// The same with the default bounds of 10,000 tokens and 32 MiB: some requests are misses.
#[divan::bench(args = [Algorithm::HS256, Algorithm::ES256], sample_size = 2000)]
fn hit_zipf_default_bounds(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    zipf_distributed(bencher, algorithm, TokenCacheSettings::default());
}

fn zipf_distributed(bencher: Bencher<'_, '_>, algorithm: Algorithm, settings: TokenCacheSettings) {
    let key = TestKey::generate(algorithm);
    let values = signed(&key, MANY);
    let mut service = cached(&key, settings).layer(Inner);
    let mut next = zipf::endless(MANY);
    // Every token once, then in the measured distribution, until the cache reaches a steady state.
    for index in (0..MANY).chain((0..2 * MANY).map(|_| next())) {
        exchange(&mut service, &values[index]);
    }
    bencher.bench_local(|| {
        assert!(
            exchange(&mut service, &values[next()])
                .status()
                .is_success()
        );
    });
}

/// Rejected requests.
#[divan::bench(args = REJECTIONS, sample_size = 100)]
fn rejected(bencher: Bencher<'_, '_>, reason: &str) {
    let key = TestKey::generate(Algorithm::RS256);
    let layer = uncached(&key);
    bencher.bench_local(send_rejected(
        layer.layer(Inner),
        rejected_header(&key, reason),
    ));
}

/// The first request to a layer: it fetches a set of two RSA keys from an issuer that responds
/// immediately, parses it, and checks an RS256 signature.
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
            // Returned, so that divan drops it outside of the measured time.
            layer
        });
}

/// Returns distinct tokens: each `sign` sets another `jti`.
fn signed(key: &TestKey, tokens: usize) -> Vec<HeaderValue> {
    let builder = claims(key);
    (0..tokens).map(|_| bearer(&builder.sign())).collect()
}
