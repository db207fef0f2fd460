//! Requirement 12: secrets that were typed, not generated (RFC 8725 §3.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, JwtAuthLayer, Key, KeySet, SkipReason};

use crate::support::{AUDIENCE, ISSUER, encode};

const WORD: (SkipReason, &str) = (
    SkipReason::SecretIsPlaceholder,
    "contains a word of placeholders, such as secret or password, or consists of words: use random \
     bytes",
);
const SEQUENCE: (SkipReason, &str) = (
    SkipReason::SecretIsSequence,
    "consists of sequences, such as 1234 or qwerty: use random bytes",
);
const REPEATS: (SkipReason, &str) = (
    SkipReason::SecretRepeats,
    "repeats a short block: use random bytes",
);

/// Returns secrets that were typed, each with the reason and its text.
fn placeholders() -> impl Iterator<Item = (&'static str, (SkipReason, &'static str))> {
    let of = |reason: (SkipReason, &'static str), secrets: &'static [&str]| {
        secrets.iter().map(move |secret| (*secret, reason.clone()))
    };
    of(WORD, &WORDS)
        .chain(of(SEQUENCE, &SEQUENCES))
        .chain(of(REPEATS, &REPETITIONS))
}

const WORDS: [&str; 27] = [
    // Those of jwt.io.
    "a-string-secret-at-least-256-bits-long",
    "a-valid-string-secret-that-is-at-least-384-bits-long",
    "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
    "your-256-bit-secret-your-256-bit-secret",
    "please-change-me-please-change-me",
    "please-change-me-in-production-please-change-me",
    "PLEASE_CHANGE_ME_0123456789_PLEASE",
    "my-super-secret-jwt-signing-key-for-production",
    "this is a very secure password for jwt tokens",
    "replace this with a random string of 32 characters",
    "default-insecure-development-secret\n",
    "jwt_secret_key_for_development_purposes_only",
    "this-is-a-secret-key-for-development-only!!",
    "django-insecure-development-key-do-not-use-in-production",
    "this-is-the-jwt-signing-key-for-the-server",
    "ThisIsMySuperLongSigningKeyForTheApiServer",
    // Sentences and passphrases, of words that are in no list.
    "this is my super secret key for the api",
    "correct horse battery staple under the moon",
    "correct-horse-battery-staple-0123456789",
    "Purple Monkey Dishwasher, Green Turtle!",
    "IT_IS_A_TRUTH_UNIVERSALLY_ACKNOWLEDGED",
    "das_ist-ein.sehr geheimer Satz, 2026",
    "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{434}\u{43e}\u{431}\u{440}\u{44b}\u{439} \u{43c}\u{438}\u{440} \u{43a}\u{43b}\u{44e}\u{447}",
    // Those of which 16 bytes or more could be random.
    "prod-secret-key-5f1d0c9be27a4836",
    "9Xh2kQv7LmZr4TnB8yWfPaSsWoRd!Password",
    "fd0b7c3ee1944b2f8d56a0e7c1b39f42.ExAmPlE.com",
    "changeme5f1d0c9be27a48365f1d0c9be27a48365f1d0c9be27a4836",
];
const SEQUENCES: [&str; 7] = [
    "0123456789abcdef0123456789abcdef!",
    "abcdefghijklmnopqrstuvwxyz123456",
    "zyxwvutsrqponmlkjihgfedcba987654321",
    "aaaabbbbccccddddeeeeffffgggghhhh",
    "QwertyuiopAsdfghjklZxcvbnm1234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm!QAZ@WSX",
    "poiuytrewqlkjhgfdsamnbvcxz0987654321",
];
const REPETITIONS: [&str; 5] = [
    "01234567890123456789012345678901",
    "0123456789abcdef0123456789abcdef",
    "qwertyuiopqwertyuiopqwertyuiopqwerty",
    "changeit!changeit!changeit!changeit!",
    "S3cr3t!Pq0S3cr3t!Pq0S3cr3t!Pq0S3cr3t!Pq0",
];

#[test]
fn a_placeholder_is_rejected_as_a_secret_with_the_reason_and_without_the_secret() {
    for (secret, (_, reason)) in placeholders() {
        let error = Key::from_secret(Algorithm::HS256, secret).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::WeakSecret, "{secret}");
        let expected = format!("the secret for HS256 {reason}");
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
    for (secret, (reason, text)) in placeholders() {
        let jwk = json!({"kty": "oct", "alg": "HS256", "k": encode(secret)});
        let error = Key::from_jwk(&jwk.to_string()).unwrap_err();
        assert_eq!(error.to_string(), format!("the key {text}"));
        let other = json!({"kty": "oct", "alg": "HS256", "k": random});
        let set = KeySet::from_json(&json!({"keys": [jwk, other]}).to_string()).unwrap();
        let reasons: Vec<_> = set
            .skipped()
            .iter()
            .map(tower_jwt_auth::SkippedKey::reason)
            .collect();
        assert_eq!(reasons, [&reason]);
    }
}

#[test]
fn a_typed_secret_is_rejected_in_hex_and_base64_too() {
    for (secret, (reason, text)) in placeholders() {
        let hex = secret
            .bytes()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat();
        let base64 = STANDARD.encode(secret);
        for (encoded, encoding) in [
            (hex.to_uppercase(), "hex"),
            (hex, "hex"),
            (base64.replace('=', ""), "base64"),
            (format!("{}\n{}\n", &base64[..20], &base64[20..]), "base64"),
            (encode(secret), "base64"),
        ] {
            let error = Key::from_secret(Algorithm::HS256, &encoded).unwrap_err();
            let message = error.to_string();
            // A block that is repeated often is repeated in its text, too.
            let itself = format!("the secret for HS256 {}", SkipReason::SecretRepeats);
            if reason != SkipReason::SecretRepeats || message != itself {
                let expected = format!("the secret for HS256 is {encoding} of a value that {text}");
                assert_eq!(message, expected, "{secret}: {encoded}");
            }
        }
    }
}

#[test]
fn a_token_is_not_a_secret() {
    let issuer = crate::support::default_key().token();
    let token = issuer.sign();
    let text = "is a JSON Web Token: use random bytes";
    for (secret, text) in [
        (token.clone(), text.to_owned()),
        (format!(" Bearer {token}\n"), text.to_owned()),
        (
            STANDARD.encode(&token),
            format!("is base64 of a value that {text}"),
        ),
        (
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVydGV4dA.dGFn".into(),
            text.to_owned(),
        ),
    ] {
        let error = Key::from_secret(Algorithm::HS256, &secret).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::WeakSecret);
        assert_eq!(error.to_string(), format!("the secret for HS256 {text}"));
    }
    // Neither is one: the first part is no JSON, and there are only two.
    for secret in [
        "prod.k7Tz9wQe2Lm5Xr8Vb1Nc4Jp6.q8Zr1vXk3TnB6yLw",
        "eyJhbGciOiJIUzI1NiJ9.k7Tz9wQe2Lm5Xr8Vb1Nc4Jp6",
    ] {
        assert!(
            Key::from_secret(Algorithm::HS256, secret).is_ok(),
            "{secret}"
        );
    }
}

// Short words and sequences are no reason to reject a secret that has enough random bytes besides.
#[test]
fn a_random_secret_with_a_prefix_is_accepted() {
    for secret in [
        "prod-jwt-key-5f1d0c9be27a4836",
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
