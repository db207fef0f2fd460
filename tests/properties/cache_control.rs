//! How long a fetched key set lives: `Cache-Control`, `Age`, else `Expires` (RFC 9111 §4.2, §5.2),
//! between a minute and a day, ten minutes where nothing is said.

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

use crate::support::{AUDIENCE, ISSUER, cases};

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * 60;
const UNSTATED: u64 = 10 * MINUTE;

/// What an answer says of its life.
#[derive(Clone, Debug)]
struct Said {
    /// Each is a header of its own.
    lines: Vec<Vec<Directive>>,
    age: Option<String>,
    expires: Option<Expires>,
}

#[derive(Clone, Debug)]
enum Expires {
    /// So many seconds after `Date`.
    After(i32),
    NoDate,
}

/// A directive: what it means, and how it is spelled.
#[derive(Clone, Debug)]
enum Directive {
    MaxAge {
        value: String,
        quoted: bool,
        upper: bool,
    },
    /// `no-store` or `no-cache`.
    Not { text: String },
    /// Of no concern here.
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
            Self::Not { text } => line.extend_from_slice(text.as_bytes()),
            Self::Other { text } => line.extend_from_slice(text),
        }
    }
}

impl Said {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for directives in &self.lines {
            let mut line = Vec::new();
            for (place, directive) in directives.iter().enumerate() {
                // Separators as RFC 9110 §5.6.1 has them, empty elements among them.
                line.extend_from_slice([", ", ",", "\t, , "][place % 3].as_bytes());
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

    /// How many seconds the set lives.
    fn life(&self) -> u64 {
        let age = self.age.as_deref().and_then(delta_seconds).unwrap_or(0);
        let stated = self.by_directive().or(self.by_date());
        stated
            .map_or(UNSTATED, |stated| stated.saturating_sub(age))
            .clamp(MINUTE, DAY)
    }

    /// The first `max-age` that is one, and nothing at all if the set may not be kept.
    fn by_directive(&self) -> Option<u64> {
        let directives = || self.lines.iter().flatten();
        if directives().any(|directive| matches!(directive, Directive::Not { .. })) {
            return Some(0);
        }
        directives().find_map(|directive| match directive {
            Directive::MaxAge { value, .. } => delta_seconds(value),
            _ => None,
        })
    }

    /// What is no date has passed (RFC 9111 §5.3).
    fn by_date(&self) -> Option<u64> {
        self.expires.as_ref().map(|expires| match expires {
            Expires::After(seconds) => u64::try_from(*seconds).unwrap_or(0),
            Expires::NoDate => 0,
        })
    }
}

/// RFC 9111 §1.2.2: digits; what is too large to count is very long.
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
    let plain = "(public|private|must-revalidate|immutable|s-maxage=[0-9]{1,5}|stale-if-error=[0-9]{1,5}|max-ages=5)";
    // Commas, names of other directives and bytes beyond ASCII may stand between quotes (RFC 9110
    // §5.6.4).
    let quoted = "(private|ext)=\"([a-z ,=é]|no-store|max-age=[0-9]{1,4}|\\\\\"|\\\\\\\\){0,6}\"";
    prop_oneof![plain, quoted].prop_map(String::into_bytes)
}

fn directive() -> impl Strategy<Value = Directive> {
    let rejection = "(no-store|No-Store|NO-CACHE|no-cache|no-cache=\"set-cookie, etag\")";
    let max_age = (large_number(), any::<bool>(), any::<bool>());
    prop_oneof![
        6 => max_age.prop_map(|(value, quoted, upper)| Directive::MaxAge { value, quoted, upper }),
        1 => rejection.prop_map(|text| Directive::Not { text }),
        5 => other().prop_map(|text| Directive::Other { text }),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let lines = prop::collection::vec(prop::collection::vec(directive(), 0..4), 0..3);
    let expires =
        prop_oneof![5 => (-1000..100_000).prop_map(Expires::After), 1 => Just(Expires::NoDate)];
    (lines, prop::option::of(number()), prop::option::of(expires)).prop_map(
        |(lines, age, expires)| Said {
            lines,
            age,
            expires,
        },
    )
}

/// A key set with these headers, until the issuer is down.
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

/// For how long the set serves once the issuer is down, by trying it, and by what the health report
/// says.
async fn served(headers: HeaderMap, expected: u64) -> (bool, Option<ErrorKind>, u64) {
    let key = TestKey::generate(Algorithm::Ed25519);
    let down = Arc::new(AtomicBool::new(false));
    let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
        .http_client(client(&key, headers, Arc::clone(&down)))
        .jwks_cache(JwksCacheSettings::default().stale_if_error(Duration::ZERO));
    let authenticator: Authenticator = Authenticator::builder(issuer)
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
    fn a_key_set_lives_as_long_as_its_answer_says(said in said()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let expected = said.life();
        let served = runtime.block_on(served(said.headers(), expected));
        prop_assert_eq!(served, (true, Some(ErrorKind::KeysUnavailable), expected));
    }
}
