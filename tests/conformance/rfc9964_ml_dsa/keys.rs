//! Keys: JWK of type `AKP` (RFC 9964 §3), and `SubjectPublicKeyInfo` in PEM and DER (RFC 9881 §4).

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tower_jwt_auth::testing::{DpopClient, TestIssuer, TestKey};
use tower_jwt_auth::{Algorithm, ConfigErrorKind, Issuer, Key, KeySet, KeysEvent, SkipReason};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, decode, default_key, encode, key, ml_dsa, send, token_of,
};

const LENS: [(Algorithm, usize); 3] = [
    (Algorithm::MlDsa44, 1312),
    (Algorithm::MlDsa65, 1952),
    (Algorithm::MlDsa87, 2592),
];

/// Returns why a key of a set is skipped. Another key of it is usable.
fn skipped(jwk: &Value) -> SkipReason {
    let set = json!({"keys": [jwk, default_key().jwk()]}).to_string();
    let set = KeySet::from_json(&set).unwrap();
    assert_eq!((set.keys().count(), set.skipped().len()), (1, 1), "{jwk}");
    set.skipped()[0].reason().clone()
}

fn changed(algorithm: Algorithm, change: impl FnOnce(&mut Value)) -> Value {
    let mut jwk = key(algorithm).jwk();
    change(&mut jwk);
    jwk
}

fn error(jwk: &Value) -> String {
    let error = Key::from_jwk(&jwk.to_string()).unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::UnusableKey);
    error.to_string()
}

#[tokio::test]
async fn a_key_in_every_form_verifies_the_tokens_of_its_algorithm() {
    for algorithm in ml_dsa() {
        let signer = key(algorithm);
        for trusted in [
            Key::from_jwk(&signer.jwk().to_string()).unwrap(),
            Key::from_pem(signer.pem()).unwrap(),
            Key::from_der(signer.der()).unwrap(),
        ] {
            assert_eq!(trusted.algorithms(), algorithm.into());
            let issuer = Issuer::from_keys(ISSUER, trusted, AUDIENCE).algorithms([algorithm]);
            let layer = builder_for(issuer).build().unwrap();
            send(&layer, &token_of(signer).sign()).await.accepted();
        }
    }
}

type Reports = Arc<Mutex<Vec<[String; 2]>>>;

/// Returns an issuer that publishes a key, and records the issuers with which it shares it.
fn publishing(published: &TestIssuer, key: &TestKey, reports: &Reports) -> Issuer {
    published.set_jwks(json!({"keys": [key.jwk()]}).to_string());
    let reports = Arc::clone(reports);
    let issuer = Issuer::jwks(published.issuer(), published.jwks_uri(), AUDIENCE);
    let issuer = issuer.algorithms([key.algorithm()]);
    issuer.on_event(move |name, event| {
        if let KeysEvent::KeyShared { other, .. } = event {
            let names = [name, other].map(ToOwned::to_owned);
            reports.lock().unwrap().push(names);
        }
    })
}

/// Returns what two issuers that publish a key report, beside one with a configured key.
async fn reported(
    issuers: &[TestIssuer; 2],
    published: [&TestKey; 2],
    configured: Key,
) -> Vec<[String; 2]> {
    let reports = Reports::default();
    let [one, two] = [0, 1].map(|at| publishing(&issuers[at], published[at], &reports));
    let algorithms = [published[0].algorithm()];
    let configured = Issuer::from_keys(ISSUER, configured, AUDIENCE).algorithms(algorithms);
    let builder = builder_for(configured).add_issuer(one).add_issuer(two);
    let layer = builder.build().unwrap();
    // More than once, since the first one is fetched when the second one is not yet.
    for _ in 0..3 {
        layer.authenticator().prefetch().await.unwrap();
    }
    let mut reported = reports.lock().unwrap().clone();
    reported.sort();
    reported
}

#[tokio::test]
async fn the_same_key_in_every_form_is_reported_once_by_each_issuer_that_publishes_it() {
    let issuers = [
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    ];
    let [one, two] = issuers.each_ref().map(TestIssuer::issuer);
    let mut expected = [[one, two], [one, ISSUER], [two, one], [two, ISSUER]];
    expected.sort_unstable();
    for algorithm in ml_dsa() {
        let signer = key(algorithm);
        for configured in [
            Key::from_jwk(&signer.jwk().to_string()).unwrap(),
            Key::from_pem(signer.pem()).unwrap(),
            Key::from_der(signer.der()).unwrap(),
        ] {
            let reported = reported(&issuers, [signer, signer], configured).await;
            assert_eq!(reported, expected, "{algorithm}");
        }
    }
}

