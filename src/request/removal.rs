//! Removing the token from each location of a request, and nothing else.

use http::header::{COOKIE, Entry, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use http::uri::{PathAndQuery, Uri};

use super::locations::{after_scheme, cookie_value};
use super::websocket::{BEARER, PROTOCOL_PREFIX, with_tokens};

/// Removes credentials of a scheme. Those of other schemes stay.
pub(super) fn credentials(headers: &mut HeaderMap, name: &HeaderName, scheme: &str) {
    change_values(headers, name, |value| {
        let is_scheme = after_scheme(value, scheme).is_some();
        is_scheme.then(Vec::new)
    });
}

/// Removes a cookie. The others stay as they are.
pub(super) fn cookie(headers: &mut HeaderMap, name: &str) {
    change_values(headers, &COOKIE, |value| {
        without(value, b';', b"; ", |pair| {
            cookie_value(pair, name).is_some()
        })
    });
}

/// Removes the subprotocol that carries a token. The others stay.
pub(super) fn kubernetes_protocol(headers: &mut HeaderMap) {
    change_values(headers, &SEC_WEBSOCKET_PROTOCOL, |value| {
        without(value, b',', b", ", |protocol| {
            protocol.trim_ascii().starts_with(PROTOCOL_PREFIX)
        })
    });
}

/// Removes the subprotocols that are a token or carry one. The others stay, and `bearer` at their
/// end, where no other follows it that could be taken for a token: the handler selects one of them.
pub(super) fn bearer_protocol(headers: &mut HeaderMap) {
    if with_tokens(headers).all(|(_, token)| token.is_none()) {
        return;
    }
    let others = with_tokens(headers).filter(|(_, token)| token.is_none());
    let (bearer, mut others): (Vec<_>, Vec<_>) = others
        .map(|(protocol, _)| protocol)
        .partition(|protocol| *protocol == BEARER);
    others.extend(bearer.first());
    // Parts of valid values form a valid one. Otherwise, the token must not stay.
    let rest = HeaderValue::try_from(others.join(&b", "[..])).ok();
    headers.remove(SEC_WEBSOCKET_PROTOCOL);
    if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, rest);
    }
}

/// Removes a query parameter. The others stay as they are.
pub(super) fn query(uri: &mut Uri, name: &str) {
    let query = uri.query().unwrap_or_default();
    let is_token = |pair: &[u8]| {
        form_urlencoded::parse(pair)
            .next()
            .is_some_and(|(key, _)| key == name)
    };
    if let Some(rest) = without(query.as_bytes(), b'&', b"&", is_token) {
        // Parts of a valid URI form a valid one. Otherwise, the token must not stay.
        *uri = with_query(uri, &rest).unwrap_or_default();
    }
}

fn with_query(uri: &Uri, query: &[u8]) -> Option<Uri> {
    let mut path_and_query = uri.path().as_bytes().to_vec();
    if !query.is_empty() {
        path_and_query.push(b'?');
        path_and_query.extend(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

/// Returns the list without the members that carry a token, or `None` if there are none.
fn without(
    list: &[u8],
    separator: u8,
    joint: &[u8],
    is_token: impl Fn(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    let members = || list.split(|byte| *byte == separator);
    let others: Vec<_> = members().filter(|member| !is_token(member)).collect();
    if others.len() == members().count() {
        return None;
    }
    let trimmed: Vec<_> = others.into_iter().map(<[u8]>::trim_ascii).collect();
    Some(trimmed.join(joint))
}

/// Replaces the values for which `change` returns another one. Removes those that become empty.
fn change_values(
    headers: &mut HeaderMap,
    name: &HeaderName,
    change: impl Fn(&[u8]) -> Option<Vec<u8>>,
) {
    // `entry` reserves room for a header that is absent.
    if !headers.contains_key(name) {
        return;
    }
    let Entry::Occupied(entry) = headers.entry(name) else {
        return;
    };
    if entry.iter().all(|value| change(value.as_bytes()).is_none()) {
        return;
    }
    let (_, values) = entry.remove_entry_mult();
    let values: Vec<_> = values.filter_map(|value| changed(value, &change)).collect();
    for value in values {
        headers.append(name, value);
    }
}

fn changed(value: HeaderValue, change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<HeaderValue> {
    let Some(rest) = change(value.as_bytes()) else {
        return Some(value);
    };
    let mut rest = HeaderValue::try_from(rest)
        .ok()
        .filter(|rest| !rest.is_empty())?;
    rest.set_sensitive(value.is_sensitive());
    Some(rest)
}
