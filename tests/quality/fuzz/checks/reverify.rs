//! Verifies accepted tokens again with `jsonwebtoken`, and with aws-lc-rs those of ML-DSA, which
//! `jsonwebtoken` does not know.

use std::sync::OnceLock;

use aws_lc_rs::signature::{ML_DSA_44, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;
use tower_jwt_auth::{Algorithm, Claims};

use super::reading::Members;
use super::world::{ALGORITHMS, AUDIENCE, ISSUER, key};

/// Header parameters that this crate ignores, but for which `jsonwebtoken` requires a certain type.
const TYPED: [&str; 12] = [
    "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "cty", "enc", "zip", "crit", "url", "nonce",
];

/// Asserts that `jsonwebtoken` accepts the token with the same key and rules. Times are not
/// checked, since `jsonwebtoken` uses the clock of the system.
pub fn accepted(token: &str, claims: &Claims) {
    let algorithm = claims.algorithm().unwrap();
    if algorithm == Algorithm::MlDsa44 {
        return accepted_ml_dsa(token, claims);
    }
    let (key, algorithm) = (public(algorithm), theirs(algorithm));
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

fn accepted_ml_dsa(token: &str, claims: &Claims) {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let public = decode(key(Algorithm::MlDsa44).jwk()["pub"].as_str().unwrap());
    let key = UnparsedPublicKey::new(&ML_DSA_44, public);
    let verified = key.verify(message.as_bytes(), &decode(signature));
    assert!(verified.is_ok(), "the signature");
    let payload = decode(message.split_once('.').unwrap().1);
    assert_eq!(payload, claims.json().as_bytes(), "what was signed");
}

fn rules(algorithm: jsonwebtoken::Algorithm) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    rules.validate_exp = false;
    rules
}

/// Returns whether `jsonwebtoken` can read the header. It parses every parameter, and knows Ed25519
/// by the older name `EdDSA` only.
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
    let index = ALGORITHMS
        .iter()
        .position(|one| *one == algorithm)
        .expect("no key has this algorithm");
    KEYS[index].get_or_init(|| match key(algorithm).secret() {
        Some(secret) => DecodingKey::from_secret(&secret),
        None => {
            DecodingKey::from_jwk(&serde_json::from_value(key(algorithm).jwk()).unwrap()).unwrap()
        }
    })
}
