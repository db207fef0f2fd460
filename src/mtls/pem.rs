//! Certificates in PEM (RFC 7468 §5).

use super::Thumbprint;
use super::der::thumbprint_of_base64;
use super::flaw::Flaw;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
const BOUNDARY: &[u8] = b"-----";

const NOT_PEM: Flaw = Flaw::Invalid("it is not one certificate in PEM");

/// Returns the thumbprint of one certificate in PEM.
///
/// Its line ends may be any white space, or absent: proxies turn them into spaces or tabs. White
/// space may also be around it, and nothing else.
pub(super) fn thumbprint(pem: &[u8]) -> Result<Thumbprint, Flaw> {
    let pem = pem.trim_ascii();
    let body = pem.strip_prefix(BEGIN).ok_or(NOT_PEM)?;
    let len = memchr::memmem::find(body, BOUNDARY).ok_or(NOT_PEM)?;
    let (lines, end) = body.split_at_checked(len).ok_or(NOT_PEM)?;
    let after = end.strip_prefix(END).ok_or(NOT_PEM)?.trim_ascii_start();
    if after.starts_with(BEGIN) {
        return Err(Flaw::Repeated);
    }
    if !after.is_empty() {
        return Err(NOT_PEM);
    }
    let is_text = |byte: &u8| !byte.is_ascii_whitespace();
    let base64: Vec<u8> = lines.iter().copied().filter(is_text).collect();
    thumbprint_of_base64(&base64)
}
