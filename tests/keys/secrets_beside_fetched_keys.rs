//! An issuer that moves from a shared secret to published keys: tokens of both kinds are valid
//! under one name, each verified with its own kind of key only (RFC 8725 §3.1).

use serde_json::{Value, json};
use tower_jwt_auth::testing::{TestIssuer, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer, Key, KeySet, TokenCacheSettings,
};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, default_key, key_set, send, wait_for};

const OTHER: &str = "https://other.example";

fn secret() -> TestKey {
    TestKey::generate(Algorithm::HS256)
}

/// Returns the secret as it is configured: without an id.
fn without_id(key: &TestKey) -> Key {
    let mut jwk = key.jwk();
    jwk.as_object_mut().unwrap().remove("kid");
    Key::from_jwk(&jwk.to_string()).unwrap()
}

fn of(issuer: &TestIssuer) -> Issuer {
    Issuer::jwks(issuer.issuer(), issuer.jwks_uri(), AUDIENCE)
}

fn legacy(issuer: &TestIssuer, secret: &TestKey) -> TokenBuilder {
    secret
        .token()
        .issuer(issuer.issuer())
        .header("kid", "legacy")
}

async fn moving() -> (TestIssuer, TestKey, JwtAuthLayer) {
    let (issuer, secret) = (TestIssuer::start().await.unwrap(), secret());
    let of_both = of(&issuer).add_secrets(without_id(&secret));
    let layer = JwtAuthLayer::builder(of_both).build().unwrap();
    (issuer, secret, layer)
}

#[tokio::test]
async fn tokens_of_both_kinds_are_accepted_under_one_issuer() {
    let (issuer, secret, layer) = moving().await;
    for _ in 0..2 {
        let claims = send(&layer, &issuer.token().sign()).await.accepted();
        assert_eq!(claims.algorithm(), Some(Algorithm::ES256));
        let claims = send(&layer, &legacy(&issuer, &secret).sign())
            .await
            .accepted();
        assert_eq!(
            (claims.algorithm(), claims.issuer()),
            (Some(Algorithm::HS256), issuer.issuer())
        );
        send(
            &layer,
            &legacy(&issuer, &secret).without_header("kid").sign(),
        )
        .await
        .accepted();
    }
    assert_eq!(issuer.jwks_fetches(), 1);
}

#[tokio::test]
async fn discovered_keys_can_have_secrets_beside_them() {
    let (issuer, secret) = (TestIssuer::start().await.unwrap(), secret());
    let of_both = Issuer::discovery(issuer.issuer(), AUDIENCE).add_secrets(without_id(&secret));
    let layer = JwtAuthLayer::builder(of_both).build().unwrap();
    send(&layer, &issuer.token().sign()).await.accepted();
    send(&layer, &legacy(&issuer, &secret).sign())
        .await
        .accepted();
}

#[tokio::test]
async fn no_token_with_hmac_causes_a_fetch() {
    for id in [Some("configured"), None] {
        let (issuer, secret) = (TestIssuer::start().await.unwrap(), secret());
        let key = match id {
            Some(id) => without_id(&secret).with_key_id(id),
            None => without_id(&secret),
        };
        let layer = JwtAuthLayer::builder(of(&issuer).add_secrets(key))
            .build()
            .unwrap();
        let forged = TestKey::generate(Algorithm::HS256);
        // A key without an id is tried for a token with any, and does not show that it knows it.
        let known = match id {
            Some(_) => ErrorKind::InvalidSignature,
            None => ErrorKind::UnknownKey,
        };
        for attempt in 0..5 {
            let header = format!("unknown-{attempt}");
            let token = legacy(&issuer, &forged).header("kid", header);
            send(&layer, &token.sign())
                .await
                .invalid_token(ErrorKind::UnknownKey);
            let token = legacy(&issuer, &forged).header("kid", "configured");
            send(&layer, &token.sign()).await.invalid_token(known);
            let token = legacy(&issuer, &secret).header("kid", "configured");
            send(&layer, &token.sign()).await.accepted();
        }
        assert_eq!(issuer.jwks_fetches(), 0);
    }
}

#[tokio::test]
async fn secrets_are_used_while_the_issuer_is_down() {
    let (issuer, secret, layer) = moving().await;
    let (published, legacy) = (issuer.token().sign(), legacy(&issuer, &secret).sign());
    issuer.stop().await;
    let answer = send(&layer, &published).await;
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    send(&layer, &legacy).await.accepted();
}

