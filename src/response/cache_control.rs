//! `Cache-Control` on responses to accepted requests.

use http::Response;
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

use crate::encoding::header_list;

/// Adds `private` to a successful response (RFC 6750 §2.3, RFC 9111 §3.5), so that no shared cache
/// stores it.
///
/// Keeps the service's directives, except `public` and `s-maxage`. Does not change a response that
/// already is `private` or `no-store`.
pub(crate) fn make_private<B>(mut response: Response<B>) -> Response<B> {
    if response.status().is_success()
        && let Some(value) = with_directive(response.headers(), "private", &["no-store", "private"])
    {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

/// Adds `no-store` to the headers of a response (RFC 9111 §5.2.2.5), so that no cache stores it.
///
/// Keeps the service's directives, except `public` and `s-maxage`.
pub(super) fn make_uncacheable(headers: &mut HeaderMap) {
    if let Some(value) = with_directive(headers, "no-store", &["no-store"]) {
        headers.insert(CACHE_CONTROL, value);
    }
}

/// Returns the header's new value, which begins with `directive`, or `None` where one of `enough`
/// is there already.
fn with_directive(
    headers: &HeaderMap,
    directive: &'static str,
    enough: &[&str],
) -> Option<HeaderValue> {
    let lists = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .map(HeaderValue::as_bytes);
    let directives: Vec<&[u8]> = lists.flat_map(header_list::members).collect();
    if directives
        .iter()
        .any(|directive| is_one_of(directive, enough))
    {
        return None;
    }
    let kept = directives.into_iter().filter(|directive| {
        let name = directive
            .split(|byte| *byte == b'=')
            .next()
            .unwrap_or(directive);
        !directive.is_empty() && !is_one_of(name.trim_ascii(), &["public", "s-maxage"])
    });
    let value = std::iter::once(directive.as_bytes())
        .chain(kept)
        .collect::<Vec<_>>()
        .join(&b", "[..]);
    // Parts of valid values form a valid one. Otherwise, the directive alone would be safe.
    Some(HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(directive)))
}

fn is_one_of(directive: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| directive.eq_ignore_ascii_case(name.as_bytes()))
}
