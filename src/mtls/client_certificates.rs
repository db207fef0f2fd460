//! Where the client's certificate comes from.

use std::fmt;
use std::sync::Arc;

use http::Extensions;

use super::forwarded_header::ForwardedHeader;
use super::{CertificateError, CertificateHeader, ClientCertificate, Thumbprint};
use crate::request::{RequestParts, TrustedProxies};

/// Where the client's certificate comes from, to which tokens are bound (RFC 8705 §3), and whether
/// every token must be bound to it. See
/// [`guides::sender_constrained`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/sender_constrained/).
///
/// A token with `cnf."x5t#S256"` is accepted only with the certificate that has this SHA-256
/// thumbprint. Without a certificate, or with another one, it is rejected with 401 `invalid_token`.
///
/// A token that is bound in another way is rejected, since it can't be checked, unless
/// [`JwtAuthBuilder::dpop`](crate::JwtAuthBuilder::dpop) is set, too. Tokens that are not bound are
/// accepted as bearer tokens, unless [`required`](Self::required) is set; with
/// [`Dpop::required`](crate::Dpop::required) as well, a token must be bound to both. To accept
/// either kind but no bearer token, add a predicate on
/// [`claims.confirmation()`](crate::Claims::confirmation)`.is_none()`. Behind a gateway that checks
/// the binding:
/// [`dangerous_accept_bound_as_bearer`](crate::Issuer::dangerous_accept_bound_as_bearer).
///
/// The certificate comes from one source: from the connection, or from a proxy's header. There is
/// no fall-back from one to the other. Chain, dates and issuer of the certificate are for TLS to
/// check; self-signed ones are allowed (RFC 8705 §2.2).
///
/// Note: a resumed TLS session may lack the certificate (RFC 9440 §3.3), depending on the TLS
/// library. The request then counts as one without a certificate. rustls stores it with the
/// session.
///
/// # Examples
///
/// The server terminates TLS itself:
///
/// ```
/// use tower_jwt_auth::ClientCertificates;
///
/// let certificates = ClientCertificates::from_connection().required();
/// # drop(certificates);
/// ```
///
/// nginx terminates TLS, and sends `proxy_set_header X-Client-Cert $ssl_client_escaped_cert`:
///
/// ```
/// use http::HeaderName;
/// use tower_jwt_auth::{CertificateHeader, ClientCertificates, TrustedProxies};
///
/// let header = CertificateHeader::escaped_pem(HeaderName::from_static("x-client-cert"));
/// let proxies = TrustedProxies::networks(["10.1.2.3"])?;
/// let certificates = ClientCertificates::from_header(header, proxies);
/// # drop(certificates);
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClientCertificates {
    source: Source,
    is_required: bool,
}

type FromExtensions = dyn Fn(&Extensions) -> Option<ClientCertificate> + Send + Sync;

#[derive(Clone)]
enum Source {
    /// `None`: the [`ClientCertificate`] in the extensions.
    Connection(Option<Arc<FromExtensions>>),
    Header(Arc<ForwardedHeader>),
}

impl ClientCertificates {
    /// Reads the [`ClientCertificate`] in the extensions of a request, which the server has
    /// inserted after the TLS handshake. No header is read.
    pub const fn from_connection() -> Self {
        Self::new(Source::Connection(None))
    }