#[tokio::test]
async fn different_keys_of_an_algorithm_are_not_reported() {
    let issuers = [
        TestIssuer::start().await.unwrap(),
        TestIssuer::start().await.unwrap(),
    ];
    for algorithm in ml_dsa() {
        let [one, two] = [(); 2].map(|()| TestKey::generate(algorithm));
        let configured = Key::from_pem(key(algorithm).pem()).unwrap();
        let reported = reported(&issuers, [&one, &two], configured).await;
        assert!(reported.is_empty(), "{algorithm}: {reported:?}");
    }
}

#[test]
fn a_key_without_alg_is_skipped() {
    for algorithm in ml_dsa() {
        let jwk = changed(algorithm, |jwk| {
            jwk.as_object_mut().unwrap().remove("alg");
        });
        assert_eq!(skipped(&jwk), SkipReason::MissingMember("alg"));
        assert_eq!(error(&jwk), "the key lacks alg, which its type requires");
    }
}

#[test]
fn a_key_without_pub_is_skipped() {
    for algorithm in ml_dsa() {
        let jwk = changed(algorithm, |jwk| {
            jwk.as_object_mut().unwrap().remove("pub");
        });
        assert_eq!(skipped(&jwk), SkipReason::MissingMember("pub"));
    }
}

#[test]
fn a_key_of_another_length_is_skipped() {
    for (algorithm, len) in LENS {
        for other in [0, 1, 32, len - 1, len + 1, 2 * len] {
            let jwk = json!({"kty": "AKP", "alg": algorithm.name(), "pub": encode(vec![7; other])});
            assert_eq!(skipped(&jwk), SkipReason::KeyLength { expected: len });
        }
        let jwk = json!({"kty": "AKP", "alg": algorithm.name(), "pub": encode([7])});
        assert_eq!(
            error(&jwk),
            format!("the key has the wrong length for its alg: must be {len} bytes")
        );
    }
}

#[test]
fn a_key_with_the_alg_of_another_length_or_type_is_skipped() {
    for algorithm in ml_dsa() {
        for (other, len) in LENS.into_iter().filter(|(other, _)| *other != algorithm) {
            let jwk = changed(algorithm, |jwk| jwk["alg"] = json!(other.name()));
            assert_eq!(skipped(&jwk), SkipReason::KeyLength { expected: len });
        }
        let jwk = changed(algorithm, |jwk| jwk["alg"] = json!("ES256"));
        assert_eq!(skipped(&jwk), SkipReason::AlgorithmMismatch);
        let jwk = changed(algorithm, |jwk| jwk["kty"] = json!("OKP"));
        assert_eq!(skipped(&jwk), SkipReason::UnsupportedCurve);
    }
}

#[test]
fn a_published_seed_is_skipped_as_a_private_key() {
    for algorithm in ml_dsa() {
        let jwk = changed(algorithm, |jwk| jwk["priv"] = json!(encode([0; 32])));
        assert_eq!(skipped(&jwk), SkipReason::PrivateKey);
        let jwk = changed(algorithm, |jwk| jwk["d"] = json!(encode([0; 32])));
        assert_eq!(skipped(&jwk), SkipReason::PrivateKey);
        // Also in a key of another type, where no RFC defines it.
        let mut other = TestKey::generate(Algorithm::Ed25519).jwk();
        other["priv"] = json!(encode([0; 32]));
        assert_eq!(skipped(&other), SkipReason::PrivateKey);
    }
}

#[test]
fn a_hash_ml_dsa_key_is_skipped() {
    let pub_ = encode(vec![7; 1312]);
    for name in ["HashML-DSA-44", "ML-DSA-44-SHA512", "ML-DSA", "ml-dsa-44"] {
        let jwk = json!({"kty": "AKP", "alg": name, "pub": pub_});
        assert_eq!(
            skipped(&jwk),
            SkipReason::UnsupportedAlgorithm(name.to_owned())
        );
    }
}

