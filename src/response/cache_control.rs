//! `Cache-Control` on responses to requests whose token is not in `Authorization`.

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
        && let Some(value) = private_value(response.headers())
    {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

/// Returns the header's new value, or `None` where it is strict enough already.
fn private_value(headers: &HeaderMap) -> Option<HeaderValue> {
    let lists = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .map(HeaderValue::as_bytes);
    let directives: Vec<&[u8]> = lists.flat_map(header_list::members).collect();
    if directives
        .iter()
        .any(|directive| is_one_of(directive, &["no-store", "private"]))
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
    let value = std::iter::once(&b"private"[..])
        .chain(kept)
        .collect::<Vec<_>>()
        .join(&b", "[..]);
    // Parts of valid values form a valid one. Otherwise, `private` alone would be safe.
    Some(HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("private")))
}

fn is_one_of(directive: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| directive.eq_ignore_ascii_case(name.as_bytes()))
}
