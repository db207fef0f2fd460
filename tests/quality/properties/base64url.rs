//! Each part of a token has one valid encoding: base64url without padding, white space or stray
//! bits (RFC 7515 §2, RFC 4648 §3.5).

use aws_lc_rs::hmac;
use proptest::prelude::*;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Algorithm, ErrorKind, Key, KeySet};

use crate::properties::support::{HEADER, authenticate, cases, payload, secret};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode(bytes: &[u8]) -> String {
    let sextets = |chunk: &[u8]| {
        let word = chunk
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let letter =
            move |position: usize| ALPHABET[(word >> (18 - 6 * position) & 63) as usize] as char;
        (0..=chunk.len()).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(sextets).collect()
}

/// Decodes as leniently as possible: skips characters outside the alphabet, and drops bits that do
/// not fill a byte.
fn decode(text: &str) -> Vec<u8> {
    let sextet = |byte: u8| ALPHABET.iter().position(|letter| *letter == byte);
    let bits: Vec<bool> = text
        .bytes()
        .filter_map(sextet)
        .flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1 == 1))
        .collect();
    bits.chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)))
        .collect()
}

fn is_canonical(text: &str) -> bool {
    encode(&decode(text)) == text
}

/// Signs a header and a payload as they are, whether encoded or not.
fn sign(header: &str, payload: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret());
    let input = format!("{header}.{payload}");
    let signature = encode(hmac::sign(&key, input.as_bytes()).as_ref());
    format!("{input}.{signature}")
}

/// A way to write the same bytes.
#[derive(Clone, Debug)]
enum Spelling {
    Same,
    /// Bits after the last byte.
    Stray(usize),
    /// Characters outside the alphabet.
    Inserted(prop::sample::Index, String),
    /// The other alphabet (RFC 4648 §4).
    Standard,
}

impl Spelling {
    fn of(&self, text: &str) -> String {
        match self {
            Self::Same => text.to_owned(),
            Self::Stray(bits) => stray(text, *bits),
            Self::Inserted(position, piece) => {
                let position = position.index(text.len() + 1);
                format!("{}{piece}{}", &text[..position], &text[position..])
            }
            Self::Standard => text.replace('-', "+").replace('_', "/"),
        }
    }
}

fn stray(text: &str, bits: usize) -> String {
    let unused = [0, 0, 4, 2][text.len() % 4];
    let Some((start, last)) = text.split_at_checked(text.len() - 1) else {
        return text.to_owned();
    };
    let value = ALPHABET
        .iter()
        .position(|letter| *letter == last.as_bytes()[0])
        .unwrap();
    format!(
        "{start}{}",
        ALPHABET[value | (bits % (1 << unused))] as char
    )
}

fn spelling() -> impl Strategy<Value = Spelling> {
    let piece = prop_oneof!["[= \t\r\n\u{b}\u{c}+/*%\u{0}]{1,3}", "={1,3}", "\\PC"];
    // A dot would add a part, and a character of the alphabet would change the bytes.
    let foreign = |byte| byte != b'.' && !ALPHABET.contains(&byte);
    let piece = piece.prop_filter("changes the parts or the bytes", move |piece| {
        piece.bytes().all(foreign)
    });
    let inserted = (any::<prop::sample::Index>(), piece)
        .prop_map(|(position, piece)| Spelling::Inserted(position, piece));
    prop_oneof![
        3 => Just(Spelling::Same),
        2 => (0_usize..16).prop_map(Spelling::Stray),
        3 => inserted,
        1 => Just(Spelling::Standard),
    ]
}

fn check(token: &str, respelled: &[&str]) -> Result<(), TestCaseError> {
    let outcome = authenticate(token).map(drop).map_err(|error| error.kind());
    let expected = if respelled.iter().all(|part| is_canonical(part)) {
        Ok(())
    } else {
        Err(ErrorKind::MalformedToken)
    };
    prop_assert_eq!(outcome, expected, "{}", token);
    Ok(())
}

proptest! {
    #![proptest_config(cases(2500))]

    #[test]
    fn a_header_or_payload_is_accepted_only_in_its_canonical_encoding_though_another_is_signed(
        header in spelling(),
        payload_spelling in spelling(),
        filling in "[a-z~?ÿ]{0,4}",
    ) {
        let filling = format!("\"{filling}\"");
        let head = HEADER.replacen('{', &format!("{{\"x\":{filling},"), 1);
        let header = header.of(&encode(head.as_bytes()));
        let payload = payload_spelling.of(&encode(payload(&[("x", &filling)]).as_bytes()));
        check(&sign(&header, &payload), &[&header, &payload])?;
    }

    #[test]
    fn a_signature_is_accepted_only_in_its_canonical_encoding(spelling in spelling()) {
        let token = sign(&encode(HEADER.as_bytes()), &encode(payload(&[]).as_bytes()));
        let (input, signature) = token.rsplit_once('.').unwrap();
        let respelled = spelling.of(signature);
        check(&format!("{input}.{respelled}"), &[&respelled])?;
    }

    #[test]
    fn every_text_that_is_signed_as_a_payload_must_be_canonical(
        text in "([A-Za-z0-9_-]{0,9}|[A-Za-z0-9_=+/ -]{0,9}|\\PC{0,3})",
    ) {
        prop_assume!(!text.contains('.'));
        let keys: KeySet = Key::from_secret(Algorithm::HS256, secret()).unwrap().into();
        let token = sign(&encode(HEADER.as_bytes()), &text);
        prop_assert_eq!(is_signed(&token, &keys), is_canonical(&text));
    }
}
