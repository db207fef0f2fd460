//! Invalid signatures, and signatures by keys that the issuer does not have.

use serde_json::json;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::attack::{ALGORITHM, Attack, KEY_UNKNOWN, MALFORMED, SIGNATURE, token};
use crate::site::{
    HEADER, ISSUER, LOOSE, OTHER, SECRETS, algorithms, decode, encode, es256, forger, key,
    other_key, payload_with, token_of,
};

/// The orders of the curves, in hexadecimal.
const ORDERS: [(Algorithm, &str); 3] = [
    (
        Algorithm::ES256,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ),
    (
        Algorithm::ES384,
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
    (
        Algorithm::ES512,
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0\
         3bb5c9b8899c47aebb6fb71e91386409",
    ),
];

/// Returns `none` in all sixteen spellings: bit `n` of a number capitalizes letter `n`.
fn spellings_of_none() -> impl Iterator<Item = String> {
    let letter = |capitals: usize, (index, letter): (usize, char)| {
        if capitals >> index & 1 == 1 {
            letter.to_ascii_uppercase()
        } else {
            letter
        }
    };
    (0..16).map(move |capitals| {
        "none"
            .chars()
            .enumerate()
            .map(|one| letter(capitals, one))
            .collect()
    })
}

/// The algorithm `none` in every spelling, and HMAC with an empty secret (CVE-2026-107720).
pub(crate) fn unsigned() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for none in spellings_of_none().chain(["none ", " none", "none\0", ""].map(ToOwned::to_owned)) {
        let header = json!({"alg": none, "typ": "JWT"}).to_string();
        let signed = es256().sign_raw(&header, payload_with("x", "0").as_bytes());
        let (message, _) = signed.rsplit_once('.').unwrap();
        attacks.push(token(
            format!("alg {none:?} and a signature"),
            &signed,
            ALGORITHM,
        ));
        attacks.push(token(
            format!("alg {none:?} and an empty signature"),
            format!("{message}."),
            MALFORMED,
        ));
        attacks.push(token(
            format!("alg {none:?} and no signature"),
            message,
            MALFORMED,
        ));
    }
    let secrets = [
        (&b""[..], "empty"),
        (b"\0", "NUL"),
        (b"null", "null"),
        (b"secret", "guessed"),
        (b"HS256", "algorithm's name as the"),
    ];
    for ((secret, name), hmac) in secrets
        .into_iter()
        .flat_map(|secret| SECRETS.map(|hmac| (secret, hmac)))
    {
        let forger = TestKey::from_secret(hmac, secret).with_key_id(key(hmac).key_id());
        let loose = token_of(&forger).issuer(LOOSE);
        attacks.push(token(
            format!("{name} {hmac} secret"),
            loose.sign(),
            SIGNATURE,
        ));
        let without = loose.without_header("kid").sign();
        attacks.push(token(
            format!("{name} {hmac} secret and no kid"),
            without,
            SIGNATURE,
        ));
        let fixed = token_of(&forger).sign();
        attacks.push(token(
            format!("{name} {hmac} secret where there is none"),
            fixed,
            ALGORITHM,
        ));
    }
    attacks
}

/// Returns the signing input and the signature of a valid token. Only the issuer [`LOOSE`] has
/// secrets.
pub(crate) fn parts(algorithm: Algorithm) -> (String, Vec<u8>) {
    let issuer = if SECRETS.contains(&algorithm) {
        LOOSE
    } else {
        ISSUER
    };
    let valid = token_of(key(algorithm)).issuer(issuer).sign();
    let (message, signature) = valid.rsplit_once('.').unwrap();
    (message.to_owned(), decode(signature))
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Returns an ASN.1 `INTEGER`, with a leading zero if the first bit is set.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let sign: &[u8] = if number[zeros] & 0x80 == 0 { &[] } else { &[0] };
    let content = [sign, &number[zeros..]].concat();
    [&[0x02, u8::try_from(content.len()).unwrap()], &content[..]].concat()
}

/// Encodes a signature as `ECDSA-Sig-Value` (RFC 3279 §2.2.3), as certificates do.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let content = [integer(r), integer(s)].concat();
    let length = u8::try_from(content.len()).unwrap();
    let prefix: &[u8] = if length < 0x80 {
        &[0x30, length]
    } else {
        &[0x30, 0x81, length]
    };
    [prefix, &content].concat()
}

