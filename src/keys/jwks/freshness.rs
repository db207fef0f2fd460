//! The TTL of a response (RFC 9111 §4.2), within limits.

use std::time::{Duration, SystemTime};

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName};

use crate::encoding::header_list;

/// The limits of a TTL, and the TTL of a response that states none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the names of the settings")]
pub(super) struct FreshnessLimits {
    pub(super) min_ttl: Duration,
    pub(super) max_ttl: Duration,
    pub(super) default_ttl: Duration,
}

impl Default for FreshnessLimits {
    fn default() -> Self {
        Self {
            min_ttl: Duration::from_secs(60),
            max_ttl: Duration::from_secs(24 * 60 * 60),
            default_ttl: Duration::from_secs(10 * 60),
        }
    }
}

impl FreshnessLimits {
    /// Returns the TTL of a response with these headers.
    pub(super) fn ttl_of(&self, headers: &HeaderMap) -> Duration {
        let stated = stated_ttl(headers).map(|ttl| ttl.saturating_sub(age(headers)));
        // `clamp` panics if the limits are in the wrong order, which `JwksCacheSettings::validate`
        // rejects.
        stated
            .unwrap_or(self.default_ttl)
            .clamp(self.min_ttl, self.max_ttl)
    }
}

/// Returns the TTL by `Cache-Control`, or else by `Expires` (RFC 9111 §5.3).
fn stated_ttl(headers: &HeaderMap) -> Option<Duration> {
    by_cache_control(headers).or_else(|| by_expires(headers))
}

/// Returns the first valid `max-age`, or zero if the response must not be reused unvalidated.
/// `s-maxage` is for shared caches only.
fn by_cache_control(headers: &HeaderMap) -> Option<Duration> {
    let mut ttl = None;
    for directive in directives(headers) {
        let mut parts = directive
            .splitn(2, |byte| *byte == b'=')
            .map(<[u8]>::trim_ascii);
        // There always is a first part.
        let (Some(name), value) = (parts.next(), parts.next()) else {
            continue;
        };
        if is_any(name, &["no-store", "no-cache"]) {
            return Some(Duration::ZERO);
        }
        if ttl.is_none() && is_any(name, &["max-age"]) {
            ttl = value
                .and_then(|value| std::str::from_utf8(value).ok())
                .and_then(seconds);
        }
    }
    ttl
}

/// Returns the time from `Date` to `Expires`. Both are by the issuer's clock, so an error of the
/// local clock has no effect. If one of them is invalid, or `Date` is absent, the response counts
/// as expired (RFC 9111 §5.3).
fn by_expires(headers: &HeaderMap) -> Option<Duration> {
    let date = |name| httpdate::parse_http_date(text(headers, name)?).ok();
    let ttl = |expires: SystemTime| expires.duration_since(date(DATE)?).ok();
    headers
        .contains_key(EXPIRES)
        .then(|| date(EXPIRES).and_then(ttl).unwrap_or(Duration::ZERO))
}

/// Returns the directives as bytes: an extension with bytes beyond ASCII must not hide `no-store`.
fn directives(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(CACHE_CONTROL)
        .iter()
        .flat_map(|list| header_list::members(list.as_bytes()))
}

/// Returns the time that the response has spent in caches on its way. An invalid `Age` is ignored
/// (RFC 9111 §5.1).
fn age(headers: &HeaderMap) -> Duration {
    text(headers, AGE)
        .and_then(seconds)
        .unwrap_or(Duration::ZERO)
}

fn is_any(name: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Parses digits, with or without quotes. A number that is too large saturates, as RFC 9111 §1.2.2
/// demands.
fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_matches('"');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::from(u32::MAX))))
}
