//! The TTL of a fetched key set: `Cache-Control`, else `Expires`, less `Age` (RFC 9111 §4.2, §5.2),
//! between a minute and a day; ten minutes if the response states none.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use proptest::prelude::*;
use tokio::time::sleep;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, HttpClient, Issuer, JwksCacheSettings};

use crate::properties::support::{AUDIENCE, ISSUER, cases};
use crate::support::tokio;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * 60;
const DEFAULT_TTL: u64 = 10 * MINUTE;

/// What a response states about its TTL.
#[derive(Clone, Debug)]
struct Freshness {
    /// Each line is a header of its own.
    lines: Vec<Vec<Directive>>,
    age: Option<String>,
    expires: Option<Expires>,
}

#[derive(Clone, Debug)]
enum Expires {
    /// Seconds after `Date`.
    After(i32),
    NoDate,
}

/// A directive, and how it is written.
#[derive(Clone, Debug)]
enum Directive {
    MaxAge {
        value: String,
        quoted: bool,
        upper: bool,
    },
    /// `no-store` or `no-cache`.
    Forbid { text: String },
    /// Without an effect on the TTL.
    Other { text: Vec<u8> },
}

impl Directive {
    fn write(&self, line: &mut Vec<u8>) {
        match self {
            Self::MaxAge {
                value,
                quoted,
                upper,
            } => {
                let name = if *upper { "Max-AGE" } else { "max-age" };
                let value = if *quoted {
                    format!("\"{value}\"")
                } else {
                    value.clone()
                };
                line.extend_from_slice(format!("{name}={value}").as_bytes());
            }
            Self::Forbid { text } => line.extend_from_slice(text.as_bytes()),
            Self::Other { text } => line.extend_from_slice(text),
        }
    }
}

impl Freshness {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for directives in &self.lines {
            let mut line = Vec::new();
            for (position, directive) in directives.iter().enumerate() {
                // The separators of RFC 9110 §5.6.1, with empty elements.
                line.extend_from_slice([", ", ",", "\t, , "][position % 3].as_bytes());
                directive.write(&mut line);
            }
            headers.append(CACHE_CONTROL, HeaderValue::from_bytes(&line).unwrap());
        }
        let mut set = |name: HeaderName, value: &str| {
            headers.insert(name, HeaderValue::from_str(value).unwrap())
        };
        if let Some(age) = &self.age {
            set(AGE, age);
        }
        let date = |after: i32| {
            let seconds = 1_800_000_000_u64.checked_add_signed(after.into()).unwrap();
            httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        };
        if let Some(expires) = &self.expires {
            set(DATE, &date(0));
            set(
                EXPIRES,
                &if let Expires::After(seconds) = expires {
                    date(*seconds)
                } else {
                    "0".to_owned()
                },
            );
        }
        headers
    }

    /// Returns the expected TTL of the set, in seconds.
    fn ttl(&self) -> u64 {
        let age = self.age.as_deref().and_then(delta_seconds).unwrap_or(0);
        let stated = self.by_directive().or(self.by_date());
        stated
            .map_or(DEFAULT_TTL, |stated| stated.saturating_sub(age))
            .clamp(MINUTE, DAY)
    }

    /// Returns the first valid `max-age`, or zero if the set must not be cached.
    fn by_directive(&self) -> Option<u64> {
        let directives = || self.lines.iter().flatten();
        if directives().any(|directive| matches!(directive, Directive::Forbid { .. })) {
            return Some(0);
        }
        directives().find_map(|directive| match directive {
            Directive::MaxAge { value, .. } => delta_seconds(value),
            _ => None,
        })
    }

    /// An invalid date counts as one in the past (RFC 9111 §5.3).
    fn by_date(&self) -> Option<u64> {
        self.expires.as_ref().map(|expires| match expires {
            Expires::After(seconds) => u64::try_from(*seconds).unwrap_or(0),
            Expires::NoDate => 0,
        })
    }
}