    /// Reads the certificate that `find` returns, from what the server has inserted into the
    /// extensions of a request. `None`: the client has presented no certificate. No header is read.
    ///
    /// # Examples
    ///
    /// tonic, which inserts the chain by itself:
    ///
    /// ```
    /// use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
    /// use tower_jwt_auth::{ClientCertificate, ClientCertificates};
    ///
    /// let certificates = ClientCertificates::from_extensions(|extensions| {
    ///     let connection = extensions.get::<TlsConnectInfo<TcpConnectInfo>>()?;
    ///     ClientCertificate::from_chain(&connection.peer_certs()?)
    /// });
    /// # drop(certificates);
    /// ```
    pub fn from_extensions(
        find: impl Fn(&Extensions) -> Option<ClientCertificate> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Source::Connection(Some(Arc::new(find))))
    }

    /// Reads a header of a proxy that terminates TLS, in requests from these proxies only.
    ///
    /// In a request from elsewhere, the header is ignored: it counts as one without a certificate,
    /// and the log says so at debug. If the address of the peer is not in the extensions, no
    /// request is trusted; the log says so once, at error.
    ///
    /// Note:
    /// - The proxy must replace the header, or remove it where the client has presented no
    ///   certificate. Otherwise, the client writes it (RFC 9440 §4).
    /// - A response that a shared cache may store in spite of `Authorization` needs `Vary` with the
    ///   name of the header, or `no-store` (RFC 9440 §2.4).
    pub fn from_header(header: CertificateHeader, proxies: TrustedProxies) -> Self {
        let forwarded = ForwardedHeader::new(header, proxies);
        Self::new(Source::Header(Arc::new(forwarded)))
    }

    /// Rejects tokens that are not bound to a certificate, too: with 401 `invalid_token`. Default:
    /// they are accepted.
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    const fn new(source: Source) -> Self {
        Self {
            source,
            is_required: false,
        }
    }

    /// Returns whether every token must be bound to a certificate.
    pub(crate) const fn is_required(&self) -> bool {
        self.is_required
    }

    /// Returns the thumbprint of the client's certificate. `None`: there is none.
    ///
    /// The one of a token is to be compared with it in constant time, by
    /// [`crypto::is_same_tag`](crate::crypto::is_same_tag).
    pub(crate) fn thumbprint(
        &self,
        request: &RequestParts<'_>,
    ) -> Result<Option<Thumbprint>, CertificateError> {
        let extensions = request.extensions();
        let certificate = match &self.source {
            Source::Connection(None) => extensions.get().copied(),
            Source::Connection(Some(find)) => find(extensions),
            Source::Header(forwarded) => return forwarded.thumbprint(request),
        };
        Ok(certificate.map(|certificate: ClientCertificate| certificate.thumbprint))
    }
}

