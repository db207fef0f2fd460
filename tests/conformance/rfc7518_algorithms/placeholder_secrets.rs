//! Requirement 12: secrets that were typed, not generated (RFC 8725 §3.5).

use serde_json::json;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, JwtAuthLayer, Key, KeySet, SkipReason};

use crate::support::{AUDIENCE, ISSUER, encode};

const PLACEHOLDERS: [&str; 22] = [
    // Those of jwt.io.
    "a-string-secret-at-least-256-bits-long",
    "a-valid-string-secret-that-is-at-least-384-bits-long",
    "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
    "your-256-bit-secret-your-256-bit-secret",
    "please-change-me-please-change-me",
    "please-change-me-in-production-please-change-me",
    "PLEASE_CHANGE_ME_0123456789_PLEASE",
    "changeit!changeit!changeit!changeit!",
    "my-super-secret-jwt-signing-key-for-production",
    "this is a very secure password for jwt tokens",
    "replace this with a random string of 32 characters",
    "default-insecure-development-secret\n",
    "jwt_secret_key_for_development_purposes_only",
    "this-is-a-secret-key-for-development-only!!",
    "django-insecure-development-key-do-not-use-in-production",
    "0123456789abcdef0123456789abcdef",
    "01234567890123456789012345678901",
    "abcdefghijklmnopqrstuvwxyz123456",
    "zyxwvutsrqponmlkjihgfedcba987654321",
    "aaaabbbbccccddddeeeeffffgggghhhh",
    "qwertyuiopqwertyuiopqwertyuiopqwerty",
    "S3cr3t!Pq0S3cr3t!Pq0S3cr3t!Pq0S3cr3t!Pq0",
];

const REASON: &str = "consists of words of placeholders, of sequences, or of one short block that is \
                      repeated: use random bytes";

#[test]
fn a_placeholder_is_rejected_as_a_secret_with_the_reason_and_without_the_secret() {
    for secret in PLACEHOLDERS {
        let error = Key::from_secret(Algorithm::HS256, secret).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::WeakSecret, "{secret}");
        let expected = format!("the secret for HS256 {REASON}");
        assert_eq!(error.to_string(), expected, "{secret}");
        let layer = JwtAuthLayer::from_secret(ISSUER, secret, AUDIENCE);
        assert_eq!(layer.unwrap_err().kind(), ConfigErrorKind::WeakSecret);
    }
}

#[test]
fn a_placeholder_is_rejected_in_a_jwk_and_skipped_in_a_set() {
    let random = encode(
        (1..=40)
            .rev()
            .map(|n: u8| n.wrapping_mul(37))
            .collect::<Vec<_>>(),
    );
    for secret in PLACEHOLDERS {
        let jwk = json!({"kty": "oct", "alg": "HS256", "k": encode(secret)});
        let error = Key::from_jwk(&jwk.to_string()).unwrap_err();
        assert_eq!(error.to_string(), format!("the key {REASON}"));
        let other = json!({"kty": "oct", "alg": "HS256", "k": random});
        let set = KeySet::from_json(&json!({"keys": [jwk, other]}).to_string()).unwrap();
        let reasons: Vec<_> = set
            .skipped()
            .iter()
            .map(tower_jwt_auth::SkippedKey::reason)
            .collect();
        assert_eq!(reasons, [&SkipReason::SecretIsPlaceholder]);
    }
}

// Words and sequences are no reason to reject a secret that has enough random bytes besides.
#[test]
fn a_random_secret_with_a_prefix_is_accepted() {
    for secret in [
        "prod-secret-key-5f1d0c9be27a4836",
        "test-token-9Xh2kQv7LmZr4TnB",
        "fd0b7c3ee1944b2f8d56a0e7c1b39f42",
        "k7Tz#9w!Qe2@Lm5$Xr8%Vb1^Nc4&Jp6*",
        "0123-c29tZSByYW5kb20gYnl0ZXMgaGVyZQ",
    ] {
        let padded = format!("{secret:=<32}");
        assert!(
            Key::from_secret(Algorithm::HS256, padded).is_ok(),
            "{secret}"
        );
    }
}
