//! How much memory is allocated to read a secret. It is long, so that each copy is noticed.

use tower_jwt_auth::{Algorithm, Key, Secret, SecretEncoding};

use crate::secrets::{jwk_of, random_secret};

/// The maximum.
const LENGTH: usize = 64 * 1024;

/// Returns random bytes, which are not UTF-8, and printable ones, as passwords are.
fn long_secrets() -> [Vec<u8>; 2] {
    let random = random_secret();
    let printable = crate::secrets::encode(&random).into_bytes();
    [random, printable].map(|start| start.into_iter().cycle().take(LENGTH).collect())
}

/// Returns how many bytes this thread allocates while `work` runs.
fn allocated(work: impl Fn()) -> usize {
    usize::try_from(allocation_counter::measure(work).bytes_total).unwrap()
}

#[test]
fn a_secret_is_read_without_a_copy_on_the_heap() {
    for secret in long_secrets() {
        let bytes = allocated(|| drop(Key::from_secret(Algorithm::HS256, &secret).unwrap()));
        assert!(bytes < LENGTH / 2, "{bytes} bytes for a secret of {LENGTH}");
    }
}

#[test]
fn a_secret_in_a_jwk_is_copied_at_most_twice_as_text_and_decoded() {
    for secret in long_secrets() {
        let jwk = jwk_of(&secret);
        let bytes = allocated(|| drop(Key::from_jwk(&jwk).unwrap()));
        // The text of `k`, and a buffer of the same length for the decoded bytes.
        let max = 2 * jwk.len() + LENGTH / 8;
        assert!(bytes < max, "{bytes} bytes for a JWK of {}", jwk.len());
    }
}

#[test]
fn a_secret_is_shared_by_its_clones_and_its_key_without_a_copy() {
    for secret in long_secrets() {
        let secret = Secret::new(secret);
        let bytes = allocated(|| {
            let clone = secret.clone();
            drop(Key::from_secret(Algorithm::HS256, &clone).unwrap());
        });
        assert!(bytes < LENGTH / 2, "{bytes} bytes for a secret of {LENGTH}");
    }
}

#[test]
fn the_bytes_of_a_secret_become_a_secret_without_a_copy() {
    let [secret, _] = long_secrets();
    let bytes = std::cell::Cell::new(secret);
    let bytes = allocated(|| drop(Secret::new(bytes.take())));
    assert!(bytes < 1024, "{bytes} bytes");
}

#[test]
fn an_encoded_secret_is_decoded_into_one_buffer() {
    for secret in long_secrets() {
        let (base64, hex) = (crate::secrets::encode(&secret), hex_of(&secret));
        for (text, encoding) in [
            (base64, SecretEncoding::Base64url),
            (hex, SecretEncoding::Hex),
        ] {
            let bytes = allocated(|| drop(Secret::decode(&text, encoding).unwrap()));
            assert!(bytes < text.len() + 1024, "{encoding:?}: {bytes} bytes");
        }
    }
}

fn hex_of(secret: &[u8]) -> String {
    let digits = secret.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|digit| char::from_digit(digit.into(), 16).unwrap());
    digits.collect()
}
