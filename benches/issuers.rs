//! What the number of issuers costs: building, memory, and one request.
//!
//! ```text
//! cargo bench --bench issuers --features full                         # two minutes
//! cargo bench --bench issuers --features full -- --tsv issuers.tsv    # also to a TSV file
//! ```
//!
//! All issuers but one have keys that are fetched, and none was fetched yet. The tokens are those of
//! one with fetched keys in its cache, or name an issuer or a key that there is not. The time of a
//! request includes the response, without that of the same request without a layer. "allocated" is
//! the exact number of bytes for each issuer that are allocated and not freed.
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and uses a part of the shared modules"
)]

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use std::time::Instant;

use futures::FutureExt as _;
use http::HeaderValue;
use support::fetched;
use support::report::{Report, median};
use support::requests::{Inner, send, send_rejected};
use support::tokens::{AUDIENCE, MyClaims, bearer, claims, token};
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};

const COUNTS: [usize; 5] = [1, 10, 100, 1000, 10_000];
const ROUNDS: usize = 101;

/// A measured request, with one candidate for each number of issuers.
struct Row {
    name: &'static str,
    batch: u32,
    candidates: Vec<Box<dyn FnMut()>>,
}

fn main() {
    let _within = fetched::runtime().enter();
    let columns = COUNTS.map(|count| (count.to_string().leak() as &'static str, 3));
    let mut report = Report::begin("by number of issuers", &columns);
    let key = TestKey::generate(Algorithm::ES256);
    let mut layers = Vec::new();
    let (mut seconds, mut bytes) = (Vec::new(), Vec::new());
    for count in COUNTS {
        let start = Instant::now();
        bytes.push(allocations::retained(|| layers.push(layer(&key, count))) / count as f64);
        seconds.push(start.elapsed().as_secs_f64());
    }
    report.row("build, s", &seconds);
    report.row("allocated, bytes for each", &bytes);
    // The first token has the keys fetched.
    for layer in &layers {
        let authenticated =
            fetched::runtime().block_on(layer.authenticator().authenticate(&token(&key)));
        assert!(authenticated.is_ok());
    }
    // Uses up the fetches for unknown key ids, which the others are then rejected without.
    for layer in &layers {
        for _ in 0..4 {
            let unknown = token(&TestKey::generate(Algorithm::ES256));
            let rejected =
                fetched::runtime().block_on(layer.authenticator().authenticate(&unknown));
            assert!(rejected.is_err());
        }
    }
    for mut row in rows(&key, &layers) {
        if report.includes(row.name) {
            report.row(row.name, &row.medians());
        }
    }
}

fn rows(key: &TestKey, layers: &[JwtAuthLayer<MyClaims>]) -> Vec<Row> {
    let row = |name, batch, value: HeaderValue, is_valid: bool| Row {
        name,
        batch,
        candidates: layers
            .iter()
            .map(|layer| -> Box<dyn FnMut()> {
                let service = layer.layer(Inner);
                if is_valid {
                    Box::new(send(service, vec![value.clone()]))
                } else {
                    Box::new(send_rejected(service, value.clone()))
                }
            })
            .collect(),
    };
    let verifying = |name, token: String| Row {
        name,
        batch: 500,
        candidates: layers
            .iter()
            .map(|layer| -> Box<dyn FnMut()> {
                let (authenticator, token) = (layer.authenticator().clone(), token.clone());
                Box::new(move || {
                    let outcome = authenticator.authenticate(&token).now_or_never();
                    assert!(outcome.is_some_and(|outcome| outcome.is_err()));
                })
            })
            .collect(),
    };
    let other_key = TestKey::generate(Algorithm::ES256);
    let unknown_issuer = claims(key).issuer("https://other.example/realms/production");
    vec![
        row("ES256: verify, µs", 20, bearer(&token(key)), true),
        row(
            "unknown issuer, µs",
            500,
            bearer(&unknown_issuer.sign()),
            false,
        ),
        row("unknown key id, µs", 500, bearer(&token(&other_key)), false),
        verifying(
            "unknown issuer, without response, µs",
            unknown_issuer.sign(),
        ),
        verifying("unknown key id, without response, µs", token(&other_key)),
    ]
}

/// Returns a layer for one issuer whose keys are cached, and others.
fn layer(key: &TestKey, count: usize) -> JwtAuthLayer<MyClaims> {
    let mut builder = JwtAuthLayer::builder(fetched::issuer(std::slice::from_ref(key))).claims();
    for number in 1..count {
        let name = format!("https://issuer-{number}.example/realms/production");
        let url = format!("{name}/protocol/openid-connect/certs");
        builder = builder.add_issuer(Issuer::jwks(name, url, AUDIENCE));
    }
    builder.build().unwrap()
}

impl Row {
    /// Returns the median microseconds of each candidate. They take turns, so that a disturbance
    /// affects all of them.
    fn medians(&mut self) -> Vec<f64> {
        let mut no_layer = send(Inner, vec![HeaderValue::from_static("Bearer x")]);
        let mut base = Vec::new();
        let mut times = vec![Vec::new(); self.candidates.len()];
        allocations::uncounted(|| {
            for _ in 0..ROUNDS {
                base.push(micros(self.batch, &mut no_layer));
                for (run, times) in self.candidates.iter_mut().zip(&mut times) {
                    times.push(micros(self.batch, run));
                }
            }
        });
        let base = median(&mut base);
        times.iter_mut().map(|times| median(times) - base).collect()
    }
}

fn micros(batch: u32, run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..batch {
        run();
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(batch)
}
