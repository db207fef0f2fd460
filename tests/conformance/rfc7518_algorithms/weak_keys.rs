//! Requirement 12: weak and invalid keys (RFC 7518 §3.2, §3.3, §6.2).

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestIssuer;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, decode, default_key, encode, key, send, token, token_of,
};

/// Returns a secret with as many different bytes as possible.
fn secret(length: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(length).collect()
}

fn kind_of<T: std::fmt::Debug>(result: Result<T, tower_jwt_auth::ConfigError>) -> ConfigErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_secret_shorter_than_its_hash_is_rejected() {
    for (algorithm, length) in [
        (Algorithm::HS256, 32),
        (Algorithm::HS384, 48),
        (Algorithm::HS512, 64),
    ] {
        assert!(Key::from_secret(algorithm, secret(length)).is_ok());
        for short in [0, 1, 16, length - 1] {
            assert_eq!(
                kind_of(Key::from_secret(algorithm, secret(short))),
                ConfigErrorKind::WeakSecret,
                "{algorithm}"
            );
            let jwk = json!({"kty": "oct", "alg": algorithm.name(), "k": encode(secret(short))})
                .to_string();
            assert_eq!(
                kind_of(Key::from_jwk(&jwk)),
                ConfigErrorKind::UnusableKey,
                "{algorithm}"
            );
        }
    }
    let layer = JwtAuthLayer::from_secret(ISSUER, secret(31), AUDIENCE);
    assert_eq!(kind_of(layer), ConfigErrorKind::WeakSecret);
}

// RFC 2104 §2: HMAC pads a key with zeros.
#[test]
fn zeros_at_the_end_do_not_make_a_secret_longer() {
    let padded =
        |bytes: usize, zeros: usize| [secret(40)[8..8 + bytes].to_vec(), vec![0; zeros]].concat();
    for (bytes, zeros) in [(16, 16), (8, 56), (28, 4), (31, 100)] {
        let error = Key::from_secret(Algorithm::HS256, padded(bytes, zeros)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("shorter than 32 bytes"),
            "{bytes} and {zeros}: {text}"
        );
    }
    // A random secret may end so.
    for (bytes, zeros) in [(29, 3), (32, 0), (32, 4)] {
        let key = Key::from_secret(Algorithm::HS256, padded(bytes, zeros));
        assert!(key.is_ok(), "{bytes} and {zeros}");
    }
}

#[test]
fn a_secret_that_repeats_a_few_bytes_is_rejected() {
    for weak in [
        vec![0; 32],
        vec![b'a'; 64],
        b"changeme".repeat(8),
        b"abcdefg".repeat(10),
    ] {
        let text = String::from_utf8_lossy(&weak).into_owned();
        assert_eq!(
            kind_of(Key::from_secret(Algorithm::HS256, &weak)),
            ConfigErrorKind::WeakSecret,
            "{text}"
        );
        let layer = JwtAuthLayer::from_secret(ISSUER, &weak, AUDIENCE);
        assert_eq!(kind_of(layer), ConfigErrorKind::WeakSecret, "{text}");
    }
}

#[test]
fn a_secret_for_another_algorithm_is_an_invalid_setting() {
    assert_eq!(
        kind_of(Key::from_secret(Algorithm::ES256, secret(32))),
        ConfigErrorKind::InvalidSetting
    );
}

fn rsa(n: &[u8], e: &str) -> Value {
    json!({"kty": "RSA", "kid": "weak", "alg": "RS256", "n": encode(n), "e": e})
}

fn modulus(bytes: usize) -> Vec<u8> {
    let mut n = decode(key(Algorithm::RS256).jwk()["n"].as_str().unwrap());
    n.truncate(bytes);
    *n.last_mut().unwrap() |= 1;
    n
}

fn ec(change: impl Fn(&mut Value)) -> Value {
    let mut jwk = default_key().jwk();
    jwk["kid"] = json!("weak");
    change(&mut jwk);
    jwk
}

fn resized(jwk: &mut Value, member: &str, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = decode(jwk[member].as_str().unwrap());
    change(&mut bytes);
    jwk[member] = json!(encode(bytes));
}

