//! `Debug`, `Display`, errors with their causes, and serialized health.

use std::error::Error;
use std::fmt::{Debug, Display, Write as _};

use tower::Layer as _;
use tower_jwt_auth::testing::{TestIssuer, TestKey};
use tower_jwt_auth::{
    Algorithm, ConfigError, Issuer, JwtAuthLayer, Key, KeySet, KeySource as _, Keys, Secret,
    SecretEncoding,
};

use crate::secrets::{encode, jwk_of, key_of, random_secret};
use crate::support::tokio;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "https://api.example";

/// Returns a secret in the forms in which code could print it.
fn forms(secret: &[u8]) -> Vec<String> {
    let hex = secret.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let middle = secret.len() / 2;
    let list = format!("{:?}", &secret[middle..middle + 4]);
    // From the whole secret: a part could start within a character and be printed differently.
    let text: String = String::from_utf8_lossy(secret).chars().take(6).collect();
    let standard = encode(&secret[..24]);
    vec![
        hex[..16].to_owned(),
        list.trim_matches(['[', ']']).to_owned(),
        text,
        standard,
        encode(secret),
    ]
}

#[track_caller]
fn hides(secret: &[u8], shown: &str) {
    assert!(!shown.is_empty());
    for form in forms(secret) {
        assert!(!shown.contains(&form), "{form} in {shown}");
    }
}

/// Returns the error and its sources, as `{}` and as `{:?}`.
fn all_of(error: &ConfigError) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (**cause).source());
    causes.fold(format!("{error} {error:?} {error:#?}"), |shown, cause| {
        format!("{shown} {cause} {cause:?}")
    })
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn the_forms_are_found_where_a_secret_is_shown() {
    let secret = random_secret();
    let shown = [
        debug(&secret),
        jwk_of(&secret),
        String::from_utf8_lossy(&secret).into_owned(),
    ];
    for shown in shown {
        assert!(
            forms(&secret).iter().any(|form| shown.contains(form)),
            "{shown}"
        );
    }
}

#[test]
fn no_type_that_holds_a_secret_shows_it() {
    let secret = random_secret();
    let issuer = || Issuer::from_keys(ISSUER, key_of(&secret), AUDIENCE);
    let builder = || JwtAuthLayer::builder(issuer());
    let layer = builder().build().unwrap();
    let service = layer.layer(());
    let set = KeySet::from_json(&format!(r#"{{"keys":[{}]}}"#, jwk_of(&secret))).unwrap();
    let authenticator = builder().build_authenticator().unwrap();
    hides(&secret, &debug(&Secret::new(secret.clone())));
    hides(&secret, &debug(&key_of(&secret)));
    hides(&secret, &debug(&set));
    hides(&secret, &debug(&Keys::from(&set)));
    hides(&secret, &debug(&set.current()));
    hides(&secret, &debug(&issuer()));
    hides(&secret, &format!("{:?} {:#?}", builder(), builder()));
    hides(&secret, &debug(&layer.clone()));
    hides(&secret, &debug(&service));
    hides(&secret, &debug(&authenticator));
    hides(&secret, &debug(&authenticator.health()));
    hides(
        &secret,
        &serde_json::to_string(&authenticator.health()).unwrap(),
    );
}

#[test]
fn the_test_kit_shows_no_secret() {
    let secret = random_secret();
    let key = TestKey::from_secret(Algorithm::HS256, &secret);
    hides(&secret, &debug(&key));
    hides(&secret, &debug(&key.token()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let starting = TestIssuer::builder().algorithms([Algorithm::HS256]).start();
    let issuer = runtime.block_on(starting).unwrap();
    let published = issuer.key(Algorithm::HS256).unwrap().secret().unwrap();
    hides(&published, &debug(&issuer));
}

/// Returns the errors for invalid secrets, and for secrets where another key is expected.
fn mistakes(secret: &[u8]) -> Vec<ConfigError> {
    let k = encode(secret);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{k}\n-----END PRIVATE KEY-----\n");
    let jwks = [
        format!(r#"{{"kty":"oct","alg":"HS512","k":"{k}"}}"#),
        format!(r#"{{"kty":"oct","alg":"RS256","k":"{k}"}}"#),
        format!(r#"{{"kty":"oct","use":"enc","k":"{k}"}}"#),
        format!(r#"{{"kty":"oct","k":"{k}="}}"#),
        format!(r#"{{"kty":"oct","k":"{k}","k":"{k}"}}"#),
        format!(r#"{{"kty":"oct","k":["{k}"]}}"#),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{k}","d":"{k}"}}"#),
        format!(r#"{{"kty":"oct","k":"{k}""#),
        k.clone(),
    ];
    let mut all: Vec<_> = jwks
        .iter()
        .map(|jwk| Key::from_jwk(jwk).unwrap_err())
        .collect();
    all.extend(
        jwks.iter()
            .map(|jwk| KeySet::from_json(&format!(r#"{{"keys":[{jwk}]}}"#)).unwrap_err()),
    );
    let decode = |encoding| Secret::decode(format!("{k}?"), encoding).unwrap_err();
    all.extend(
        [
            SecretEncoding::Base64,
            SecretEncoding::Base64url,
            SecretEncoding::Hex,
        ]
        .map(decode),
    );
    let short = Secret::new(secret[..24].to_vec());
    all.push(short.fingerprint(&short).unwrap_err());
    all.push(Key::from_secret(Algorithm::HS512, secret).unwrap_err());
    all.push(Key::from_secret(Algorithm::ES256, secret).unwrap_err());
    all.push(Key::from_pem(pem).unwrap_err());
    all.push(Key::from_pem(secret).unwrap_err());
    all.push(Key::from_der(secret).unwrap_err());
    all.push(JwtAuthLayer::from_secret("", secret, AUDIENCE).unwrap_err());
    let twice =
        JwtAuthLayer::builder(Issuer::from_keys(ISSUER, key_of(secret), AUDIENCE)).claims::<()>();
    let twice = twice.add_issuer(Issuer::from_keys(
        "https://other.example",
        key_of(secret),
        AUDIENCE,
    ));
    all.push(twice.build().unwrap_err());
    all
}

/// The length of a secret is not shown, either: only what is required.
#[test]
fn the_debug_output_of_a_secret_is_always_the_same() {
    for len in [0, 1, 32, 48] {
        let secret = Secret::new(vec![7; len]);
        assert_eq!(debug(&secret), "Secret(..) Secret(..)");
    }
}

#[test]
fn no_configuration_error_shows_the_secret_that_it_is_about() {
    let secret = random_secret();
    for error in mistakes(&secret) {
        hides(&secret, &all_of(&error));
    }
}

/// A set skips a key that it can't use, and names the reason.
#[test]
fn a_skipped_key_of_a_set_is_named_and_not_shown() {
    let secret = random_secret();
    let weak = format!(
        r#"{{"kty":"oct","kid":"weak","alg":"HS512","k":"{}"}}"#,
        encode(&secret)
    );
    let set = KeySet::from_json(&format!(
        r#"{{"keys":[{weak},{}]}}"#,
        jwk_of(&random_secret())
    ))
    .unwrap();
    let skipped = set.skipped();
    assert_eq!(skipped[0].key_id(), Some("weak"));
    let shown: &dyn Display = &skipped[0].reason();
    hides(
        &secret,
        &format!(
            "{shown} {skipped:?} {}",
            serde_json::to_string(skipped).unwrap()
        ),
    );
}
