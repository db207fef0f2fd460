//! Requirement 13: the public key of a certificate (RFC 5280 §4.1, RFC 7468 §5).

use base64::Engine as _;
use rcgen::{CertificateParams, KeyPair, PublicKeyData, SignatureAlgorithm};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ConfigErrorKind, Issuer, Key};

use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER, builder_for, key, send, token_of};

/// The public key of a test key, to be certified.
struct Subject {
    /// The content of the bit string.
    key: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl Subject {
    fn of(key: &TestKey) -> Self {
        let (algorithm, header_len) = match key.algorithm() {
            Algorithm::ES256 => (&rcgen::PKCS_ECDSA_P256_SHA256, 26),
            Algorithm::ES384 => (&rcgen::PKCS_ECDSA_P384_SHA384, 23),
            Algorithm::ES512 => (&rcgen::PKCS_ECDSA_P521_SHA512, 25),
            Algorithm::Ed25519 => (&rcgen::PKCS_ED25519, 12),
            _ => (&rcgen::PKCS_RSA_SHA256, 24),
        };
        Self {
            key: key.der()[header_len..].to_vec(),
            algorithm,
        }
    }
}

impl PublicKeyData for Subject {
    fn der_bytes(&self) -> &[u8] {
        &self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// Returns a certificate for a key, by an authority whose key has another type, with these changes.
fn certificate(key: &TestKey, change: impl FnOnce(&mut CertificateParams)) -> String {
    let mut params = CertificateParams::new(["issuer.example".to_owned()]).unwrap();
    change(&mut params);
    let authority = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let authority = rcgen::Issuer::new(CertificateParams::default(), authority);
    params
        .signed_by(&Subject::of(key), &authority)
        .unwrap()
        .pem()
}

fn unusable(pem: impl AsRef<[u8]>) -> String {
    Key::from_pem(pem).unwrap_err().to_string()
}

#[tokio::test]
async fn the_key_of_a_certificate_verifies_tokens() {
    for algorithm in [
        Algorithm::RS256,
        Algorithm::PS512,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::ES512,
        Algorithm::Ed25519,
    ] {
        let key = key(algorithm);
        let public = Key::from_pem(certificate(key, |_| {})).unwrap();
        assert_eq!(
            public.algorithms(),
            Key::from_pem(key.pem()).unwrap().algorithms()
        );
        let layer = builder_for(Issuer::from_keys(ISSUER, public, AUDIENCE));
        send(&layer.build().unwrap(), &token_of(key).sign())
            .await
            .named(algorithm)
            .accepted();
    }
}

#[test]
fn neither_validity_nor_key_usage_of_a_certificate_is_checked() {
    let expired = certificate(key(Algorithm::ES256), |params| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyEncipherment];
    });
    assert!(Key::from_pem(&expired).is_ok());
    let with_text = format!(
        "Certificate:\r\n    Data:\r\n{}",
        expired.replace('\n', "\r\n")
    );
    assert!(Key::from_pem(with_text).is_ok());
}

#[test]
fn a_chain_a_request_and_a_damaged_certificate_are_rejected_with_the_reason() {
    let one = certificate(key(Algorithm::ES256), |_| {});
    let two = certificate(key(Algorithm::ES384), |_| {});
    let chain = unusable(format!("{one}{two}"));
    assert!(chain.contains("pass one key at a time"), "{chain}");
    for damaged in [
        one.replace("-----END CERTIFICATE-----", ""),
        one.replacen("MII", "MIJ", 1),
        one.replace("MII", "-II"),
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(),
    ] {
        let error = unusable(&damaged);
        assert!(error.contains("not an X.509 certificate"), "{error}");
    }
    let request = KeyPair::generate().unwrap();
    let request = CertificateParams::default()
        .serialize_request(&request)
        .unwrap();
    let error = unusable(request.pem().unwrap());
    assert!(error.contains("not a public key"), "{error}");
}

/// Whatever is cut off of a certificate, or changed in it, nothing panics, and no other key is
/// read.
#[test]
fn a_changed_certificate_gives_no_other_key() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    let key = key(Algorithm::ES256);
    let pem = certificate(key, |_| {});
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(lines).unwrap();
    let read = |der: &[u8]| {
        let text = STANDARD.encode(der);
        Key::from_pem(format!(
            "-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
        ))
    };
    for len in 0..der.len() {
        assert!(read(&der[..len]).is_err(), "{len}");
    }
    assert!(read(&[&der[..], &[0]].concat()).is_err());
    for index in 0..der.len() {
        let mut changed = der.clone();
        changed[index] ^= 1;
        // A change outside of the key is not noticed: the signature of the certificate is not
        // checked.
        let _ = read(&changed);
    }
}

// Whoever has the certificate could sign (CVE-2015-9235).
#[test]
fn a_certificate_is_not_a_secret() {
    let pem = certificate(key(Algorithm::ES256), |_| {});
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(base64)
        .unwrap();
    for secret in [pem.as_bytes(), &der] {
        let error = Key::from_secret(Algorithm::HS256, secret).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::WeakSecret, "{error}");
    }
}