/// Returns JWKs that must be rejected, each with the id `weak`.
fn unusable() -> Vec<Value> {
    let modulus_2048 = modulus(256);
    let mut keys = vec![
        rsa(&modulus(128), "AQAB"),
        rsa(&modulus(255), "AQAB"),
        rsa(&[], "AQAB"),
    ];
    // Leading zeros do not count.
    keys.push(rsa(&[&[0; 128][..], &modulus(128)].concat(), "AQAB"));
    // Exponents: 1, 0, 2, 65536, none, and one of more than 32 bits.
    keys.extend(["AQ", "AA", "Ag", "AQAA", "", "AQAAAAAB"].map(|e| rsa(&modulus_2048, e)));
    keys.extend([
        ec(|jwk| resized(jwk, "x", |x| x.truncate(31))),
        ec(|jwk| resized(jwk, "y", |y| *y = y.split_off(1))),
        ec(|jwk| resized(jwk, "x", |x| x.insert(0, 1))),
        ec(|jwk| resized(jwk, "y", |y| y[31] ^= 1)),
        ec(|jwk| jwk["x"] = jwk["y"].clone()),
        ec(|jwk| (jwk["x"], jwk["y"]) = (json!(encode([0; 32])), json!(encode([0; 32])))),
        ec(|jwk| jwk["crv"] = json!("P-384")),
        ec(|jwk| jwk["crv"] = json!("secp256k1")),
        ec(|jwk| jwk["alg"] = json!("ES384")),
        ec(|jwk| jwk["alg"] = json!("RS256")),
        ec(|jwk| jwk["alg"] = json!("none")),
        ec(|jwk| jwk["alg"] = json!("HS256")),
        ec(|jwk| jwk["use"] = json!("enc")),
        ec(|jwk| jwk["key_ops"] = json!(["sign", "encrypt"])),
        ec(|jwk| jwk["kty"] = json!("RSA")),
        ec(|jwk| jwk["x"] = json!(format!("{}==", jwk["x"].as_str().unwrap()))),
        ec(|jwk| jwk["d"] = json!(encode([7; 32]))),
        ec(|jwk| drop(jwk.as_object_mut().unwrap().remove("y"))),
    ]);
    let ed = |x: Vec<u8>| json!({"kty": "OKP", "crv": "Ed25519", "kid": "weak", "x": encode(x)});
    let mut one = vec![0; 32];
    one[0] = 1;
    keys.extend([ed(vec![7; 31]), ed(vec![7; 33]), ed(vec![0; 32]), ed(one)]);
    keys.push(json!({"kty": "OKP", "crv": "Ed448", "kid": "weak", "x": encode([7; 57])}));
    keys.push(json!({"kty": "oct", "kid": "weak", "alg": "HS256", "k": encode(secret(31))}));
    keys
}

#[test]
fn a_weak_or_invalid_key_is_unusable() {
    for jwk in unusable() {
        assert_eq!(
            kind_of(Key::from_jwk(&jwk.to_string())),
            ConfigErrorKind::UnusableKey,
            "{jwk}"
        );
        let alone = json!({"keys": [jwk]}).to_string();
        assert_eq!(
            kind_of(KeySet::from_json(&alone)),
            ConfigErrorKind::NoKeys,
            "{jwk}"
        );
    }
}

#[tokio::test]
async fn a_weak_key_in_a_set_is_skipped_and_the_others_are_used() {
    for jwk in unusable() {
        let set =
            KeySet::from_json(&json!({"keys": [jwk, default_key().jwk()]}).to_string()).unwrap();
        let skipped: Vec<_> = set
            .skipped()
            .iter()
            .map(tower_jwt_auth::SkippedKey::key_id)
            .collect();
        assert_eq!(
            (set.keys().count(), skipped),
            (1, vec![Some("weak")]),
            "{jwk}"
        );
        let layer = builder_for(Issuer::from_keys(ISSUER, set, AUDIENCE))
            .build()
            .unwrap();
        send(&layer, &token().sign()).await.accepted();
        let weak = default_key().clone().with_key_id("weak");
        send(&layer, &token_of(&weak).sign())
            .await
            .invalid_token(ErrorKind::UnknownKey);
    }
}