#[test]
fn a_hash_ml_dsa_key_in_der_or_pem_is_rejected_with_its_reason() {
    for (algorithm, len) in LENS {
        let mut der = key_info(algorithm, &vec![7; len]);
        let last = oid_end(&der);
        // From id-ml-dsa-44 (17) to id-hash-ml-dsa-44-with-sha512 (32), and so on.
        der[last] += 15;
        for error in [
            Key::from_der(&der).unwrap_err(),
            Key::from_pem(pem(&der)).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ConfigErrorKind::UnusableKey);
            assert_eq!(
                error.to_string(),
                "the key is a HashML-DSA key, which JWTs can't use: must be ML-DSA"
            );
        }
    }
}

#[test]
fn a_key_info_of_another_form_is_rejected() {
    for (algorithm, len) in LENS {
        let valid = key_info(algorithm, &vec![7; len]);
        let mut unused_bits = valid.clone();
        let at = valid.len() - len - 1;
        unused_bits[at] = 1;
        for (what, der) in [
            ("unused bits", unused_bits),
            ("bytes after it", [&valid[..], &[0]].concat()),
            ("parameters", with_null(algorithm, &vec![7; len])),
        ] {
            let error = Key::from_der(&der).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the key is not an ML-DSA key in the form of RFC 9881",
                "{what}"
            );
        }
        for other in [len - 1, len + 1, 32, 0] {
            let error = Key::from_der(key_info(algorithm, &vec![7; other])).unwrap_err();
            let expected = format!("has the wrong length for its alg: must be {len} bytes");
            assert_eq!(error.to_string(), format!("the key {expected}"));
        }
        let cut = &valid[..valid.len() - 1];
        assert!(Key::from_der(cut).is_err());
    }
}

// An unrelated algorithm of the same arc: SLH-DSA-SHA2-128s (RFC 9909).
#[test]
fn keys_of_other_post_quantum_signatures_are_rejected() {
    let mut der = key_info(Algorithm::MlDsa44, &[7; 32]);
    let last = oid_end(&der);
    der[last] = 20;
    let error = Key::from_der(&der).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key is not a public key: must be RSA, P-256, P-384, P-521, Ed25519 or ML-DSA"
    );
}

#[test]
fn the_thumbprint_is_that_of_alg_kty_and_pub() {
    for algorithm in ml_dsa() {
        let signer = key(algorithm);
        let jwk = signer.jwk();
        let canonical = format!(
            r#"{{"alg":"{algorithm}","kty":"AKP","pub":{}}}"#,
            jwk["pub"]
        );
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        assert_eq!(DpopClient::new(signer).thumbprint(), encode(hash));
        let members = DpopClient::new(signer).jwk();
        assert_eq!(members.as_object().unwrap().len(), 3);
    }
}

#[test]
fn a_key_file_in_pem_has_the_bytes_of_the_jwk() {
    for algorithm in ml_dsa() {
        let signer = key(algorithm);
        let public = decode(signer.jwk()["pub"].as_str().unwrap());
        assert!(signer.der().ends_with(&public));
        assert_eq!(signer.der(), key_info(algorithm, &public));
    }
}

/// Returns the index of the last byte of the object identifier.
fn oid_end(der: &[u8]) -> usize {
    let oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];
    let at = der.windows(oid.len()).position(|window| window == oid);
    at.unwrap() + oid.len()
}

/// Returns a `SubjectPublicKeyInfo` (RFC 9881 §4).
fn key_info(algorithm: Algorithm, public: &[u8]) -> Vec<u8> {
    let identifier = element(0x30, &oid(algorithm));
    let key = element(0x03, &[&[0], public].concat());
    element(0x30, &[identifier, key].concat())
}

/// Returns the same with parameters, which must be absent.
fn with_null(algorithm: Algorithm, public: &[u8]) -> Vec<u8> {
    let identifier = element(0x30, &[&oid(algorithm)[..], &[0x05, 0x00]].concat());
    let key = element(0x03, &[&[0], public].concat());
    element(0x30, &[identifier, key].concat())
}

fn oid(algorithm: Algorithm) -> Vec<u8> {
    let last = match algorithm {
        Algorithm::MlDsa44 => 17,
        Algorithm::MlDsa65 => 18,
        _ => 19,
    };
    element(
        0x06,
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last],
    )
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let len = match u8::try_from(len) {
        Ok(len @ ..0x80) => vec![len],
        Ok(len) => vec![0x81, len],
        Err(_) => [&[0x82], &u16::try_from(len).unwrap().to_be_bytes()[..]].concat(),
    };
    [&[tag], &len[..], content].concat()
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}
