//! Requirement 12: signatures (RFC 7518 §3). Those of wrong lengths and of numbers out of range are
//! in `tests/adversarial/signature.rs`.

use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, algorithms, builder_for, decode, encode, key, key_set, send, token_of,
};

/// The order of Ed25519's group, little-endian (RFC 8032 §5.1).
const ED_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn layer() -> JwtAuthLayer {
    let keys = key_set(algorithms().map(key));
    let issuer = Issuer::from_keys(ISSUER, keys, AUDIENCE);
    builder_for(issuer.algorithms(algorithms()))
        .build()
        .unwrap()
}

/// Returns the signed part of a valid token, and its signature.
fn token_and_signature(algorithm: Algorithm) -> (String, Vec<u8>) {
    let token = token_of(key(algorithm)).sign();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    (signed.to_owned(), decode(signature))
}

async fn rejected(algorithm: Algorithm, signed: &str, signature: &[u8], what: &str) {
    let answer = send(&layer(), &format!("{signed}.{}", encode(signature))).await;
    answer
        .named((algorithm, what))
        .invalid_token(ErrorKind::InvalidSignature);
}

// RFC 8032 §5.1.7: S is less than the group's order, or there would be two signatures.
#[tokio::test]
async fn an_ed25519_signature_with_the_order_added_is_rejected() {
    let (signed, mut signature) = token_and_signature(Algorithm::Ed25519);
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(bytes(ED_ORDER)) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        carry = sum >> 8;
        *byte = sum.to_le_bytes()[0];
    }
    rejected(Algorithm::Ed25519, &signed, &signature, "S + L").await;
}

#[tokio::test]
async fn an_absent_signature_is_malformed() {
    for algorithm in algorithms() {
        let (signed, _) = token_and_signature(algorithm);
        send(&layer(), &format!("{signed}."))
            .await
            .named(algorithm)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// The signature of one token with the claims of another.
#[tokio::test]
async fn a_signature_of_another_token_is_rejected() {
    for algorithm in algorithms() {
        let (_, signature) = token_and_signature(algorithm);
        let (signed, _) = token_and_signature(algorithm);
        rejected(algorithm, &signed, &signature, "of another token").await;
    }
}