// Any client that reads the published set could sign with it.
#[tokio::test]
async fn a_secret_that_an_issuer_publishes_is_not_used() {
    let issuer = TestIssuer::builder()
        .algorithms([Algorithm::ES256, Algorithm::HS256])
        .start()
        .await
        .unwrap();
    let layer = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    send(&layer, &issuer.token_with(Algorithm::ES256).sign())
        .await
        .accepted();
    let answer = send(&layer, &issuer.token_with(Algorithm::HS256).sign()).await;
    answer.invalid_token(ErrorKind::AlgorithmNotAllowed);
    // It is skipped.
    let health = layer.authenticator().health().remove(0);
    assert_eq!((health.keys.len(), health.skipped.len()), (1, 1));
    assert_eq!(
        health.skipped[0].key_id(),
        Some(issuer.key(Algorithm::HS256).unwrap().key_id())
    );
}

#[tokio::test]
async fn a_weak_key_that_an_issuer_publishes_is_skipped() {
    let issuer = TestIssuer::start().await.unwrap();
    let valid = issuer.key(Algorithm::ES256).unwrap();
    issuer.set_jwks(
        json!({"keys": [rsa(&modulus(128), "AQAB"), valid.jwk(), rsa(&modulus(256), "AQ")]})
            .to_string(),
    );
    let layer = JwtAuthLayer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE).unwrap();
    send(&layer, &issuer.token().sign()).await.accepted();
    let rsa = issuer
        .token()
        .key(&key(Algorithm::RS256).clone().with_key_id("weak"))
        .sign();
    send(&layer, &rsa)
        .await
        .invalid_token(ErrorKind::UnknownKey);
}

fn text_of(jwk: &Value) -> String {
    Key::from_jwk(&jwk.to_string()).unwrap_err().to_string()
}

#[test]
fn the_error_says_what_is_wrong_with_a_curve_or_a_coordinate() {
    let curve = "the key has no curve that its type supports: P-256, P-384 or P-521 for EC, Ed25519 \
                 for OKP";
    for jwk in [
        ec(|jwk| drop(jwk.as_object_mut().unwrap().remove("crv"))),
        ec(|jwk| jwk["crv"] = json!("Ed25519")),
        json!({"kty": "OKP", "crv": "P-256", "x": encode([7; 32])}),
        json!({"kty": "OKP", "x": encode([7; 32])}),
    ] {
        assert_eq!(text_of(&jwk), curve, "{jwk}");
    }
    for member in ["x", "y"] {
        let jwk = ec(|jwk| resized(jwk, member, |bytes| bytes.truncate(31)));
        assert_eq!(
            text_of(&jwk),
            "the key has a coordinate of the wrong length for its curve"
        );
    }
}

#[test]
fn a_secret_of_eight_different_bytes_is_accepted_and_one_of_seven_is_not() {
    // No block is repeated.
    let of = |values: usize| -> Vec<u8> {
        let index = |n: usize| (n * n + n / 3 + 5 * (n / 7)) % values;
        (0..64).map(|n| b"kX9~q;R)"[index(n)]).collect()
    };
    assert!(Key::from_secret(Algorithm::HS256, of(8)).is_ok());
    let error = Key::from_secret(Algorithm::HS256, of(7)).unwrap_err();
    assert!(
        error.to_string().contains("fewer than 8 distinct"),
        "{error}"
    );
}

#[test]
fn a_secret_that_only_resembles_a_key_file_is_accepted() {
    let random = encode(
        secret(64)
            .iter()
            .map(|byte| byte ^ 0x5a)
            .collect::<Vec<_>>(),
    );
    for secret in [
        format!("{{{random}"),
        format!("{random}\"kty\""),
        format!("{random}ssh-"),
    ] {
        assert!(
            Key::from_secret(Algorithm::HS256, &secret).is_ok(),
            "{secret}"
        );
    }
    let error = Key::from_secret(Algorithm::HS256, format!("{{{random}\"kty\""));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("is the text of a key")
    );
}

#[test]
fn an_ssh_key_of_any_type_is_not_a_secret() {
    let random = encode(secret(64));
    for start in [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "sk-ssh-ed25519@openssh.com",
    ] {
        let key = format!("{start} {random} user@host");
        let error = Key::from_secret(Algorithm::HS256, key).unwrap_err();
        assert!(
            error.to_string().contains("is the text of a key"),
            "{error}"
        );
    }
}