/// CVE-2022-21449 (r = s = 0) and other numbers out of range.
pub(crate) fn ecdsa_numbers() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (algorithm, order) in ORDERS {
        let (message, valid) = parts(algorithm);
        let (r, s) = valid.split_at(valid.len() / 2);
        let (zero, order) = (vec![0; r.len()], hex(order));
        let mut over = order.clone();
        *over.last_mut().unwrap() += 1;
        let mut one = zero.clone();
        *one.last_mut().unwrap() = 1;
        let signatures = [
            ("r = s = the order", [&order[..], &order].concat()),
            ("r = 0 and s = 1", [&zero[..], &one].concat()),
            ("r = 1 and s = 0", [&one[..], &zero].concat()),
            ("r = s = 1", [&one[..], &one].concat()),
            ("r = s = 0", [&zero[..], &zero].concat()),
            ("r = 0", [&zero[..], s].concat()),
            ("s = 0", [r, &zero].concat()),
            ("r = the order", [&order[..], s].concat()),
            ("s = the order", [r, &order].concat()),
            ("r over the order", [&over[..], s].concat()),
            ("s over the order", [r, &over].concat()),
            ("r and s exchanged", [s, r].concat()),
            ("DER", der(r, s)),
        ];
        for (name, signature) in signatures {
            let forged = format!("{message}.{}", encode(signature));
            attacks.push(token(format!("{algorithm} with {name}"), forged, SIGNATURE));
        }
    }
    attacks
}

pub(crate) fn wrong_lengths() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for algorithm in algorithms() {
        let (message, valid) = parts(algorithm);
        let mut flipped = valid.clone();
        flipped[valid.len() / 2] ^= 1;
        let signatures = [
            ("cut at the end", valid[..valid.len() - 1].to_vec()),
            ("cut at the start", valid[1..].to_vec()),
            // RFC 2104 §5 allows MACs to be truncated to half; RFC 7518 §3.2 does not.
            ("cut to its half", valid[..valid.len() / 2].to_vec()),
            ("of one byte", valid[..1].to_vec()),
            ("extended at the end", [&valid[..], &[0]].concat()),
            ("extended by a hash", [&valid[..], &[7; 32]].concat()),
            ("extended at the start", [&[0], &valid[..]].concat()),
            ("twice", [&valid[..], &valid].concat()),
            ("of 8 KB", vec![1; 8192]),
            ("of zeros", vec![0; valid.len()]),
            ("of ones", vec![0xff; valid.len()]),
            ("with a bit flipped", flipped),
        ];
        for (name, signature) in signatures {
            let forged = format!("{message}.{}", encode(signature));
            attacks.push(token(
                format!("{algorithm}: a signature {name}"),
                forged,
                SIGNATURE,
            ));
        }
    }
    let foreign = parts(Algorithm::ES256).1;
    let payload = encode(payload_with("sub", "\"telltale-admin\""));
    let spliced = format!("{}.{payload}.{}", encode(HEADER), encode(foreign));
    attacks.push(token("another token's signature", spliced, SIGNATURE));
    attacks
}

/// Tokens of one trusted issuer, signed with a key of another.
pub(crate) fn other_issuers() -> Vec<Attack> {
    let theirs = other_key().clone().with_key_id(es256().key_id());
    vec![
        token(
            "another issuer's key",
            token_of(other_key()).sign(),
            KEY_UNKNOWN,
        ),
        token(
            "another issuer's key under the id of this one's",
            token_of(&theirs).sign(),
            SIGNATURE,
        ),
        token(
            "this issuer's key for another issuer",
            token_of(es256()).issuer(OTHER).sign(),
            KEY_UNKNOWN,
        ),
        token(
            "another issuer's key without a kid",
            token_of(other_key()).without_header("kid").sign(),
            SIGNATURE,
        ),
        token(
            "an unknown key under the id of this issuer's",
            token_of(&forger(Algorithm::ES256)).sign(),
            SIGNATURE,
        ),
        token(
            "an algorithm that only another issuer has",
            token_of(key(Algorithm::HS256)).sign(),
            ALGORITHM,
        ),
    ]
}
