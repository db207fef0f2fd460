//! The workloads that are run under callgrind. The token and its key are always the same.

use std::hint::black_box;
use std::iter;
use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

#[cfg(feature = "metrics")]
use crate::support::counted;
use crate::support::{
    ISSUER, Inner, Protected, bearer, caching, comparing, observed, protected, protected_among,
    protected_beside, request, send, token,
};

/// How often each workload is run. With fewer runs, the random seeds of hash maps would change the
/// average.
pub(crate) const TIMES: u64 = 200;
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(crate) struct Workload {
    pub(crate) name: &'static str,
    run: Box<dyn FnMut()>,
}

impl Workload {
    fn new(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Self {
            name,
            run: Box::new(run),
        }
    }

    /// Runs the workload, once uncounted and then [`TIMES`] times counted.
    pub(crate) fn run(mut self) {
        (self.run)();
        counted_by_callgrind(&mut *self.run);
    }
}

/// The function that callgrind counts, by its name.
#[inline(never)]
fn counted_by_callgrind(run: &mut dyn FnMut()) {
    for _ in 0..TIMES {
        run();
    }
}

/// Returns the workloads in the order in which they are run.
pub(crate) fn all() -> Vec<Workload> {
    let key =
        TestKey::from_secret(Algorithm::HS256, (0..32).collect::<Vec<_>>()).with_key_id("2026-01");
    let other =
        TestKey::from_secret(Algorithm::HS256, (1..33).collect::<Vec<_>>()).with_key_id("2026-01");
    let valid = fixed(&key);
    let unknown = fixed(&key.clone().with_key_id("2026-02"));
    let unknown_issuer = with_issuer(&key, "https://issuer.example/realms/unknown");
    let garbage = ["x".repeat(400), "x".repeat(400), "x".repeat(400)].join(".");
    let header = bearer(&valid);
    vec![
        Workload::new(BARE, bare(&key, &valid)),
        Workload::new(NO_LAYER, move || {
            assert!(send(&mut Inner, request(&header)).is_success());
        }),
        Workload::new("verify", through(protected(&key), true, bearer(&valid))),
        Workload::new(
            "verify, another issuer's header",
            through(protected_beside(&other, &key), true, bearer(&valid)),
        ),
        Workload::new(
            "verify, among 1,000 issuers",
            through(protected_among(1000, &key), true, bearer(&valid)),
        ),
        Workload::new(
            "rejected: unknown issuer among 1,000",
            through(protected_among(1000, &key), false, bearer(&unknown_issuer)),
        ),
        Workload::new(HIT, through(caching(&key), true, bearer(&valid))),
        Workload::new(HIT_OBSERVED, through(observed(&key), true, bearer(&valid))),
        #[cfg(feature = "metrics")]
        Workload::new(HIT_UNRECORDED, through(counted(&key), true, bearer(&valid))),
        #[cfg(feature = "metrics")]
        Workload::new(HIT_METRICS, recorded(counted(&key), bearer(&valid))),
        Workload::new(
            HIT_EMPTY_LIST,
            through(comparing(&key, 0), true, bearer(&valid)),
        ),
        Workload::new("hit, 3,000 revocations", among_revocations(&key, &valid)),
        Workload::new(
            "rejected: unknown kid",
            through(protected(&key), false, bearer(&unknown)),
        ),
        Workload::new(
            "rejected: garbage",
            through(protected(&key), false, bearer(&garbage)),
        ),
    ]
}

pub(crate) const HIT: &str = "hit";
pub(crate) const HIT_OBSERVED: &str = "hit, an observer that does nothing";
#[cfg(feature = "metrics")]
pub(crate) const HIT_UNRECORDED: &str = "hit, metrics without a recorder";
#[cfg(feature = "metrics")]
pub(crate) const HIT_METRICS: &str = "hit, metrics";
pub(crate) const HIT_EMPTY_LIST: &str = "hit, no revocations";
pub(crate) const BARE: &str = "bare check";
pub(crate) const NO_LAYER: &str = "no layer";

fn fixed(key: &TestKey) -> String {
    with_issuer(key, ISSUER)
}

fn with_issuer(key: &TestKey, issuer: &str) -> String {
    token(key)
        .issuer(issuer)
        .claim("jti", "1")
        .issued_at(UNIX_EPOCH + 50 * YEAR)
        .expires_in(100 * YEAR)
        .sign()
}

fn through(mut service: Protected, accepted: bool, header: HeaderValue) -> impl FnMut() {
    move || assert_eq!(send(&mut service, request(&header)).is_success(), accepted)
}

/// Returns a workload with several lists in turn: how many entries are compared depends on the
/// random key of a list.
fn among_revocations(key: &TestKey, token: &str) -> impl FnMut() + use<> {
    let through = || through(comparing(key, 1000), true, bearer(token));
    let mut all: Vec<_> = iter::repeat_with(through).take(10).collect();
    // A hit is counted, and no miss.
    for run in &mut all {
        run();
    }
    let mut turn = (0..all.len()).cycle();
    move || all[turn.next().unwrap()]()
}

/// Returns a workload whose metrics are counted by a recorder, which is there when the handles are
/// made.
#[cfg(feature = "metrics")]
fn recorded(mut service: Protected, header: HeaderValue) -> impl FnMut() {
    let recorder = crate::recorder::Counters::new();
    metrics::with_local_recorder(&recorder, || {
        // A miss and a hit.
        for _ in 0..2 {
            assert!(send(&mut service, request(&header)).is_success());
        }
    });
    through(service, true, header)
}

/// Returns a workload that checks the HMAC alone, of decoded bytes.
fn bare(key: &TestKey, token: &str) -> impl FnMut() + use<> {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let message = message.to_owned();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.secret().unwrap());
    move || hmac::verify(&key, black_box(message.as_bytes()), black_box(&signature)).unwrap()
}
