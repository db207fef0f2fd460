//! A header, signed with the key of the algorithm that it names.
//!
//! Input: the header.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind};

use super::reading::Members;
use super::reverify;
use super::world::{PAYLOAD, builder_with, decide, has_key, key, key_set};

pub fn check(header: &[u8]) {
    let token = signed(header);
    for ids in [true, false] {
        let expected = flaw(header, ids);
        match decide(authenticator(ids), &token) {
            Ok(claims) => {
                assert_eq!(expected, None, "accepted");
                let members = Members::read(header).unwrap();
                assert_eq!(claims.key_id(), members.string("kid").as_deref());
                assert_eq!(claims.algorithm(), named(&members));
                reverify::accepted(&token, &claims);
            }
            Err((kind, _)) => assert_eq!(expected, Some(kind), "rejected"),
        }
    }
}

fn authenticator(ids: bool) -> &'static Authenticator {
    static AUTHENTICATORS: [OnceLock<Authenticator>; 2] = [const { OnceLock::new() }; 2];
    AUTHENTICATORS[usize::from(ids)]
        .get_or_init(|| builder_with(key_set(ids)).build_authenticator().unwrap())
}

/// Signs with the key of the algorithm in the header if there is one, and with the secret
/// otherwise. The header need not be UTF-8.
fn signed(header: &[u8]) -> String {
    let algorithm = Members::read(header)
        .and_then(|members| named(&members))
        .filter(|name| has_key(*name));
    if let (Some(algorithm), Ok(header)) = (algorithm, std::str::from_utf8(header)) {
        return key(algorithm).sign_raw(header, PAYLOAD.as_bytes());
    }
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(PAYLOAD)
    );
    let secret = EncodingKey::from_secret(&key(Algorithm::HS256).secret().unwrap());
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256);
    format!("{message}.{}", signature.unwrap())
}

fn named(members: &Members) -> Option<Algorithm> {
    let name = members.string("alg")?;
    let known = Algorithm::all().find(|algorithm| algorithm.name() == name);
    known.or((name == "EdDSA").then_some(Algorithm::Ed25519))
}

/// Returns the flaw of a header that is reported first.
fn flaw(header: &[u8], ids: bool) -> Option<ErrorKind> {
    let members = Members::read(header).filter(|members| members.is_sound(header));
    let Some(members) = members else {
        return Some(ErrorKind::MalformedToken);
    };
    let strings = ["alg", "kid", "typ"]
        .into_iter()
        .all(|name| members.raw(name).is_none() || members.is_string(name));
    if !strings {
        return Some(ErrorKind::MalformedToken);
    }
    if ["crit", "b64", "zip"]
        .into_iter()
        .any(|name| members.raw(name).is_some())
    {
        return Some(ErrorKind::UnsupportedHeader);
    }
    if members.raw("alg").is_none() {
        return Some(ErrorKind::MalformedToken);
    }
    let Some(algorithm) = named(&members).filter(|algorithm| has_key(*algorithm)) else {
        return Some(ErrorKind::AlgorithmNotAllowed);
    };
    let allowed_type = members.string("typ").is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        matches!(
            typ.strip_prefix("application/").unwrap_or(&typ),
            "jwt" | "at+jwt"
        )
    });
    if !allowed_type {
        return Some(ErrorKind::WrongTokenType);
    }
    let unknown_key = members
        .string("kid")
        .is_some_and(|kid| kid != algorithm.name());
    // A key with that id but for another algorithm can't verify this token either.
    (ids && unknown_key).then_some(ErrorKind::UnknownKey)
}
