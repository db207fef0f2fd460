//! The forms in which proxies send a certificate. Every flaw of each is tested beside the code.

use http::HeaderName;
use tower_jwt_auth::{CertificateHeader, ErrorKind};

use super::{behind_a_proxy, bound_to, client_cert, through_the_proxy};
use crate::support::ask;
use crate::support::client_certificate::{ClientDer, percent_encoded};
use crate::support::tokio;

const OWN_NAME: HeaderName = HeaderName::from_static("x-client-cert");
/// RFC 3986 §2.3.
const UNRESERVED: &str = "-._~";

/// Every form with its name, and the certificate in it.
fn forms(certificate: &ClientDer) -> Vec<(CertificateHeader, &'static str, String)> {
    let other = ClientDer::generate("other");
    let (pem, base64) = (certificate.pem(64, "\n"), certificate.base64());
    let (hash, escaped) = (certificate.hash(), percent_encoded(&pem, UNRESERVED));
    let own = "x-client-cert";
    vec![
        // RFC 9440 §2.2; CloudFront, Cloudflare.
        (
            CertificateHeader::client_cert(),
            "client-cert",
            client_cert(certificate),
        ),
        // nginx.
        (
            CertificateHeader::escaped_pem(OWN_NAME),
            own,
            escaped.clone(),
        ),
        (
            CertificateHeader::ingress_nginx(),
            "ssl-client-cert",
            escaped.clone(),
        ),
        // AWS leaves three characters as they are.
        (
            CertificateHeader::aws_alb(),
            "x-amzn-mtls-clientcert-leaf",
            percent_encoded(&pem, "-._~+=/"),
        ),
        // Apache.
        (
            CertificateHeader::pem(OWN_NAME),
            own,
            certificate.pem(64, " "),
        ),
        (
            CertificateHeader::pem(OWN_NAME),
            own,
            certificate.pem(64, "\t"),
        ),
        // HAProxy, Azure, Cloudflare.
        (CertificateHeader::base64_der(OWN_NAME), own, base64.clone()),
        // Traefik.
        (
            CertificateHeader::traefik(),
            "x-forwarded-tls-client-cert",
            format!("{base64},{}", other.base64()),
        ),
        // Envoy.
        (
            CertificateHeader::envoy(),
            "x-forwarded-client-cert",
            format!("By=spiffe://a;Hash={hash};Subject=\"CN=b,O=c\";URI=spiffe://d"),
        ),
        (
            CertificateHeader::envoy(),
            "x-forwarded-client-cert",
            format!("Hash={hash};Cert=\"{escaped}\";Chain=\"{escaped}\""),
        ),
        (
            CertificateHeader::envoy_first(),
            "x-forwarded-client-cert",
            format!("Hash={hash},By=spiffe://a;Hash={}", other.hash()),
        ),
        (
            CertificateHeader::envoy_last(),
            "x-forwarded-client-cert",
            format!("Hash={},By=spiffe://a;Hash={hash}", other.hash()),
        ),
    ]
}

#[tokio::test]
async fn every_form_is_read_from_the_header_that_its_proxy_sets() {
    let (own, other) = (ClientDer::generate("alice"), ClientDer::generate("bob"));
    for (header, name, value) in forms(&own) {
        let layer = behind_a_proxy(header);
        let request = |token: &str| through_the_proxy(name, &[&value], token);
        let answer = ask(&layer, request(&bound_to(&own))).await;
        answer.named(&value).accepted();
        let answer = ask(&layer, request(&bound_to(&other))).await;
        answer
            .named(&value)
            .invalid_token(ErrorKind::UnprovenBinding);
    }
}

#[tokio::test]
async fn no_form_is_read_from_two_headers() {
    let own = ClientDer::generate("alice");
    for (header, name, value) in forms(&own) {
        let request = through_the_proxy(name, &[&value, &value], &bound_to(&own));
        let answer = ask(&behind_a_proxy(header), request).await;
        answer.named(&value).invalid_request();
    }
}

/// A value of another form, or one that the client has written to confuse the proxy.
#[tokio::test]
async fn no_form_is_taken_for_another() {
    let own = ClientDer::generate("alice");
    let all = forms(&own);
    for (header, name, _) in &all {
        let layer = behind_a_proxy(header.clone());
        for (_, other_name, value) in &all {
            if other_name == name || reads_both(name, other_name) {
                continue;
            }
            let request = through_the_proxy(name, &[value], &bound_to(&own));
            let answer = ask(&layer, request).await.named((name, value));
            assert_ne!(answer.status, 200, "{name}: {value}");
        }
    }
}

/// Forms that differ in the name of the header, or have an encoding in common.
fn reads_both(name: &str, other: &str) -> bool {
    let escaped = [
        "ssl-client-cert",
        "x-amzn-mtls-clientcert-leaf",
        "x-client-cert",
    ];
    let base64 = ["x-forwarded-tls-client-cert", "x-client-cert"];
    [&escaped[..], &base64]
        .iter()
        .any(|group| group.contains(&name) && group.contains(&other))
}

/// A plus stands for a space in forms (`application/x-www-form-urlencoded`), and for itself here.
#[tokio::test]
async fn a_plus_in_an_escaped_certificate_is_a_plus() {
    let mut all = std::iter::repeat_with(|| ClientDer::generate("alice"));
    let certificate = all.find(|one| one.base64().contains('+')).unwrap();
    let layer = behind_a_proxy(CertificateHeader::escaped_pem(OWN_NAME));
    let value = percent_encoded(&certificate.pem(64, "\n"), "+");
    assert!(value.contains('+'));
    let request = through_the_proxy("x-client-cert", &[&value], &bound_to(&certificate));
    ask(&layer, request).await.accepted();
}

#[tokio::test]
async fn a_certificate_of_more_than_16_kib_is_rejected() {
    // A sequence of exactly this length, header included.
    let of = |len: u16| {
        let content = (len - 4).to_be_bytes();
        let mut der = vec![0x30, 0x82, content[0], content[1]];
        der.resize(len.into(), 0);
        ClientDer(der)
    };
    let layer = behind_a_proxy(CertificateHeader::client_cert());
    for (len, is_accepted) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let certificate = of(len);
        let token = bound_to(&certificate);
        let value = client_cert(&certificate);
        let answer = ask(&layer, through_the_proxy("client-cert", &[&value], &token)).await;
        if is_accepted {
            answer.accepted();
        } else {
            answer.invalid_token(ErrorKind::UnprovenBinding);
        }
    }
}
