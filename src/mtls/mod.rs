//! The client's certificate: where it comes from, and its SHA-256 thumbprint, which tokens are
//! bound to (RFC 8705 §3.1).
//!
//! Nothing of a certificate is read but its outermost length. Its chain, its dates and its issuer
//! are for TLS to check (RFC 8705 §3).

mod certificate_header;
mod client_certificate;
mod client_certificates;
mod der;
mod flaw;
mod form;
mod forwarded_header;
mod pem;
mod percent;
#[cfg(test)]
mod test_certificate;
mod xfcc;

pub use certificate_header::CertificateHeader;
pub use client_certificate::ClientCertificate;
pub use client_certificates::ClientCertificates;
pub(crate) use flaw::CertificateError;

/// A SHA-256 hash of a certificate in DER.
pub(crate) type Thumbprint = [u8; 32];
