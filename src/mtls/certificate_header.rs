//! The header in which a proxy sends the client's certificate.

use http::HeaderName;
use http::header::HeaderMap;

use super::Thumbprint;
use super::flaw::Flaw;
use super::form::Form;
use super::xfcc::Element;

/// The header in which a proxy that terminates TLS sends the client's certificate: its name and its
/// form. For [`ClientCertificates::from_header`](crate::ClientCertificates::from_header).
///
/// | proxy | header |
/// |---|---|
/// | `HAProxy`, others with RFC 9440 | [`client_cert`](Self::client_cert) |
/// | Cloudflare, with a rule that removes `Client-Cert` and sets it to `cf.tls_client_auth.cert_rfc9440` if `cert_verified` | [`client_cert`](Self::client_cert) |
/// | `CloudFront` | [`escaped_pem`](Self::escaped_pem), in `cloudfront-viewer-cert-pem` |
/// | nginx | [`escaped_pem`](Self::escaped_pem), in `x-client-cert` in the guide |
/// | ingress-nginx | [`ingress_nginx`](Self::ingress_nginx) |
/// | Envoy, Istio | [`envoy`](Self::envoy) |
/// | Traefik | [`traefik`](Self::traefik) |
/// | Apache | [`pem`](Self::pem), in `x-client-cert` in the guide |
/// | AWS Application Load Balancer, mode *verify* | [`aws_alb`](Self::aws_alb) |
/// | Azure App Service | [`base64_der`](Self::base64_der), in `x-arr-clientcert` |
///
/// [`guides::sender_constrained`](https://docs.rs/tower-jwt-auth/latest/tower_jwt_auth/guides/sender_constrained/) has the settings of the
/// proxies.
///
/// In a request whose token is bound to a certificate, a header that occurs twice, or a list in
/// place of one certificate, is rejected with 400 (RFC 9440 §2.2); a value of another form, with
/// anything before or after the certificate, or with more than 16 KiB of DER, is rejected with 401
/// `invalid_token`. With other tokens, the header is not read.
///
/// # Examples
///
/// ```
/// use http::HeaderName;
/// use tower_jwt_auth::CertificateHeader;
///
/// let rfc_9440 = CertificateHeader::client_cert();
/// let nginx = CertificateHeader::escaped_pem(HeaderName::from_static("x-client-cert"));
/// let cloud_front = HeaderName::from_static("cloudfront-viewer-cert-pem");
/// let cloud_front = CertificateHeader::escaped_pem(cloud_front);
/// let own_name = CertificateHeader::envoy().name(HeaderName::from_static("x-mesh-client-cert"));
/// # drop((rfc_9440, nginx, cloud_front, own_name));
/// ```
#[derive(Clone, Debug)]
pub struct CertificateHeader {
    name: HeaderName,
    form: Form,
}

impl CertificateHeader {
    /// `Client-Cert: :MIID…:` (RFC 9440 §2.2): DER as a Byte Sequence, base64 between colons.
    #[must_use]
    pub const fn client_cert() -> Self {
        Self::new(HeaderName::from_static("client-cert"), Form::ByteSequence)
    }

    /// `X-Forwarded-Client-Cert` of Envoy, with one element: `Hash`, `Cert`, or both, which must
    /// agree. The other keys are ignored. More than one element is rejected.
    #[must_use]
    pub const fn envoy() -> Self {
        Self::xfcc(Element::Only)
    }

    /// As [`envoy`](Self::envoy), with any number of elements, of which the first counts: that of
    /// the proxy that is next to the client, where others append theirs (`APPEND_FORWARD`).
    ///
    /// Only safe if that proxy replaces the header of the client (`SANITIZE_SET`): otherwise, the
    /// client writes the first element.
    #[must_use]
    pub const fn envoy_first() -> Self {
        Self::xfcc(Element::First)
    }

    /// As [`envoy`](Self::envoy), with any number of elements, of which the last counts: that of
    /// the proxy next to this server. It describes that proxy's peer, which in a mesh is a sidecar
    /// and not the client.
    ///
    /// For services whose clients are the peers of that proxy.
    ///
    /// Only safe if that proxy does not send the certificate's URIs (`uri` of
    /// `set_current_client_cert_details`) or DNS names: it does not quote them, so a certificate
    /// could name another element in them.
    #[must_use]
    pub const fn envoy_last() -> Self {
        Self::xfcc(Element::Last)
    }

    /// Percent-encoded PEM in the header `name`: nginx's `$ssl_client_escaped_cert`. A plus stands
    /// for itself.
    #[must_use]
    pub const fn escaped_pem(name: HeaderName) -> Self {
        Self::new(name, Form::EscapedPem)
    }

    /// `ssl-client-cert` of ingress-nginx, which is [`escaped_pem`](Self::escaped_pem).
    #[must_use]
    pub const fn ingress_nginx() -> Self {
        Self::escaped_pem(HeaderName::from_static("ssl-client-cert"))
    }

    /// `X-Amzn-Mtls-Clientcert-Leaf` of an AWS Application Load Balancer in the mode *verify*,
    /// which is [`escaped_pem`](Self::escaped_pem).
    #[must_use]
    pub const fn aws_alb() -> Self {
        Self::escaped_pem(HeaderName::from_static("x-amzn-mtls-clientcert-leaf"))
    }

    /// PEM in the header `name`, whose line ends are spaces or tabs: Apache's
    /// `%{SSL_CLIENT_CERT}s`.
    #[must_use]
    pub const fn pem(name: HeaderName) -> Self {
        Self::new(name, Form::Pem)
    }

    /// `X-Forwarded-Tls-Client-Cert` of Traefik: DER in base64 (v3), or percent-encoded (v2). After
    /// a comma, certificates of the client's chain may follow, which are ignored.
    #[must_use]
    pub const fn traefik() -> Self {
        let name = HeaderName::from_static("x-forwarded-tls-client-cert");
        Self::new(name, Form::Base64Chain)
    }

    /// DER in base64 in the header `name`: `HAProxy`'s `%[ssl_c_der,base64]`, or
    /// `X-ARR-ClientCert` of Azure App Service.
    #[must_use]
    pub const fn base64_der(name: HeaderName) -> Self {
        Self::new(name, Form::Base64)
    }

    /// Sets another name.
    #[must_use]
    pub fn name(mut self, name: HeaderName) -> Self {
        self.name = name;
        self
    }

    const fn xfcc(element: Element) -> Self {
        let name = HeaderName::from_static("x-forwarded-client-cert");
        Self::new(name, Form::Xfcc(element))
    }

    const fn new(name: HeaderName, form: Form) -> Self {
        Self { name, form }
    }

    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(&self.name)
    }

    /// Returns the thumbprint of the certificate in the only header of that name.
    pub(super) fn thumbprint(&self, headers: &HeaderMap) -> Result<Option<Thumbprint>, Flaw> {
        let mut values = headers.get_all(&self.name).into_iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => self.form.thumbprint(value.as_bytes()).map(Some),
            (Some(_), Some(_)) => Err(Flaw::Repeated),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.name.as_str()
    }
}
