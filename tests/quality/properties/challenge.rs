//! Whatever the configuration and the request contain, a challenge can be parsed, and states what
//! it should (RFC 9110 §11.6.1, RFC 6750 §3).

use std::convert::Infallible;

use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response};
use proptest::prelude::*;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::{ErrorKind, JwtAuthLayer};

use crate::properties::grammar::{Parsed, parse};
use crate::properties::support::{builder, cases, payload, sign};
use crate::support::block_on;

/// Returns whether a value in a challenge can contain this character: %x20-21 / %x23-5B / %x5D-7E
/// (RFC 6750 §3).
fn is_allowed(character: char) -> bool {
    matches!(u32::from(character), 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// Characters with a meaning in a challenge or in a header.
const SYNTAX: &[char] = &['"', '\\', '\r', '\n', '\t', ',', ' ', '='];

/// The same characters without the space (RFC 6749 §3.3).
fn scope_name() -> impl Strategy<Value = String> {
    prop_oneof!["[!#-\\[\\]-~]{1,12}", "[a-z:/.]{1,12}"]
}

fn realm() -> impl Strategy<Value = Option<String>> {
    let hostile = prop::collection::vec(
        prop_oneof![any::<char>(), prop::sample::select(SYNTAX)],
        0..20,
    );
    prop::option::of(prop_oneof![
        hostile.prop_map(String::from_iter),
        "[ -~]{0,20}",
        "\\PC{0,10}"
    ])
}

/// `Authorization` headers: none, too many, hostile and valid ones.
fn credentials() -> impl Strategy<Value = Vec<HeaderValue>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..60);
    let hostile =
        (prop_oneof![Just(&b""[..]), Just(&b"Bearer "[..])], bytes).prop_map(|(scheme, bytes)| {
            HeaderValue::from_bytes(&[scheme, &bytes].concat())
                .unwrap_or(HeaderValue::from_static("Bearer \"\\"))
        });
    let bearer = |changes: &[(&str, &str)]| {
        HeaderValue::try_from(format!("Bearer {}", sign(&payload(changes)))).unwrap()
    };
    let value = prop_oneof![
        3 => hostile,
        1 => Just(HeaderValue::from_static("Basic QTpC")),
        2 => Just(bearer(&[])),
        1 => Just(bearer(&[("exp", "1")])),
    ];
    prop::collection::vec(value, 0..3)
}

/// Returns the response to a request with these credentials.
fn ask(layer: &JwtAuthLayer, credentials: Vec<HeaderValue>, grpc: bool) -> Response<String> {
    let inner =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let mut request = Request::new(());
    if grpc {
        *request.method_mut() = Method::POST;
        request
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        *request.version_mut() = http::Version::HTTP_2;
        request
            .headers_mut()
            .insert("te", HeaderValue::from_static("trailers"));
    }
    for value in credentials {
        request.headers_mut().append(AUTHORIZATION, value);
    }
    block_on(layer.layer(inner).oneshot(request)).unwrap()
}

/// Returns the only challenge of a response.
fn challenge(response: &Response<String>) -> Parsed {
    let values: Vec<_> = response
        .headers()
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .collect();
    assert_eq!(values.len(), 1, "{values:?}");
    parse(values[0].as_bytes()).unwrap_or_else(|| panic!("{:?}", values[0]))
}

/// Returns the error code of RFC 6750 §3.1.
fn code(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::MissingToken => None,
        ErrorKind::InvalidRequest => Some("invalid_request"),
        ErrorKind::InsufficientScope => Some("insufficient_scope"),
        _ => Some("invalid_token"),
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn every_challenge_can_be_parsed_and_states_what_was_configured(
        realm in realm(),
        scopes in prop::collection::vec(scope_name(), 1..4),
        credentials in credentials(),
        grpc in any::<bool>(),
    ) {
        let layer = builder().require_scopes(scopes.clone());
        let layer = match &realm {
            Some(realm) => layer.realm(realm),
            None => layer,
        };
        let layer = layer.build().unwrap();
        let response = ask(&layer, credentials, grpc);
        let error = response.extensions().get::<tower_jwt_auth::Error>();
        let kind = error.expect("no token has the scopes").kind();

        let read = challenge(&response);
        prop_assert_eq!(&read.scheme, "Bearer");
        let shown = realm.map(|realm| {
            realm.chars().filter(|character| is_allowed(*character)).collect::<String>()
        });
        prop_assert_eq!(read.parameter("realm"), shown.as_deref());
        prop_assert_eq!(read.parameter("error"), code(kind));
        prop_assert_eq!(read.parameter("error_description").is_some(), code(kind).is_some());
        let required = (kind == ErrorKind::InsufficientScope).then(|| scopes.join(" "));
        prop_assert_eq!(read.parameter("scope"), required.as_deref());
        let known = ["realm", "error", "error_description", "scope"];
        for (name, value) in &read.parameters {
            let is_known = known.contains(&name.as_str());
            prop_assert!(is_known && value.chars().all(is_allowed), "{name}: {value}");
        }
    }

    #[test]
    fn a_scope_that_a_challenge_can_not_contain_can_not_be_required(
        scope in "\\PC{0,8}|[ -~\t\r\n]{0,8}",
    ) {
        let has_only = |scope: &str| scope.chars().all(|c| is_allowed(c) && c != ' ');
        let is_valid = !scope.is_empty() && has_only(&scope);
        prop_assert_eq!(builder().require_scopes([scope]).build().is_ok(), is_valid);
    }
}

#[test]
fn the_grammar_of_the_model_is_that_of_the_rfc() {
    let read = |text: &str| parse(text.as_bytes()).map(|read| read.parameters);
    let pairs = |pairs: &[(&str, &str)]| {
        Some(
            pairs
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(read("Bearer"), pairs(&[]));
    assert_eq!(
        read("Bearer a=b , C = \"d, \\\"e\\\\\""),
        pairs(&[("a", "b"), ("c", "d, \"e\\")])
    );
    for wrong in [
        "",
        " Bearer",
        "Bearer ",
        "Bearer,",
        "Bearer a",
        "Bearer a=",
        "Bearer a=\"b",
        "Bearer a=\"b\"c",
        "Bearer a=b,",
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
    for wrong in [
        "Bearer a=b A=c",
        "Bearer a=b, A=c",
        "Bearer a=é",
        "Bearer a=\"é\"",
        "Bearer a=\"\r\"",
        "Bearer a=b, Basic",
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
