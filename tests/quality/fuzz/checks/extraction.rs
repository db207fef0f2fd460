//! The extraction of the token from a request.
//!
//! Input: a byte whose bits enable token sources (1 `Authorization`, 2 a cookie, 4 a header, 8 the
//! query, 16 the WebSocket protocol of Kubernetes, 64 a header with a scheme, 128 the WebSocket
//! protocol `bearer`) and the optional mode (32). Then lines, each with a letter for the location, a
//! colon and the value. In a value, `@` stands for one valid token and `$` for another.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue, Request};
use tower_jwt_auth::{Claims, ErrorKind, JwtAuthLayer, TokenSource};

use super::answer::{Answer, ask};
use super::extraction_reading::{Reading, read};
use super::world::{builder, decide, token_of};

/// The locations, each with the bit that enables it.
pub const LOCATIONS: [(u8, u8); 7] = [
    (1, b'A'),
    (2, b'C'),
    (4, b'X'),
    (8, b'Q'),
    (16, b'W'),
    (64, b'S'),
    (128, b'B'),
];
const OPTIONAL: u8 = 32;

pub fn check(data: &[u8]) {
    let Some((options, lines)) = data.split_first() else {
        return;
    };
    let locations = options & !OPTIONAL;
    let options = locations.max(1) | options & OPTIONAL;
    let lines: Vec<_> = lines
        .split(|byte| *byte == b'\n')
        .filter_map(line)
        .collect();
    let Some(request) = request(&lines) else {
        return;
    };
    let readings = LOCATIONS.into_iter().filter(|(bit, _)| options & bit != 0);
    let readings: Vec<_> = readings
        .map(|(_, location)| (location, read(location, &values(&lines, location))))
        .collect();
    let answer = ask(layer(options), request);
    let found: Vec<_> = readings
        .into_iter()
        .filter(|(_, reading)| *reading != Reading::Nothing)
        .collect();
    match found.as_slice() {
        [] => assert_none(&answer, options),
        [(first, Reading::Token(token)), same @ ..]
            if same
                .iter()
                .all(|(_, other)| *other == Reading::Token(token.clone())) =>
        {
            let private = *first != b'A' || !same.is_empty();
            assert_decided(&answer, options, private, token);
        }
        [(_, Reading::Unreadable)] => assert_eq!(answer.rejection, Some(ErrorKind::MalformedToken)),
        [(_, Reading::TooLarge)] => assert_eq!(answer.rejection, Some(ErrorKind::TokenTooLarge)),
        [_] => assert_eq!(answer.rejection, Some(ErrorKind::InvalidRequest)),
        // With several, a malformed one may be rejected before the other is found.
        several => {
            let has = |reading| several.iter().any(|(_, other)| *other == reading);
            let malformed =
                has(Reading::Unreadable) && answer.rejection == Some(ErrorKind::MalformedToken);
            let too_large =
                has(Reading::TooLarge) && answer.rejection == Some(ErrorKind::TokenTooLarge);
            let twice = answer.rejection == Some(ErrorKind::InvalidRequest);
            assert!(malformed || too_large || twice, "{:?}", answer.rejection);
        }
    }
}

fn assert_none(answer: &Answer, options: u8) {
    if options & OPTIONAL == 0 {
        assert_eq!(answer.rejection, Some(ErrorKind::MissingToken));
    } else {
        assert!(
            answer.seen.as_ref().is_some_and(|seen| seen.0.is_none()),
            "the request is passed on without claims"
        );
    }
}

/// Asserts that the decision on the request is the one on this token.
fn assert_decided(answer: &Answer, options: u8, private: bool, token: &str) {
    let decision = decide(layer(options).authenticator(), token);
    assert_eq!(
        answer.rejection,
        decision.as_ref().err().map(|(kind, _)| *kind)
    );
    let seen = answer.seen.clone().and_then(|seen| seen.0);
    assert_eq!(
        seen.as_ref().map(Claims::json),
        decision.as_ref().ok().map(Claims::json)
    );
    let private = seen.is_some() && private;
    assert_eq!(
        answer
            .headers
            .get(CACHE_CONTROL)
            .is_some_and(|value| value == "private"),
        private
    );
}

fn layer(options: u8) -> &'static JwtAuthLayer {
    static LAYERS: [OnceLock<JwtAuthLayer>; 256] = [const { OnceLock::new() }; 256];
    LAYERS[usize::from(options)].get_or_init(|| {
        let sources = LOCATIONS
            .into_iter()
            .filter(|(bit, _)| options & bit != 0)
            .map(|(_, location)| source(location));
        let builder = builder().token_sources(sources);
        let builder = if options & OPTIONAL == 0 {
            builder
        } else {
            builder.optional()
        };
        builder.build().unwrap()
    })
}

fn source(location: u8) -> TokenSource {
    match location {
        b'A' => TokenSource::authorization(),
        b'C' => TokenSource::cookie("session").unwrap(),
        b'X' => TokenSource::header(HeaderName::from_static("x-token")),
        b'Q' => TokenSource::query("access_token"),
        b'S' => {
            let name = HeaderName::from_static("x-forwarded-authorization");
            TokenSource::header_with_scheme(name, "Bearer").unwrap()
        }
        b'B' => TokenSource::websocket_bearer(),
        _ => TokenSource::websocket_protocol(),
    }
}

fn tokens() -> &'static [String; 2] {
    static TOKENS: OnceLock<[String; 2]> = OnceLock::new();
    TOKENS.get_or_init(|| ["alice", "bob"].map(token_of))
}

/// Returns the location and the value of a line, with the tokens inserted.
fn line(line: &[u8]) -> Option<(u8, Vec<u8>)> {
    let [location, b':', text @ ..] = line else {
        return None;
    };
    let encoded = |token: &String| {
        if *location == b'W' {
            URL_SAFE_NO_PAD.encode(token)
        } else {
            token.clone()
        }
    };
    let [one, two] = tokens().each_ref().map(encoded);
    let value = text.iter().flat_map(|byte| match byte {
        b'@' => one.as_bytes(),
        b'$' => two.as_bytes(),
        other => std::slice::from_ref(other),
    });
    Some((*location, value.copied().collect()))
}

fn values(lines: &[(u8, Vec<u8>)], location: u8) -> Vec<&[u8]> {
    let values: Vec<_> = lines
        .iter()
        .filter(|(other, _)| header_of(*other) == header_of(location))
        .map(|(_, value)| value.as_slice())
        .collect();
    // A URL has one query.
    if location == b'Q' {
        values.into_iter().take(1).collect()
    } else {
        values
    }
}

/// Returns the letter of the header: both forms of a WebSocket protocol are in one.
const fn header_of(location: u8) -> u8 {
    if location == b'B' { b'W' } else { location }
}

/// Returns the request, or `None` if the values are not allowed in HTTP.
fn request(lines: &[(u8, Vec<u8>)]) -> Option<Request<()>> {
    let query = values(lines, b'Q')
        .first()
        .map_or(Vec::new(), |query| [b"?", *query].concat());
    let mut request = Request::get([b"/", query.as_slice()].concat())
        .body(())
        .ok()?;
    // `#` starts the fragment of a URL, which is not sent.
    if query.contains(&b'#') {
        return None;
    }
    for (location, value) in lines {
        let name = match location {
            b'A' => "authorization",
            b'C' => "cookie",
            b'X' => "x-token",
            b'W' | b'B' => "sec-websocket-protocol",
            b'S' => "x-forwarded-authorization",
            b'P' => "proxy-authorization",
            b'Y' => "x-access-token",
            _ => continue,
        };
        request
            .headers_mut()
            .append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request)
}
