//! The certificate that a client has presented.

use std::fmt;

use super::Thumbprint;
use crate::crypto;

/// The certificate that the client has presented in the TLS handshake of a connection.
///
/// A server that terminates TLS itself inserts it into the extensions of each request, where
/// [`ClientCertificates::from_connection`](crate::ClientCertificates::from_connection) reads it.
/// Only its SHA-256 thumbprint is stored, which is computed here: make it once for a connection,
/// not for each request. `Debug` does not show it.
///
/// # Examples
///
/// With hyper or axum on `tokio-rustls`:
///
/// ```
/// use tokio::net::TcpStream;
/// use tokio_rustls::server::TlsStream;
/// use tower_jwt_auth::ClientCertificate;
///
/// /// Called once after the handshake. For each request of the connection, a layer such as
/// /// `tower_http::add_extension::AddExtensionLayer`, or the code that calls hyper, inserts it.
/// fn certificate_of(stream: &TlsStream<TcpStream>) -> Option<ClientCertificate> {
///     let (_, tls) = stream.get_ref();
///     ClientCertificate::from_chain(tls.peer_certificates()?)
/// }
///
/// fn with_certificate<B>(
///     mut request: http::Request<B>,
///     certificate: Option<ClientCertificate>,
/// ) -> http::Request<B> {
///     if let Some(certificate) = certificate {
///         request.extensions_mut().insert(certificate);
///     }
///     request
/// }
/// # let _ = (certificate_of, with_certificate::<()>);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate {
    pub(super) thumbprint: Thumbprint,
}

impl ClientCertificate {
    /// Returns the certificate with these bytes in DER, as TLS carries it. They are not parsed: TLS
    /// has checked the certificate.
    #[must_use]
    pub fn from_der(der: impl AsRef<[u8]>) -> Self {
        Self {
            thumbprint: crypto::sha256(&[der.as_ref()]),
        }
    }

    /// Returns the client's own certificate of the list that TLS carries: the first one (RFC 8446
    /// §4.4.2). `None` if the list is empty.
    #[must_use]
    pub fn from_chain(chain: &[impl AsRef<[u8]>]) -> Option<Self> {
        chain.first().map(Self::from_der)
    }
}

/// Shows nothing of the certificate.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}
