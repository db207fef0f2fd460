//! Signatures whose numbers are out of range or encoded otherwise: Ed25519 and RSA. Those of ECDSA
//! are in `signature.rs`.

use tower_jwt_auth::Algorithm;

use crate::attack::{Attack, SIGNATURE, token};
use crate::signature::parts;
use crate::site::{decode, encode, key};

/// The order of the group of Ed25519 (RFC 8032 §5.1), little-endian.
const ED25519_ORDER: [u8; 32] = {
    let mut order = [0; 32];
    let low = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14,
    ];
    let mut index = 0;
    while index < low.len() {
        order[index] = low[index];
        index += 1;
    }
    order[31] = 0x10;
    order
};

/// Adds two little-endian numbers.
fn sum(one: &[u8], two: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let digits = one.iter().zip(two).map(|(one, two)| {
        let digit = u16::from(*one) + u16::from(*two) + carry;
        carry = digit >> 8;
        digit.to_le_bytes()[0]
    });
    digits.collect()
}

/// RFC 8032 §5.1.7: S is below the order, or else every signature has a second form.
pub(crate) fn ed25519() -> Vec<Attack> {
    let (message, valid) = parts(Algorithm::Ed25519);
    let (r, s) = valid.split_at(32);
    let with_bits = |number: &[u8], bits: u8| {
        let mut changed = number.to_vec();
        changed[31] ^= bits;
        changed
    };
    let (zero, mut identity) = ([0; 32], [0; 32]);
    identity[0] = 1;
    let signatures = [
        ("S plus the order", [r, &sum(s, &ED25519_ORDER)].concat()),
        ("S = the order", [r, &ED25519_ORDER].concat()),
        ("S = 0", [r, &zero].concat()),
        ("S of 256 bits", [r, &with_bits(s, 0x80)].concat()),
        ("S of 255 bits", [r, &with_bits(s, 0x40)].concat()),
        ("S of 254 bits", [r, &with_bits(s, 0x20)].concat()),
        ("R = 0", [&zero, s].concat()),
        ("R = the identity", [&identity, s].concat()),
        ("R = the identity and S = 0", [identity, zero].concat()),
        ("R and S = 0", [zero, zero].concat()),
        ("the other sign of R", [&with_bits(r, 0x80), s].concat()),
        ("R and S exchanged", [s, r].concat()),
    ];
    let forged = signatures.map(|(name, signature)| {
        let forged = format!("{message}.{}", encode(signature));
        token(format!("Ed25519 with {name}"), forged, SIGNATURE)
    });
    forged.into()
}

/// RFC 8017 §5.2.2: a signature is below the modulus.
pub(crate) fn rsa() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let (message, valid) = parts(algorithm);
        let modulus = decode(key(algorithm).jwk()["n"].as_str().unwrap());
        let mut below = modulus.clone();
        // The modulus is odd.
        *below.last_mut().unwrap() -= 1;
        let mut one = vec![0; modulus.len()];
        *one.last_mut().unwrap() = 1;
        let reversed: Vec<_> = valid.iter().rev().copied().collect();
        for (name, signature) in [
            ("the modulus", modulus),
            ("the modulus minus one", below),
            ("one", one),
            ("its bytes in reverse", reversed),
        ] {
            let forged = format!("{message}.{}", encode(signature));
            attacks.push(token(format!("{algorithm} with {name}"), forged, SIGNATURE));
        }
    }
    attacks
}