/// Reads `delta-seconds` (RFC 9111 §1.2.2): digits. A number that overflows is the maximum.
fn delta_seconds(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

fn number() -> impl Strategy<Value = String> {
    let usual = prop_oneof![0_u64..200, 0..2 * DAY].prop_map(|seconds| seconds.to_string());
    prop_oneof![6 => usual, 1 => "0{1,3}[1-9][0-9]{1,3}", 1 => "[-+]?[0-9]{0,3}[.a-z]?[0-9]{0,3}"]
}

fn large_number() -> impl Strategy<Value = String> {
    prop_oneof![8 => number(), 1 => "[1-9][0-9]{9,40}"]
}

fn other() -> impl Strategy<Value = Vec<u8>> {
    let plain = "(public|private|must-revalidate|immutable|s-maxage=[0-9]{1,5}\
                 |stale-if-error=[0-9]{1,5}|max-ages=5)";
    // A quoted string can contain commas, names of other directives and bytes beyond ASCII (RFC
    // 9110 §5.6.4).
    let quoted = "(private|ext)=\"([a-z ,=é]|no-store|max-age=[0-9]{1,4}|\\\\\"|\\\\\\\\){0,6}\"";
    prop_oneof![plain, quoted].prop_map(String::into_bytes)
}

fn directive() -> impl Strategy<Value = Directive> {
    let forbidding = "(no-store|No-Store|NO-CACHE|no-cache|no-cache=\"set-cookie, etag\")";
    let max_age = (large_number(), any::<bool>(), any::<bool>());
    prop_oneof![
        6 => max_age.prop_map(|(value, quoted, upper)| Directive::MaxAge { value, quoted, upper }),
        1 => forbidding.prop_map(|text| Directive::Forbid { text }),
        5 => other().prop_map(|text| Directive::Other { text }),
    ]
}

fn freshness() -> impl Strategy<Value = Freshness> {
    let lines = prop::collection::vec(prop::collection::vec(directive(), 0..4), 0..3);
    let expires =
        prop_oneof![5 => (-1000..100_000).prop_map(Expires::After), 1 => Just(Expires::NoDate)];
    (lines, prop::option::of(number()), prop::option::of(expires)).prop_map(
        |(lines, age, expires)| Freshness {
            lines,
            age,
            expires,
        },
    )
}

/// Returns the client of an issuer that sends a key set with these headers until it is down.
fn client(key: &TestKey, headers: HeaderMap, down: Arc<AtomicBool>) -> HttpClient {
    let jwks = serde_json::json!({ "keys": [key.jwk()] }).to_string();
    HttpClient::new(tower::service_fn(move |_: Request<Full<Bytes>>| {
        let mut response = Response::new(Full::<Bytes>::from(jwks.clone()));
        *response.headers_mut() = headers.clone();
        let down = down.load(Ordering::Relaxed);
        async move {
            if down {
                Err(io::Error::from(io::ErrorKind::ConnectionRefused))
            } else {
                Ok(response)
            }
        }
    }))
}

/// Measures how long the set is used once the issuer is down. Returns whether a token is accepted
/// just before the TTL has passed, the error just after it, and the TTL that the health reports.
async fn measure(headers: HeaderMap, expected: u64) -> (bool, Option<ErrorKind>, u64) {
    let key = TestKey::generate(Algorithm::Ed25519);
    let down = Arc::new(AtomicBool::new(false));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(client(&key, headers, Arc::clone(&down)))
        .jwks_cache(JwksCacheSettings::default().stale_if_error(Duration::ZERO));
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    authenticator.prefetch().await.unwrap();
    let reported = authenticator.health()[0]
        .fetch
        .as_ref()
        .unwrap()
        .usable_for
        .unwrap();
    down.store(true, Ordering::Relaxed);

    let token = key
        .token()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .expires_in(Duration::from_secs(9 * DAY))
        .sign();
    sleep(Duration::from_secs(expected - 1)).await;
    let before = authenticator.authenticate(&token).await.is_ok();
    sleep(Duration::from_secs(2)).await;
    let after = authenticator
        .authenticate(&token)
        .await
        .err()
        .map(|error| error.kind());
    (before, after, reported.as_secs())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_ttl_of_a_key_set_is_what_its_response_states(freshness in freshness()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let expected = freshness.ttl();
        let measured = runtime.block_on(measure(freshness.headers(), expected));
        prop_assert_eq!(measured, (true, Some(ErrorKind::KeysUnavailable), expected));
    }
}