// A public key is known to everyone.
#[tokio::test]
async fn a_published_key_never_verifies_hmac() {
    let (issuer, _, layer) = moving().await;
    send(&layer, &issuer.token().sign()).await.accepted();
    let jwk = issuer.key(Algorithm::ES256).unwrap().jwk();
    let id = jwk["kid"].as_str().unwrap().to_owned();
    let texts = ["x", "y"].map(|part| jwk[part].as_str().unwrap().to_owned());
    for known in texts.into_iter().chain([jwk.to_string(), issuer.jwks()]) {
        let forged = TestKey::from_secret(Algorithm::HS256, known).with_key_id(&*id);
        let token = forged.token().issuer(issuer.issuer());
        send(&layer, &token.sign())
            .await
            .invalid_token(ErrorKind::UnknownKey);
    }
}

#[tokio::test]
async fn a_secret_in_the_published_set_is_never_used() {
    let (issuer, secret, layer) = moving().await;
    let theirs = TestKey::generate(Algorithm::HS256).with_key_id("published");
    let mut set: Value = serde_json::from_str(&issuer.jwks()).unwrap();
    set["keys"].as_array_mut().unwrap().push(theirs.jwk());
    issuer.set_jwks(set.to_string());
    send(&layer, &issuer.token().sign()).await.accepted();
    let token = theirs.token().issuer(issuer.issuer());
    send(&layer, &token.sign())
        .await
        .invalid_token(ErrorKind::UnknownKey);
    send(&layer, &legacy(&issuer, &secret).sign())
        .await
        .accepted();
}

#[tokio::test]
async fn a_secret_is_pinned_to_its_algorithm() {
    let issuer = TestIssuer::start().await.unwrap();
    let bytes: Vec<u8> = (1..=64).collect();
    let [short, long] =
        [Algorithm::HS256, Algorithm::HS512].map(|hmac| TestKey::from_secret(hmac, &bytes));
    let layer = JwtAuthLayer::builder(of(&issuer).add_secrets(without_id(&short)));
    let layer = layer.build().unwrap();
    send(&layer, &legacy(&issuer, &short).sign())
        .await
        .accepted();
    let token = legacy(&issuer, &long).sign();
    send(&layer, &token)
        .await
        .invalid_token(ErrorKind::AlgorithmNotAllowed);
    let relabelled = legacy(&issuer, &long).header("alg", "HS256").sign();
    send(&layer, &relabelled)
        .await
        .invalid_token(ErrorKind::UnknownKey);
}

#[tokio::test]
async fn several_secrets_can_be_valid_at_a_time() {
    let issuer = TestIssuer::start().await.unwrap();
    let [old, new] = [secret(), secret()];
    let keys = KeySet::from_iter([&old, &new].map(without_id));
    for issuer_of_both in [
        of(&issuer).add_secrets(keys),
        of(&issuer)
            .add_secrets(without_id(&old))
            .add_secrets(without_id(&new)),
    ] {
        let layer = JwtAuthLayer::builder(issuer_of_both).build().unwrap();
        for secret in [&old, &new] {
            send(&layer, &legacy(&issuer, secret).sign())
                .await
                .accepted();
        }
    }
}

#[tokio::test]
async fn cached_tokens_of_both_kinds_depend_on_their_own_keys() {
    use tower_jwt_auth::testing::Rotation;
    let (issuer, secret) = (TestIssuer::start().await.unwrap(), secret());
    let of_both = of(&issuer).add_secrets(without_id(&secret));
    let layer = JwtAuthLayer::builder(of_both).token_cache(TokenCacheSettings::default());
    let layer = layer.build().unwrap();
    let (published, legacy) = (issuer.token().sign(), legacy(&issuer, &secret).sign());
    for _ in 0..3 {
        send(&layer, &published).await.accepted();
        send(&layer, &legacy).await.accepted();
    }
    // A token of a new key has the set fetched again.
    issuer.rotate(Rotation::Hard);
    send(&layer, &issuer.token().sign()).await.accepted();
    send(&layer, &published)
        .await
        .invalid_token(ErrorKind::UnknownKey);
    send(&layer, &legacy).await.accepted();
}

