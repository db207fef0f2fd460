//! ML-DSA (RFC 9964, RFC 9881): whatever is signed verifies, nothing else does, and a key has one
//! form in DER and one length.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;
use tower_jwt_auth::testing::is_signed;
use tower_jwt_auth::{Algorithm, Key, KeySet};

use crate::properties::support::cases;
use crate::support::{key, ml_dsa};

/// The lengths of public keys, and the last number of the object identifier.
const KEYS: [(&str, usize, u8); 3] = [
    ("ML-DSA-44", 1312, 17),
    ("ML-DSA-65", 1952, 18),
    ("ML-DSA-87", 2592, 19),
];

fn keys(algorithm: Algorithm) -> KeySet {
    Key::from_jwk(&key(algorithm).jwk().to_string())
        .unwrap()
        .into()
}

/// Returns a `SubjectPublicKeyInfo`. Each of its lengths takes two bytes.
fn key_info(number: u8, public: &[u8]) -> Vec<u8> {
    let long = |tag: u8, content: Vec<u8>| {
        let len = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &len[..], &content].concat()
    };
    let oid = [
        0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, number,
    ];
    let bits = long(0x03, [&[0], public].concat());
    long(0x30, [&oid[..], &bits].concat())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn what_a_key_signs_verifies_and_no_changed_byte_does(
        payload in prop::collection::vec(any::<u8>(), 0..300),
        place in any::<Index>(),
        change in 1..=255_u8,
    ) {
        for algorithm in ml_dsa() {
            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            let jws = key(algorithm).sign_raw(&header, &payload);
            prop_assert!(is_signed(&jws, &keys(algorithm)));
            let parts: Vec<_> = jws.split('.').collect();
            let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
            for changed in [1, 2] {
                let mut bytes = decode(parts[changed]);
                if bytes.is_empty() {
                    continue;
                }
                let at = place.index(bytes.len());
                bytes[at] ^= change;
                let encoded = URL_SAFE_NO_PAD.encode(bytes);
                let mut forged = parts.clone();
                forged[changed] = &encoded;
                prop_assert!(!is_signed(&forged.join("."), &keys(algorithm)), "{changed} {at}");
            }
        }
    }

    #[test]
    fn no_bytes_are_a_signature(bytes in prop::collection::vec(any::<u8>(), 4627)) {
        for algorithm in ml_dsa() {
            let jws = key(algorithm).sign_raw(&format!(r#"{{"alg":"{algorithm}"}}"#), b"{}");
            let (message, signature) = jws.rsplit_once('.').unwrap();
            let len = URL_SAFE_NO_PAD.decode(signature).unwrap().len();
            for len in [len, len - 1, len.min(4626) + 1] {
                let forged = format!("{message}.{}", URL_SAFE_NO_PAD.encode(&bytes[..len]));
                prop_assert!(!is_signed(&forged, &keys(algorithm)));
            }
        }
    }

    #[test]
    fn a_jwk_is_usable_if_and_only_if_its_key_has_the_length_of_its_alg(
        bytes in prop::collection::vec(any::<u8>(), 2700),
        len in prop_oneof![0..2700_usize, Just(1312), Just(1952), Just(2592)],
    ) {
        for (name, expected, _) in KEYS {
            let is_supported = name.parse::<Algorithm>().unwrap().is_supported();
            let jwk = json!({
                "kty": "AKP", "alg": name, "pub": URL_SAFE_NO_PAD.encode(&bytes[..len]),
            });
            let usable = Key::from_jwk(&jwk.to_string()).is_ok();
            prop_assert_eq!(usable, len == expected && is_supported);
        }
    }

    #[test]
    fn der_is_usable_if_and_only_if_it_is_that_of_rfc_9881(
        bytes in prop::collection::vec(any::<u8>(), 2592),
        place in any::<Index>(),
        change in 1..=255_u8,
    ) {
        for (name, len, number) in KEYS {
            let algorithm: Algorithm = name.parse().unwrap();
            let mut der = key_info(number, &bytes[..len]);
            let from_der = Key::from_der(&der).ok().map(|key| key.algorithms());
            prop_assert_eq!(from_der, algorithm.is_supported().then(|| algorithm.into()));
            // A changed byte before the key. None leads to another key of ML-DSA.
            let at = place.index(der.len() - len);
            der[at] ^= change;
            prop_assert!(Key::from_der(&der).is_err(), "{at}: {:02x?}", &der[..30]);
        }
    }
}
