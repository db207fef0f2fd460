//! Tokens: their signatures, and what is not one.

use tower_jwt_auth::{
    Algorithm, Authenticator, Diagnosis, ErrorKind, Issuer, JwtAuthLayer, TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, clock, decode, encode, key, key_set, ml_dsa, send, token_of,
};

fn issuer() -> Issuer {
    let algorithms = || ml_dsa().chain([Algorithm::ES256]);
    Issuer::from_keys(ISSUER, key_set(algorithms().map(key)), AUDIENCE).algorithms(algorithms())
}

fn layer() -> JwtAuthLayer {
    builder_for(issuer()).build().unwrap()
}

fn parts(algorithm: Algorithm) -> (String, Vec<u8>) {
    let token = token_of(key(algorithm)).sign();
    let (message, signature) = token.rsplit_once('.').unwrap();
    (message.to_owned(), decode(signature))
}

#[tokio::test]
async fn a_signature_has_the_length_of_the_algorithm() {
    for algorithm in ml_dsa() {
        let expected = match algorithm {
            Algorithm::MlDsa44 => 2420,
            Algorithm::MlDsa65 => 3309,
            _ => 4627,
        };
        let (message, signature) = parts(algorithm);
        assert_eq!(signature.len(), expected);
        for other in [
            signature[..expected - 1].to_vec(),
            signature[1..].to_vec(),
            [&signature[..], &[0]].concat(),
            signature[..64].to_vec(),
            vec![0; 1024],
            vec![0; 9000],
        ] {
            let token = format!("{message}.{}", encode(&other));
            send(&layer(), &token)
                .await
                .named((algorithm, other.len()))
                .invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

// The length is checked before a signature is decoded: 1024 bytes have 1366 symbols.
#[tokio::test]
async fn only_signatures_of_ml_dsa_with_more_than_1024_bytes_are_decoded() {
    let es256 = [Algorithm::ES256];
    let es256_alone = Issuer::from_keys(ISSUER, key_set(es256.map(key)), AUDIENCE);
    let es256_alone = builder_for(es256_alone.algorithms(es256)).build().unwrap();
    let (message, _) = parts(Algorithm::ES256);
    for layer in [es256_alone, layer()] {
        for len in [86, 342, 343, 1365, 1366, 1367, 1368, 3227, 4412, 6170] {
            let expected = if len <= 1366 {
                ErrorKind::MalformedToken
            } else {
                ErrorKind::InvalidSignature
            };
            send(&layer, &format!("{message}.{}", "+".repeat(len)))
                .await
                .named(len)
                .invalid_token(expected);
        }
    }
}

#[tokio::test]
async fn a_signature_of_ml_dsa_is_decoded_only_if_it_has_the_length_of_the_algorithm() {
    for algorithm in ml_dsa() {
        let (message, signature) = parts(algorithm);
        let len = encode(&signature).len();
        for other in [1366, 1367, len - 1, len, len + 1] {
            let expected = if other == len {
                ErrorKind::MalformedToken
            } else {
                ErrorKind::InvalidSignature
            };
            send(&layer(), &format!("{message}.{}", "+".repeat(other)))
                .await
                .named((algorithm, other))
                .invalid_token(expected);
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_anywhere_in_the_signature_is_rejected() {
    for algorithm in ml_dsa() {
        let (message, signature) = parts(algorithm);
        let layer = layer();
        for byte in (0..signature.len())
            .step_by(211)
            .chain([signature.len() - 1])
        {
            let mut flipped = signature.clone();
            flipped[byte] ^= 1;
            let token = format!("{message}.{}", encode(&flipped));
            send(&layer, &token)
                .await
                .named((algorithm, byte))
                .invalid_token(ErrorKind::InvalidSignature);
        }
    }
}

#[tokio::test]
async fn a_signature_that_is_not_base64url_is_malformed() {
    for algorithm in ml_dsa() {
        let token = token_of(key(algorithm)).sign();
        let at = token.len() - 9;
        let token = format!("{}+{}", &token[..at], &token[at + 1..]);
        send(&layer(), &token)
            .await
            .invalid_token(ErrorKind::MalformedToken);
    }
}

#[tokio::test]
async fn names_that_rfc_9964_does_not_register_are_rejected() {
    for algorithm in ml_dsa() {
        for name in [
            "HashML-DSA-44",
            "ML-DSA",
            "ml-dsa-44",
            "ML-DSA-44 ",
            "ML-DSA-128",
        ] {
            let token = token_of(key(algorithm)).header("alg", name).sign();
            send(&layer(), &token)
                .await
                .named(name)
                .invalid_token(ErrorKind::AlgorithmNotAllowed);
        }
    }
}

#[tokio::test]
async fn the_default_maximum_length_of_a_token_suffices() {
    for algorithm in ml_dsa() {
        let token = token_of(key(algorithm)).claim("filler", "x".repeat(5_000));
        let token = token.sign();
        assert!((9_000..16 * 1024).contains(&token.len()));
        send(&layer(), &token).await.accepted();
    }
}

#[tokio::test]
async fn a_cached_token_is_accepted_and_a_changed_one_is_not() {
    for algorithm in ml_dsa() {
        let layer = builder_for(issuer())
            .token_cache(TokenCacheSettings::default())
            .build()
            .unwrap();
        let token = token_of(key(algorithm)).sign();
        for _ in 0..3 {
            send(&layer, &token).await.accepted();
        }
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut signature = decode(signature);
        signature[1000] ^= 1;
        send(&layer, &format!("{message}.{}", encode(&signature)))
            .await
            .invalid_token(ErrorKind::InvalidSignature);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_can_be_checked_on_other_threads() {
    for algorithm in ml_dsa() {
        let layer = builder_for(issuer()).offload([algorithm]).build().unwrap();
        send(&layer, &token_of(key(algorithm)).sign())
            .await
            .accepted();
        let (message, signature) = parts(algorithm);
        let short = format!("{message}.{}", encode(&signature[1..]));
        send(&layer, &short)
            .await
            .invalid_token(ErrorKind::InvalidSignature);
    }
}

#[tokio::test]
async fn a_diagnosis_names_the_length_that_the_signature_should_have() {
    for algorithm in ml_dsa() {
        let authenticator = Authenticator::builder(issuer())
            .clock(clock())
            .build_authenticator()
            .unwrap();
        let (message, signature) = parts(algorithm);
        let cut = format!("{message}.{}", encode(&signature[..1000]));
        let diagnosis: Diagnosis = authenticator.diagnose(&cut).await;
        let text = diagnosis.to_string();
        assert!(
            text.contains(&format!("{} bytes", signature.len())),
            "{text}"
        );
    }
}
