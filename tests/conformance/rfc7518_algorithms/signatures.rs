//! Requirement 12: signatures have the exact length (RFC 7518 §3.4), and numbers are in range.

use tower_jwt_auth::{Algorithm, ErrorKind, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, builder_for, decode, encode, key, key_set, send, token_of};

/// The orders of the curves, big-endian.
const ORDERS: [(Algorithm, &str); 3] = [
    (
        Algorithm::ES256,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ),
    (
        Algorithm::ES384,
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
         581a0db248b0a77aecec196accc52973",
    ),
    (
        Algorithm::ES512,
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0\
         148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ),
];

/// The order of Ed25519's group, little-endian (RFC 8032 §5.1).
const ED_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn layer() -> JwtAuthLayer {
    builder_for(Issuer::from_keys(
        ISSUER,
        key_set(Algorithm::all().map(key)),
        AUDIENCE,
    ))
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

#[tokio::test]
async fn a_truncated_extended_or_constant_signature_is_rejected() {
    for algorithm in Algorithm::all() {
        let (signed, valid) = token_and_signature(algorithm);
        let length = valid.len();
        rejected(
            algorithm,
            &signed,
            &valid[..length - 1],
            "without its last byte",
        )
        .await;
        rejected(algorithm, &signed, &valid[1..], "without its first byte").await;
        rejected(algorithm, &signed, &valid[..length / 2], "half").await;
        rejected(algorithm, &signed, &valid[..1], "one byte").await;
        rejected(
            algorithm,
            &signed,
            &[&valid[..], &[0]].concat(),
            "with a byte appended",
        )
        .await;
        rejected(
            algorithm,
            &signed,
            &[&[0], &valid[..]].concat(),
            "with a zero prepended",
        )
        .await;
        rejected(
            algorithm,
            &signed,
            &[&valid[..], &valid[..]].concat(),
            "twice",
        )
        .await;
        rejected(algorithm, &signed, &vec![0; length], "zeros").await;
        rejected(algorithm, &signed, &vec![0xff; length], "ones").await;
        rejected(algorithm, &signed, &vec![0; 1100], "longer than any").await;
        let mut flipped = valid.clone();
        flipped[length / 2] ^= 1;
        rejected(algorithm, &signed, &flipped, "with a bit flipped").await;
        let rest = send(&layer(), &format!("{signed}.{}", encode(valid))).await;
        rest.named(algorithm).accepted();
    }
}

// CVE-2022-21449
#[tokio::test]
async fn an_ecdsa_signature_of_numbers_out_of_range_is_rejected() {
    for (algorithm, order) in ORDERS {
        let (signed, valid) = token_and_signature(algorithm);
        let (r, s) = valid.split_at(valid.len() / 2);
        let (zero, order) = (vec![0; r.len()], bytes(order));
        assert_eq!(order.len(), r.len());
        let mut one = zero.clone();
        *one.last_mut().unwrap() = 1;
        for (first, second) in [
            (&zero, &zero),
            (&order, &order),
            (&zero, &one),
            (&one, &zero),
            (&one, &one),
        ] {
            rejected(
                algorithm,
                &signed,
                &[&first[..], second].concat(),
                "made of constants",
            )
            .await;
        }
        for out in [&zero, &order] {
            rejected(
                algorithm,
                &signed,
                &[&out[..], s].concat(),
                "with r out of range",
            )
            .await;
            rejected(
                algorithm,
                &signed,
                &[r, out].concat(),
                "with s out of range",
            )
            .await;
        }
        rejected(
            algorithm,
            &signed,
            &[s, r].concat(),
            "with r and s exchanged",
        )
        .await;
    }
}

/// Returns an ASN.1 `INTEGER`, with a leading zero if the first bit is set.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let sign: &[u8] = if number[zeros] & 0x80 == 0 { &[] } else { &[0] };
    let content = [sign, &number[zeros..]].concat();
    [&[0x02, u8::try_from(content.len()).unwrap()], &content[..]].concat()
}

#[tokio::test]
async fn an_ecdsa_signature_in_der_is_rejected() {
    for (algorithm, _) in ORDERS {
        let (signed, valid) = token_and_signature(algorithm);
        let (r, s) = valid.split_at(valid.len() / 2);
        let content = [integer(r), integer(s)].concat();
        let length = u8::try_from(content.len()).unwrap();
        let prefix: &[u8] = if length < 0x80 {
            &[0x30, length]
        } else {
            &[0x30, 0x81, length]
        };
        rejected(algorithm, &signed, &[prefix, &content].concat(), "DER").await;
    }
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
    for algorithm in Algorithm::all() {
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
    for algorithm in Algorithm::all() {
        let (_, signature) = token_and_signature(algorithm);
        let (signed, _) = token_and_signature(algorithm);
        rejected(algorithm, &signed, &signature, "of another token").await;
    }
}
