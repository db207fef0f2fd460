//! A real certificate in every form, for tests.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};

use super::Thumbprint;
use crate::crypto;

/// A certificate in DER.
pub(super) struct TestCertificate(Vec<u8>);

impl TestCertificate {
    /// Returns one with another key and this common name.
    pub(super) fn generate(common_name: &str) -> Self {
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        Self(params.self_signed(&key).unwrap().der().to_vec())
    }

    pub(super) fn of(der: Vec<u8>) -> Self {
        Self(der)
    }

    pub(super) fn thumbprint(&self) -> Thumbprint {
        crypto::sha256(&[&self.0])
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn base64(&self) -> String {
        STANDARD.encode(&self.0)
    }

    /// Returns PEM with these line ends, and one at the end.
    pub(super) fn pem(&self, line_end: &str) -> String {
        let base64 = self.base64();
        let lines = base64.as_bytes().chunks(64).map(str::from_utf8);
        let lines: Vec<_> = lines.map(Result::unwrap).collect();
        let lines = lines.join(line_end);
        format!(
            "-----BEGIN CERTIFICATE-----{line_end}{lines}{line_end}-----END \
             CERTIFICATE-----{line_end}"
        )
    }

    /// Returns PEM as nginx escapes it: all but unreserved characters (RFC 3986 §2.3).
    pub(super) fn escaped_pem(&self) -> String {
        escaped(&self.pem("\n"), "-._~")
    }

    pub(super) fn hash(&self) -> String {
        self.thumbprint().map(|byte| format!("{byte:02x}")).concat()
    }
}

/// Percent-encodes a text, except for letters, digits and these characters.
pub(super) fn escaped(text: &str, safe: &str) -> String {
    let escape = |byte: u8| {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || safe.contains(character) {
            character.to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(escape).collect()
}

/// Returns a certificate whose base64 has `+`, `/` and `=`, in which errors of decoding show.
pub(super) fn certificate() -> &'static TestCertificate {
    static CERTIFICATE: OnceLock<TestCertificate> = OnceLock::new();
    CERTIFICATE.get_or_init(|| {
        let mut all =
            (0..1000).map(|number| TestCertificate::generate(&format!("client {number}")));
        let has_all = |one: &TestCertificate| "+/=".chars().all(|it| one.base64().contains(it));
        all.find(has_all).unwrap()
    })
}
