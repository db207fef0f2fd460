//! How much memory it takes to read a secret that is long enough to be seen.

use tower_jwt_auth::{Algorithm, Key};

use crate::{jwk_of, random_secret, turn};

const LENGTH: usize = 1024 * 1024;

/// Not UTF-8, as random bytes hardly ever are; and printable, as passwords are.
fn long_secrets() -> [Vec<u8>; 2] {
    let random = random_secret();
    let printable = crate::encode(&random).into_bytes();
    [random, printable].map(|start| start.into_iter().cycle().take(LENGTH).collect())
}

/// Bytes that this thread allocates while `work` runs.
fn allocated(work: impl Fn()) -> usize {
    usize::try_from(allocation_counter::measure(work).bytes_total).unwrap()
}

#[test]
fn a_secret_is_read_without_a_copy_on_the_heap() {
    let _turn = turn();
    for secret in long_secrets() {
        let bytes = allocated(|| drop(Key::from_secret(Algorithm::HS256, &secret).unwrap()));
        assert!(bytes < LENGTH / 2, "{bytes} bytes for a secret of {LENGTH}");
    }
}

#[test]
fn a_secret_in_a_jwk_is_copied_twice_as_text_and_decoded_and_both_are_wiped_types() {
    let _turn = turn();
    for secret in long_secrets() {
        let jwk = jwk_of(&secret);
        let bytes = allocated(|| drop(Key::from_jwk(&jwk).unwrap()));
        // The text of `k`, and a buffer of that length to decode it into.
        let most = 2 * jwk.len() + LENGTH / 8;
        assert!(bytes < most, "{bytes} bytes for a JWK of {}", jwk.len());
    }
}
