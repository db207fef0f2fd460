//! Certificates of clients, and the forms in which proxies send them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};

/// A certificate in DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientDer(pub(crate) Vec<u8>);

impl ClientDer {
    /// Returns a self-signed certificate with a new key.
    pub(crate) fn generate(common_name: &str) -> Self {
        Self::with_key(common_name, &KeyPair::generate().unwrap())
    }

    pub(crate) fn with_key(common_name: &str, key: &KeyPair) -> Self {
        let mut params = CertificateParams::default();
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, common_name);
        Self(params.self_signed(key).unwrap().der().to_vec())
    }

    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(&self.0)
    }

    /// Returns PEM with lines of this many characters, and these line ends.
    pub(crate) fn pem(&self, line_len: usize, line_end: &str) -> String {
        let base64 = self.base64();
        let lines = base64.as_bytes().chunks(line_len);
        let lines: Vec<_> = lines.map(|line| str::from_utf8(line).unwrap()).collect();
        let lines = [
            "-----BEGIN CERTIFICATE-----",
            &lines.join(line_end),
            "-----END CERTIFICATE-----",
            "",
        ];
        lines.join(line_end)
    }

    pub(crate) fn hash(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.0);
        let digits = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    }
}

/// Percent-encodes a text, except for letters, digits and the `safe` characters.
pub(crate) fn percent_encoded(text: &str, safe: &str) -> String {
    let escape = |character: char| {
        if character.is_ascii_alphanumeric() || safe.contains(character) {
            character.to_string()
        } else {
            format!("%{:02X}", u32::from(character))
        }
    };
    text.chars().map(escape).collect()
}
