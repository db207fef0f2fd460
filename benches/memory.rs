//! The memory of cached tokens, for one entry and for a million tokens within the default bounds.
//! Linux only.
//!
//! ```text
//! cargo bench --bench memory --features full                        # 15 seconds
//! cargo bench --bench memory --features full -- --tsv memory.tsv    # also to a TSV file
//! ```
//!
//! The tokens are distinct valid HS256 tokens of 1,200 bytes. "allocated" is the exact number of
//! bytes allocated and not freed. "resident" is `VmRSS` of `/proc/self/status`, which includes the
//! allocator's overhead.
#![allow(
    clippy::cast_precision_loss,
    dead_code,
    reason = "a benchmark panics if it can't run, and uses a part of the shared modules"
)]

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use std::fs;
use std::time::SystemTime;

use http::HeaderValue;
use support::report::Report;
use support::requests::{Inner, exchange};
use support::tokens::{AUDIENCE, ISSUER, bearer, cached};
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, TokenCacheSettings};

const TOKEN_BYTES: usize = 1200;
/// The number of entries from which the size of one is computed.
const ENTRIES: usize = 10_000;
const MILLION: usize = 1_000_000;
const STEP: usize = 100_000;

fn main() {
    let mut report = Report::begin("memory", &[("allocated", 0), ("resident", 0)]);
    // Dropped at the end: freed memory would be reused by `one_entry`, and not show in `resident`.
    let service = a_million(&mut report);
    println!();
    one_entry(&mut report);
    drop(service);
}

/// Reports the bytes of one entry, in a cache with room for all.
fn one_entry(report: &mut Report) {
    let mint = Mint::new();
    let values: Vec<_> = (0..ENTRIES).map(|number| mint.value(number)).collect();
    let settings = TokenCacheSettings::default()
        .max_entries(2 * ENTRIES)
        .max_bytes(1 << 30);
    let mut service = cached(&mint.key, settings).layer(Inner);
    let before = resident();
    let allocated = allocations::retained(|| {
        for value in &values {
            assert!(exchange(&mut service, value).status().is_success());
        }
    });
    let each = |bytes: f64| bytes / ENTRIES as f64;
    report.row(
        "bytes an entry",
        &[each(allocated), each(resident() - before)],
    );
}

/// Reports the memory of the process in KiB, while a layer with the default bounds verifies a
/// million tokens. Returns the service.
fn a_million(report: &mut Report) -> impl Sized + use<> {
    let mint = Mint::new();
    let mut service = cached(&mint.key, TokenCacheSettings::default()).layer(Inner);
    report.row("KiB before the first", &[0.0, resident() / 1024.0]);
    let mut allocated = 0.0;
    for end in (STEP..=MILLION).step_by(STEP) {
        allocated += allocations::retained(|| {
            for number in end - STEP..end {
                assert!(
                    exchange(&mut service, &mint.value(number))
                        .status()
                        .is_success()
                );
            }
        });
        report.row(
            &format!("KiB after {end}"),
            &[allocated / 1024.0, resident() / 1024.0],
        );
    }
    service
}

/// Creates tokens quickly: a million of the test kit's take longer to create than to verify.
struct Mint {
    key: TestKey,
    header: String,
    issued_at: u64,
    padding: String,
}

impl Mint {
    fn new() -> Self {
        let key = TestKey::generate(Algorithm::HS256);
        let header = format!(r#"{{"alg":"HS256","kid":"{}","typ":"JWT"}}"#, key.key_id());
        let issued_at = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut mint = Self {
            key,
            header,
            issued_at,
            padding: String::new(),
        };
        // Base64url has four characters for three bytes.
        mint.padding = "f".repeat((TOKEN_BYTES - mint.token(0).len()) * 3 / 4);
        assert!(TOKEN_BYTES.abs_diff(mint.token(0).len()) < 4);
        mint
    }

    fn value(&self, number: usize) -> HeaderValue {
        bearer(&self.token(number))
    }

    fn token(&self, number: usize) -> String {
        let Self {
            issued_at, padding, ..
        } = self;
        let expires_at = issued_at + 60 * 60;
        let payload = format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"{number:036}","iat":{issued_at},"exp":{expires_at},"jti":"{number:036}","scope":"openid profile email orders:read orders:write","tenant":"acme-industries","roles":["reader","writer","auditor"],"email":"somebody@acme.example","session":"{padding}"}}"#
        );
        self.key.sign_raw(&self.header, payload.as_bytes())
    }
}

/// Returns the resident memory of this process in bytes.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux system");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}
