//! How long an answer is fresh (RFC 9111 §4.2), within bounds.

use std::time::{Duration, SystemTime};

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName};

/// The bounds, and the life of an answer that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(super) shortest: Duration,
    pub(super) longest: Duration,
    pub(super) unstated: Duration,
}

impl Default for Lifetime {
    fn default() -> Self {
        Self {
            shortest: Duration::from_secs(60),
            longest: Duration::from_secs(24 * 60 * 60),
            unstated: Duration::from_secs(10 * 60),
        }
    }
}

impl Lifetime {
    /// The longest that anything lives.
    pub(crate) const fn longest(&self) -> Duration {
        self.longest
    }

    /// The life of an answer with these headers.
    pub(crate) fn of(&self, headers: &HeaderMap) -> Duration {
        let stated = stated(headers).map(|life| life.saturating_sub(age(headers)));
        // In this order: `CacheSettings::check` sees to it.
        stated
            .unwrap_or(self.unstated)
            .clamp(self.shortest, self.longest)
    }
}

/// `Cache-Control`, else `Expires` (RFC 9111 §5.3).
fn stated(headers: &HeaderMap) -> Option<Duration> {
    by_directive(headers).or_else(|| by_date(headers))
}

/// `max-age`; none at all where the answer must not be kept. `s-maxage` is for caches that serve others.
fn by_directive(headers: &HeaderMap) -> Option<Duration> {
    let mut life = None;
    for directive in directives(headers) {
        let mut parts = directive
            .splitn(2, |byte| *byte == b'=')
            .map(<[u8]>::trim_ascii);
        let value = |value| std::str::from_utf8(value).ok().and_then(seconds);
        match parts.next().unwrap_or_default() {
            name if name.eq_ignore_ascii_case(b"no-store")
                || name.eq_ignore_ascii_case(b"no-cache") =>
            {
                return Some(Duration::ZERO);
            }
            name if name.eq_ignore_ascii_case(b"max-age") => {
                life = life.or_else(|| parts.next().and_then(value))
            }
            _ => {}
        }
    }
    life
}

/// From `Date` to `Expires`, both by the issuer's clock, so that ours doesn't matter. What is no date has passed.
fn by_date(headers: &HeaderMap) -> Option<Duration> {
    let date = |name| httpdate::parse_http_date(text(headers, name)?).ok();
    let expires = headers.contains_key(EXPIRES).then(|| date(EXPIRES));
    let life = |expires: Option<SystemTime>| expires?.duration_since(date(DATE)?).ok();
    expires.map(|expires| life(expires).unwrap_or_default())
}

/// Read as bytes: what else an extension holds must not hide `no-store`.
fn directives(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(CACHE_CONTROL)
        .iter()
        .flat_map(|list| members(list.as_bytes()))
}

/// The members of a list. A comma between quotes separates nothing (RFC 9110 §5.6.1, §5.6.4).
fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    list.split(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => return *byte == b',' && !quoted,
        }
        false
    })
}

/// The time that the answer spent in caches on its way.
fn age(headers: &HeaderMap) -> Duration {
    text(headers, AGE).and_then(seconds).unwrap_or_default()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Digits, perhaps quoted; too many of them mean a very long time (RFC 9111 §1.2.2).
fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_matches('"');
    let numeric = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    numeric.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::from(u32::MAX))))
}
