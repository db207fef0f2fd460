//! The decision on a token.
//!
//! Input: either `=` and the token as text; or a letter for the key, a header, a line feed, a
//! payload, a line feed, and edits of the signed token. An empty header or payload stands for a
//! valid one. An edit is three bytes: two for the position and one for the change. A change below
//! 0x80 replaces the byte there, one below 0xC0 deletes it, and any other is inserted there without
//! its top bit.

use std::sync::OnceLock;

use http::Request;
use tower_jwt_auth::{Algorithm, Authenticator, Claims, JwtAuthLayer, TokenCacheSettings};

use super::world::{PAYLOAD, Reason, builder, decide, has_key, key};
use super::{answer, reverify};

struct Deciders {
    plain: Authenticator,
    caching: Authenticator,
    layer: JwtAuthLayer,
}

fn deciders() -> &'static Deciders {
    static DECIDERS: OnceLock<Deciders> = OnceLock::new();
    DECIDERS.get_or_init(|| Deciders {
        plain: builder().build_authenticator().unwrap(),
        caching: builder()
            .token_cache(TokenCacheSettings::default())
            .build_authenticator()
            .unwrap(),
        layer: builder().build().unwrap(),
    })
}

pub fn check(data: &[u8]) {
    if let Some(token) = token(data) {
        check_token(&token);
    }
}

fn check_token(token: &str) {
    let Deciders {
        plain,
        caching,
        layer,
    } = deciders();
    let decision = decide(plain, token);
    if let Ok(claims) = &decision {
        reverify::accepted(token, claims);
    }
    for time in ["first", "second"] {
        assert_same(&decision, &decide(caching, token), time);
    }
    if let Some(request) = bearer(token) {
        let answer = answer::ask(layer, request);
        assert_eq!(
            answer.rejection,
            decision.as_ref().err().map(|(kind, _)| *kind)
        );
        let seen = answer.seen.and_then(|seen| seen.0);
        assert_eq!(
            seen.as_ref().map(Claims::json),
            decision.as_ref().ok().map(Claims::json)
        );
    }
}

/// Asserts that the decision with a token cache is the same as without one.
fn assert_same(plain: &Result<Claims, Reason>, cached: &Result<Claims, Reason>, time: &str) {
    match (plain, cached) {
        (Ok(one), Ok(two)) => {
            assert_eq!(one.json(), two.json(), "{time}");
            assert_eq!(
                (one.algorithm(), one.key_id()),
                (two.algorithm(), two.key_id()),
                "{time}"
            );
        }
        (one, two) => assert_eq!(one.as_ref().err(), two.as_ref().err(), "{time}"),
    }
}

/// Returns a request with the token, or `None` if `Authorization` can't contain it as a single
/// token.
fn bearer(token: &str) -> Option<Request<()>> {
    let plain = !token.is_empty()
        && token
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',');
    plain.then(|| {
        Request::get("/")
            .header("authorization", format!("Bearer {token}"))
            .body(())
            .unwrap()
    })
}

fn token(data: &[u8]) -> Option<String> {
    let (first, rest) = data.split_first()?;
    let algorithm = match first {
        b'=' => return String::from_utf8(rest.to_vec()).ok(),
        b'H' => Algorithm::HS256,
        b'D' => Algorithm::Ed25519,
        b'E' => Algorithm::ES256,
        b'R' => Algorithm::RS256,
        b'M' if has_key(Algorithm::MlDsa44) => Algorithm::MlDsa44,
        _ => return None,
    };
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let header = std::str::from_utf8(parts.next()?).ok()?;
    let valid = format!(r#"{{"alg":"{algorithm}","kid":"{algorithm}","typ":"JWT"}}"#);
    let payload = parts
        .next()
        .filter(|payload| !payload.is_empty())
        .unwrap_or(PAYLOAD.as_bytes());
    let signed = key(algorithm).sign_raw(if header.is_empty() { &valid } else { header }, payload);
    if rest.is_empty() {
        assert!(
            decide(&deciders().plain, &signed).is_ok(),
            "the token is valid before the edits"
        );
    }
    Some(edited(signed, parts.next().unwrap_or_default()))
}

fn edited(token: String, edits: &[u8]) -> String {
    let mut token = token.into_bytes();
    for edit in edits.chunks_exact(3) {
        let index = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (token.len() + 1);
        match edit[2] {
            byte @ 0xc0.. => token.insert(index, byte & 0x7f),
            byte if index < token.len() && byte < 0x80 => token[index] = byte,
            _ if index < token.len() => drop(token.remove(index)),
            _ => {}
        }
    }
    String::from_utf8(token).expect("ASCII")
}