#[tokio::test]
async fn with_another_issuer_each_token_is_verified_with_its_own_keys() {
    let (issuer, secret) = (TestIssuer::start().await.unwrap(), secret());
    let theirs = TestKey::generate(Algorithm::HS256);
    let other = Issuer::from_keys(OTHER, key_set([default_key(), &theirs]), AUDIENCE);
    let layer = JwtAuthLayer::builder(of(&issuer).add_secrets(without_id(&secret)));
    let layer = layer.add_issuer(other).build().unwrap();
    for _ in 0..2 {
        send(&layer, &legacy(&issuer, &secret).sign())
            .await
            .accepted();
        send(&layer, &theirs.token().issuer(OTHER).sign())
            .await
            .accepted();
        send(&layer, &issuer.token().sign()).await.accepted();
        for forged in [
            legacy(&issuer, &theirs),
            theirs.token().issuer(issuer.issuer()),
        ] {
            send(&layer, &forged.sign())
                .await
                .invalid_token(ErrorKind::UnknownKey);
        }
        let forged = secret
            .token()
            .issuer(OTHER)
            .header("kid", theirs.key_id())
            .sign();
        send(&layer, &forged)
            .await
            .invalid_token(ErrorKind::InvalidSignature);
    }
    assert_eq!(issuer.jwks_fetches(), 1);
}

#[tokio::test]
async fn a_secret_that_another_issuer_has_is_a_configuration_error() {
    let (issuer, secret) = (TestIssuer::start().await.unwrap(), secret());
    let both = || of(&issuer).add_secrets(without_id(&secret));
    let fixed = || Issuer::from_keys(OTHER, key_set([&secret]), AUDIENCE);
    let second = Issuer::jwks(OTHER, issuer.jwks_uri(), AUDIENCE).add_secrets(without_id(&secret));
    for (one, two) in [(both(), fixed()), (fixed(), both()), (both(), second)] {
        let error = JwtAuthLayer::builder(one)
            .add_issuer(two)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::SharedSecret);
    }
}

#[tokio::test]
async fn health_shows_the_secrets_beside_the_fetched_keys() {
    let (issuer, _, layer) = moving().await;
    let authenticator = layer.authenticator();
    wait_for("the keys", authenticator.prefetch())
        .await
        .unwrap();
    let health = authenticator.health();
    let algorithms: Vec<_> = health[0]
        .keys
        .iter()
        .map(|key| &key.algorithms[..])
        .collect();
    assert_eq!(algorithms, [[Algorithm::ES256], [Algorithm::HS256]]);
    let json = serde_json::to_value(&health).unwrap();
    assert_eq!(
        json[0]["keys"][1],
        json!({"key_id": null, "algorithms": ["HS256"]})
    );
    drop(issuer);
}

#[test]
fn secrets_that_can_not_be_used_are_a_configuration_error() {
    let fetched = || Issuer::jwks(ISSUER, "https://keys.example/", AUDIENCE);
    let secret = || without_id(&secret());
    let public = || key_set([default_key()]);
    for (issuer, text) in [
        (
            Issuer::from_keys(ISSUER, public(), AUDIENCE).add_secrets(secret()),
            "is for an issuer whose other keys are fetched; pass the secrets with its other keys",
        ),
        (
            Issuer::from_key_source(ISSUER, public(), AUDIENCE).add_secrets(secret()),
            "is for an issuer whose other keys are fetched; pass the secrets with its other keys",
        ),
        (
            fetched().add_secrets(KeySet::from_iter([])),
            "is empty: must have at least one secret",
        ),
        (
            fetched().add_secrets(public()),
            "has a public key: must have secrets only, as the other keys are fetched",
        ),
        (
            fetched().add_secrets(secret()).add_secrets(public()),
            "has a public key: must have secrets only, as the other keys are fetched",
        ),
        (
            fetched()
                .add_secrets(secret())
                .algorithms([Algorithm::ES256]),
            "has no effect, as algorithms has none of theirs: add one, or remove the secrets",
        ),
    ] {
        let error = JwtAuthLayer::builder(issuer).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        assert_eq!(
            error.to_string(),
            format!("add_secrets of issuer \"{ISSUER}\": {text}")
        );
    }
    let issuer = fetched()
        .add_secrets(secret())
        .algorithms([Algorithm::HS512, Algorithm::HS256]);
    let error = JwtAuthLayer::builder(issuer).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "algorithms of issuer \"{ISSUER}\": HS512 needs a shared secret (add_secrets or \
             Issuer::from_keys), and a fetched JWK set holds public keys only"
        )
    );
    let both = fetched()
        .add_secrets(secret())
        .algorithms([Algorithm::ES256, Algorithm::HS256]);
    let _ = JwtAuthLayer::builder(both).build().unwrap();
}