// DER with a length of more than 127 bytes, which takes another byte (X.690 §8.1.3.5).
#[test]
fn a_public_key_of_1024_bits_in_der_is_not_a_secret() {
    let integer = [&[0x02, 0x81, 0x81, 0][..], &[0xb7; 128]].concat();
    let content = [&integer[..], &[0x02, 3, 1, 0, 1]].concat();
    let mut der = vec![0x30, 0x81, u8::try_from(content.len()).unwrap()];
    der.extend(content);
    // Of more than eight different bytes, so that this is not the reason.
    der[20..36].copy_from_slice(&secret(16));
    let error = Key::from_secret(Algorithm::HS256, der).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is a public key or a certificate"),
        "{error}"
    );
}

// SEC 1 §2.3.3. The point of every P-256, P-384 and P-521 key, and what JWK libraries make of it.
#[test]
fn the_point_of_an_ec_key_is_not_a_secret_in_any_encoding() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512] {
        let jwk = key(algorithm).jwk();
        let coordinates = ["x", "y"]
            .map(|name| decode(jwk[name].as_str().unwrap()))
            .concat();
        let point = [&[4][..], &coordinates].concat();
        let hex = point
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat();
        for secret in [
            point.clone(),
            coordinates.clone(),
            encode(&point).into_bytes(),
            hex.into_bytes(),
        ] {
            let error = Key::from_secret(Algorithm::HS256, &secret).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("is a public key or a certificate"), "{text}");
        }
        // Another byte, and it is on the curve no longer.
        let mut random = coordinates;
        random[20] ^= 1;
        assert!(Key::from_secret(Algorithm::HS256, &random).is_ok());
    }
}

// RFC 8032 §5.1: y, little-endian, and the sign of x in the last bit. 2^255 - 19 is the prime.
#[test]
fn an_ed25519_key_of_small_order_is_rejected_in_every_encoding() {
    const ORDER_8: [&str; 2] = [
        "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU",
        "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o",
    ];
    let high = |first: u8| [&[first][..], &[0xff; 30], &[0x7f]].concat();
    let low = |first: u8| [&[first][..], &[0; 31]].concat();
    let mut points = vec![
        low(0),
        low(1),
        high(0xec),
        high(0xed),
        high(0xee),
        high(0xff),
    ];
    points.extend(ORDER_8.map(decode));
    for mut point in points {
        for sign in [0, 0x80] {
            point[31] = (point[31] & 0x7f) | sign;
            let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&point)});
            let text = text_of(&jwk);
            assert!(text.contains("small order"), "{point:?}: {text}");
        }
    }
}

// Each of these has a byte in common with the keys of small order, where they are alike.
#[test]
fn an_ed25519_key_that_resembles_one_of_small_order_is_accepted() {
    let accepted = |point: &[u8; 32]| {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(point)});
        Key::from_jwk(&jwk.to_string()).is_ok()
    };
    let edges: [fn(&mut [u8; 32]); 4] = [
        |point| point[0] = 0,
        |point| point[0] = 0xff,
        |point| point[31] = 0,
        |point| point[31] = 0x7f,
    ];
    for edge in edges {
        // About every second y belongs to a point.
        let found = (0..64).any(|seed| {
            let mut point = [0x5a; 32];
            point[15] = seed;
            edge(&mut point);
            accepted(&point)
        });
        assert!(found);
    }
}

#[test]
fn an_odd_rsa_exponent_of_up_to_four_bytes_is_accepted() {
    // 3, 17, 65537 and 2^31 + 1.
    for e in ["Aw", "EQ", "AQAB", "gAAAAQ"] {
        let key = rsa(&modulus(256), e);
        assert!(Key::from_jwk(&key.to_string()).is_ok(), "{e}");
    }
}

#[test]
fn a_modulus_of_8192_bits_is_accepted_and_a_longer_one_is_not() {
    // Two powers of two and an odd number, without a small factor.
    let of = |bytes: usize, first: u8, last: u8| {
        let mut n = vec![0; bytes];
        (n[0], n[bytes - 1]) = (first, last);
        rsa(&n, "AQAB")
    };
    assert!(Key::from_jwk(&of(1024, 0x80, 3).to_string()).is_ok());
    assert_eq!(
        text_of(&of(1025, 1, 1)),
        "the key is an RSA key of more than 8192 bits"
    );
}