impl fmt::Debug for ClientCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ClientCertificates");
        match &self.source {
            Source::Connection(_) => shown.field("source", &"connection"),
            Source::Header(forwarded) => shown
                .field("source", forwarded.header())
                .field("trusted_proxies", forwarded.proxies()),
        };
        shown.field("is_required", &self.is_required).finish()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, Request};

    use super::super::test_certificate::{TestCertificate, certificate};
    use super::*;
    use crate::request::PeerAddress;

    const PROXY: [u8; 4] = [10, 0, 0, 1];
    const OTHER_PEER: [u8; 4] = [192, 0, 2, 1];

    fn from_header() -> ClientCertificates {
        let proxies = TrustedProxies::networks(["10.0.0.1"]).unwrap();
        ClientCertificates::from_header(CertificateHeader::client_cert(), proxies)
    }

    fn value() -> String {
        format!(":{}:", certificate().base64())
    }

    fn request(peer: Option<[u8; 4]>, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::new(());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        if let Some(peer) = peer {
            let peer = PeerAddress::Ip(peer.into());
            request.extensions_mut().insert(peer);
        }
        request
    }

    fn thumbprint(
        certificates: &ClientCertificates,
        request: &Request<()>,
    ) -> Result<Option<Thumbprint>, CertificateError> {
        certificates.thumbprint(&RequestParts::from(request))
    }

    #[test]
    fn the_header_of_a_trusted_proxy_counts_and_that_of_others_does_not() {
        let certificates = from_header();
        let headers = [("client-cert", &*value())];
        let found = thumbprint(&certificates, &request(Some(PROXY), &headers));
        assert_eq!(found, Ok(Some(certificate().thumbprint())));
        for peer in [Some(OTHER_PEER), None] {
            let found = thumbprint(&certificates, &request(peer, &headers));
            assert_eq!(found, Ok(None), "{peer:?}");
        }
        assert_eq!(
            thumbprint(&certificates, &request(Some(PROXY), &[])),
            Ok(None)
        );
    }

    #[test]
    fn the_header_of_another_peer_is_not_even_read() {
        let twice = [("client-cert", "x"), ("client-cert", "x")];
        let found = thumbprint(&from_header(), &request(Some(OTHER_PEER), &twice));
        assert_eq!(found, Ok(None));
    }

    #[test]
    fn two_headers_are_a_repetition_and_another_form_is_invalid() {
        let value = value();
        let twice = [("client-cert", &*value), ("Client-Cert", &*value)];
        let found = thumbprint(&from_header(), &request(Some(PROXY), &twice));
        assert_eq!(found, Err(CertificateError::Repeated));
        let list = format!("{value}, {value}");
        let found = thumbprint(
            &from_header(),
            &request(Some(PROXY), &[("client-cert", &list)]),
        );
        assert_eq!(found, Err(CertificateError::Repeated));
        for broken in ["", "x", ":x:"] {
            let broken = request(Some(PROXY), &[("client-cert", broken)]);
            assert_eq!(
                thumbprint(&from_header(), &broken),
                Err(CertificateError::Invalid)
            );
        }
    }

    #[test]
    fn a_header_of_another_name_is_another_header() {
        let value = value();
        for name in [
            "client_cert",
            "Client_Cert",
            "x-client-cert",
            "client-cert-chain",
        ] {
            let other = request(Some(PROXY), &[(name, &*value)]);
            assert_eq!(thumbprint(&from_header(), &other), Ok(None), "{name}");
        }
        let name = HeaderName::from_static("x-client-cert");
        let header = CertificateHeader::client_cert().name(name);
        let proxies = TrustedProxies::matching(|_| true);
        let renamed = ClientCertificates::from_header(header, proxies);
        let own = request(Some(PROXY), &[("x-client-cert", &*value)]);
        let found = thumbprint(&renamed, &own);
        assert_eq!(found, Ok(Some(certificate().thumbprint())));
        let standard = request(Some(PROXY), &[("client-cert", &*value)]);
        assert_eq!(thumbprint(&renamed, &standard), Ok(None));
    }

    #[test]
    fn only_the_configured_source_is_read() {
        let other = TestCertificate::generate("other");
        let value = value();
        let mut both = request(Some(PROXY), &[("client-cert", &*value)]);
        let of_connection = ClientCertificate::from_der(other.der());
        let connection = ClientCertificates::from_connection();
        assert_eq!(
            thumbprint(&connection, &both),
            Ok(None),
            "no fall-back to the header"
        );
        both.extensions_mut().insert(of_connection);
        assert_eq!(thumbprint(&connection, &both), Ok(Some(other.thumbprint())));
        let found = thumbprint(&from_header(), &both);
        assert_eq!(found, Ok(Some(certificate().thumbprint())));
        both.headers_mut().clear();
        assert_eq!(
            thumbprint(&from_header(), &both),
            Ok(None),
            "no fall-back to the connection"
        );
    }

    #[test]
    fn a_function_finds_the_first_certificate_of_a_chain() {
        type Chain = Vec<Vec<u8>>;
        let certificates = ClientCertificates::from_extensions(|extensions| {
            ClientCertificate::from_chain(extensions.get::<Chain>()?)
        });
        let mut request = request(None, &[]);
        assert_eq!(thumbprint(&certificates, &request), Ok(None));
        request.extensions_mut().insert(Chain::new());
        assert_eq!(thumbprint(&certificates, &request), Ok(None));
        let authority = TestCertificate::generate("authority");
        let chain = [certificate(), &authority].map(|one| one.der().to_vec());
        request.extensions_mut().insert(Chain::from(chain));
        let found = thumbprint(&certificates, &request);
        assert_eq!(found, Ok(Some(certificate().thumbprint())));
    }

    #[test]
    fn debug_output_names_the_header_and_no_certificate() {
        let certificate = ClientCertificate::from_der(certificate().der());
        assert_eq!(format!("{certificate:?}"), "ClientCertificate { .. }");
        let shown = format!("{:?}", from_header().required());
        assert!(
            shown.contains("client-cert") && shown.contains("is_required: true"),
            "{shown}"
        );
    }
}
