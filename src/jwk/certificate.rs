//! The public key of an X.509 certificate (RFC 5280 §4.1), which is all that is read of it.

use super::pem::{INTEGER, SEQUENCE, decoded, element};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
/// The tag of the version, which certificates of version 1 lack.
const VERSION: u8 = 0xa0;

/// Returns whether a PEM file has a certificate.
pub(super) fn is_in(pem: &str) -> bool {
    pem.contains(BEGIN)
}

/// Returns the `SubjectPublicKeyInfo` of the certificate in a PEM file, in DER. `None` if it is not
/// a certificate.
pub(super) fn key_info(pem: &str) -> Option<Vec<u8>> {
    key_info_of(&decoded(pem, "CERTIFICATE")?).map(ToOwned::to_owned)
}

/// Returns whether the bytes are a certificate in DER.
pub(super) fn is_der(der: &[u8]) -> bool {
    key_info_of(der).is_some()
}

fn key_info_of(der: &[u8]) -> Option<&[u8]> {
    let (certificate, []) = element(SEQUENCE, der)? else {
        return None;
    };
    let (to_be_signed, _) = element(SEQUENCE, certificate)?;
    let rest = element(VERSION, to_be_signed).map_or(to_be_signed, |(_, rest)| rest);
    let (_serial_number, mut rest) = element(INTEGER, rest)?;
    // The algorithm of the signature, the issuer, the validity, and the subject.
    for _ in 0..4 {
        (_, rest) = element(SEQUENCE, rest)?;
    }
    let (_, after) = element(SEQUENCE, rest)?;
    rest.get(..rest.len().checked_sub(after.len())?)
}
