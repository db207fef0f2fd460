//! What remembered tokens take, and that a million of them take no more than the bounds say. Linux only.
//!
//! ```text
//! cargo bench --bench memory --all-features                        # a quarter of a minute
//! cargo bench --bench memory --all-features -- --tsv memory.tsv    # numbers to a file
//! ```
//! Tokens are HS256 ones of 1,200 bytes, all distinct and all valid. "allocated" is what was asked of the allocator and not
//! given back, exactly; "resident" is `VmRSS` of `/proc/self/status` (as `statm` has it, but in kB whatever the size of a
//! page), which knows what the allocator adds.
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

#[path = "support/allocations.rs"]
mod allocations;
mod support;

use std::fs;
use std::time::SystemTime;

use http::HeaderValue;
use support::report::Report;
use support::requests::{Inner, exchange};
use support::tokens::{AUDIENCE, ISSUER, bearer, remembering};
use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, TokenCacheSettings};

const TOKEN_BYTES: usize = 1200;
/// For the size of an entry.
const ENTRIES: usize = 10_000;
const MILLION: usize = 1_000_000;
const STEP: usize = 100_000;

fn main() {
    let mut report = Report::begin("memory", &[("allocated", 0), ("resident", 0)]);
    // Kept, so that no memory is free that what comes after could use unseen.
    let kept = a_million(&mut report);
    println!();
    one_entry(&mut report);
    drop(kept);
}

/// Bytes an entry, where there is room for all.
fn one_entry(report: &mut Report) {
    let mint = Mint::new();
    let values: Vec<_> = (0..ENTRIES).map(|number| mint.value(number)).collect();
    let roomy = TokenCacheSettings::default()
        .max_entries(2 * ENTRIES)
        .max_bytes(1 << 30);
    let mut service = remembering(&mint.key, roomy).layer(Inner);
    let before = resident();
    let allocated = allocations::kept(|| {
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

/// KiB of the process, while a layer with the default bounds meets a million tokens.
fn a_million(report: &mut Report) -> impl Sized + use<> {
    let mint = Mint::new();
    let mut service = remembering(&mint.key, TokenCacheSettings::default()).layer(Inner);
    report.row("KiB before the first", &[0.0, resident() / 1024.0]);
    let mut allocated = 0.0;
    for end in (STEP..=MILLION).step_by(STEP) {
        allocated += allocations::kept(|| {
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

/// Makes tokens quickly: by the test kit's builder, a million would take longer to make than to check.
struct Mint {
    key: TestKey,
    header: String,
    issued: u64,
    filling: String,
}

impl Mint {
    fn new() -> Self {
        let key = TestKey::generate(Algorithm::HS256);
        let header = format!(r#"{{"alg":"HS256","kid":"{}","typ":"JWT"}}"#, key.key_id());
        let issued = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut mint = Self {
            key,
            header,
            issued,
            filling: String::new(),
        };
        // Four characters of base64url for three bytes.
        mint.filling = "f".repeat((TOKEN_BYTES - mint.token(0).len()) * 3 / 4);
        assert!(TOKEN_BYTES.abs_diff(mint.token(0).len()) < 4);
        mint
    }

    fn value(&self, number: usize) -> HeaderValue {
        bearer(&self.token(number))
    }

    fn token(&self, number: usize) -> String {
        let Self {
            issued, filling, ..
        } = self;
        let expires = issued + 60 * 60;
        let payload = format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"{number:036}","iat":{issued},"exp":{expires},"jti":"{number:036}","scope":"openid profile email orders:read orders:write","tenant":"acme-industries","roles":["reader","writer","auditor"],"email":"somebody@acme.example","session":"{filling}"}}"#
        );
        self.key.sign_raw(&self.header, payload.as_bytes())
    }
}

/// What is in memory of this process, in bytes.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells it there");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
}
