//! An accepted token, seen by `jsonwebtoken`.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use tower_jwt_auth::{Algorithm, Claims};

use super::reading::Members;
use super::world::{ALGORITHMS, AUDIENCE, ISSUER, key};

/// Members of a header that `jsonwebtoken` wants in a certain shape and this crate does not look
/// at.
const TYPED: [&str; 12] = [
    "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "cty", "enc", "zip", "crit", "url", "nonce",
];

/// Holds an accepted token against the same key and rules. The time is not compared: `jsonwebtoken`
/// asks the system for it.
pub fn accepted(token: &str, claims: &Claims) {
    let (key, algorithm) = (public(claims.algorithm()), theirs(claims.algorithm()));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let verified = jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm);
    assert!(verified.unwrap(), "the signature");
    let payload = message.split_once('.').unwrap().1;
    assert_eq!(
        URL_SAFE_NO_PAD.decode(payload).unwrap(),
        claims.json().as_bytes(),
        "what was signed"
    );
    if jsonwebtoken_reads(message) {
        let decoded = jsonwebtoken::decode::<Value>(token, key, &rules(algorithm));
        assert_eq!(decoded.unwrap().claims.as_object(), Some(claims.as_map()));
    }
}

fn rules(algorithm: jsonwebtoken::Algorithm) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    rules.validate_exp = false;
    rules
}

/// It parses all of a header, and knows Ed25519 by its older name only.
fn jsonwebtoken_reads(message: &str) -> bool {
    let header = URL_SAFE_NO_PAD
        .decode(message.split_once('.').unwrap().0)
        .unwrap();
    let members = Members::read(&header).unwrap();
    let is_json = serde_json::from_slice::<Value>(&header).is_ok();
    is_json
        && members.names().all(|name| !TYPED.contains(&name))
        && members.string("alg").unwrap() != "Ed25519"
}

const fn theirs(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::HS256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Ed25519 => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        _ => panic!("no key has this algorithm"),
    }
}

fn public(algorithm: Algorithm) -> &'static DecodingKey {
    static KEYS: [OnceLock<DecodingKey>; ALGORITHMS.len()] =
        [const { OnceLock::new() }; ALGORITHMS.len()];
    let place = ALGORITHMS
        .iter()
        .position(|one| *one == algorithm)
        .expect("no key has this algorithm");
    KEYS[place].get_or_init(|| match key(algorithm).secret() {
        Some(secret) => DecodingKey::from_secret(&secret),
        None => {
            DecodingKey::from_jwk(&serde_json::from_value(key(algorithm).jwk()).unwrap()).unwrap()
        }
    })
}
