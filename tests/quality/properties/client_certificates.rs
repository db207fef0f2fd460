//! A certificate that a proxy has written in its form is read as the same certificate, whatever its
//! bytes are and whatever the encoder leaves unescaped; and no header breaks the layer.

use std::sync::LazyLock;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, CertificateHeader, ClientCertificates, Error, ErrorKind, Issuer, JwtAuthLayer, Key,
    PeerAddress, TrustedProxies,
};

use crate::properties::support::{AUDIENCE, ISSUER, cases};
use crate::support::block_on;
use crate::support::client_certificate::{ClientDer, percent_encoded};

const NAME: HeaderName = HeaderName::from_static("client-cert");

static KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::generate(Algorithm::HS256));
static LAYERS: LazyLock<[JwtAuthLayer; 8]> = LazyLock::new(|| {
    [
        CertificateHeader::client_cert(),
        CertificateHeader::escaped_pem(NAME),
        CertificateHeader::pem(NAME),
        CertificateHeader::base64_der(NAME),
        CertificateHeader::traefik(),
        CertificateHeader::envoy(),
        CertificateHeader::envoy_first(),
        CertificateHeader::envoy_last(),
    ]
    .map(|header| {
        let proxies = TrustedProxies::matching(|_| true);
        let certificates = ClientCertificates::from_header(header.name(NAME), proxies);
        let key = Key::from_secret(Algorithm::HS256, KEY.secret().unwrap()).unwrap();
        let builder = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, key, AUDIENCE));
        builder.mtls(certificates).build().unwrap()
    })
});

/// Sends a token that is bound to a certificate, with this value of the header.
fn rejection(layer: usize, value: HeaderValue, certificate: &ClientDer) -> Option<ErrorKind> {
    let token = KEY.token().issuer(ISSUER);
    let token = token.bound_to_certificate(&certificate.0).sign();
    let mut request = Request::new(String::new());
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers.insert(NAME, value);
    request.extensions_mut().insert(PeerAddress::UnixSocket);
    let inner = service_fn(|_| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let response = block_on(LAYERS[layer].layer(inner).oneshot(request)).unwrap();
    response.extensions().get().map(Error::kind)
}

/// Returns DER of a sequence with any content (X.690 §8.1.3).
fn sequence(content: &[u8]) -> ClientDer {
    let len = u16::try_from(content.len()).unwrap();
    let [high, low] = len.to_be_bytes();
    let len: &[u8] = match len {
        0..0x80 => &[low],
        0x80..0x100 => &[0x81, low],
        _ => &[0x82, high, low],
    };
    ClientDer([&[0x30], len, content].concat())
}

/// How an encoder differs from others.
#[derive(Clone, Debug)]
struct Style {
    line_len: usize,
    line_end: &'static str,
    /// What stays unescaped besides letters and digits.
    safe: &'static str,
    upper_case: bool,
    padded: bool,
}

prop_compose! {
    fn style()(
        line_len in 1_usize..100,
        line_end in prop::sample::select(vec!["\n", "\r\n", " ", "\t", "\n\t", ""]),
        safe in prop::sample::select(vec!["", "-", "-._~", "-._~+=/", "-+/", "=", " -"]),
        upper_case in any::<bool>(),
        padded in any::<bool>(),
    ) -> Style {
        Style { line_len, line_end, safe, upper_case, padded }
    }
}

/// Returns the value of a header in each form, in the order of the layers.
fn values(certificate: &ClientDer, style: &Style) -> [String; 8] {
    let escape = |text: &str| {
        let escaped = percent_encoded(text, style.safe);
        if style.upper_case {
            escaped
        } else {
            lower_escapes(&escaped)
        }
    };
    let base64 = certificate.base64();
    let base64 = if style.padded {
        &base64
    } else {
        base64.trim_end_matches('=')
    };
    let pem = certificate.pem(style.line_len, style.line_end);
    let spaces = certificate.pem(style.line_len, if style.padded { " " } else { "\t" });
    let hash = certificate.hash();
    let hash = if style.upper_case {
        hash.to_uppercase()
    } else {
        hash
    };
    let cert = format!("Cert=\"{}\"", escape(&pem));
    [
        format!(":{base64}:"),
        escape(&pem),
        spaces,
        base64.to_owned(),
        format!(
            "{},x",
            if style.padded {
                base64.to_owned()
            } else {
                escape(base64)
            }
        ),
        format!("{cert};By=\"a,b;c\";Hash={hash}"),
        format!("Hash=\"{hash}\";Subject=\"\\\",Hash=0\",Hash=0"),
        format!("Hash=0,{cert}"),
    ]
}

fn lower_escapes(escaped: &str) -> String {
    let mut parts = escaped.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at(2);
        format!("{text}%{}{rest}", digits.to_lowercase())
    })
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_an_encoder_writes_is_read_as_the_same_certificate(
        content in prop::collection::vec(any::<u8>(), 0..700),
        style in style(),
    ) {
        let certificate = sequence(&content);
        let other = sequence(&[&content[..], &[0]].concat());
        for (layer, value) in values(&certificate, &style).into_iter().enumerate() {
            let header = HeaderValue::try_from(&value).unwrap();
            prop_assert_eq!(rejection(layer, header.clone(), &certificate), None, "{}", &value);
            let of_other = rejection(layer, header, &other);
            prop_assert_eq!(of_other, Some(ErrorKind::UnprovenBinding), "{}", &value);
        }
    }

    #[test]
    fn der_without_its_exact_length_is_rejected_in_every_form_but_a_hash(
        content in prop::collection::vec(any::<u8>(), 1..300),
        cut in any::<prop::sample::Index>(),
        behind in prop::collection::vec(any::<u8>(), 1..20),
        style in style(),
    ) {
        let certificate = sequence(&content);
        let cut = certificate.0[..cut.index(certificate.0.len())].to_vec();
        for broken in [ClientDer(cut), ClientDer([certificate.0, behind].concat())] {
            for (layer, value) in values(&broken, &style).into_iter().enumerate() {
                let is_hash = layer == 6;
                let value = HeaderValue::try_from(value).unwrap();
                let expected = (!is_hash).then_some(ErrorKind::UnprovenBinding);
                prop_assert_eq!(rejection(layer, value, &broken), expected, "{}", layer);
            }
        }
    }

    #[test]
    fn no_header_breaks_the_layer_or_is_accepted_by_chance(
        bytes in "[-:;,=\"\\\\% \tA-Za-z0-9+/é]{0,200}|(-----(BEGIN|END) CERTIFICATE-----|[A-Z=%])*",
    ) {
        let Ok(value) = HeaderValue::from_bytes(bytes.as_bytes()) else {
            return Ok(());
        };
        let certificate = sequence(b"content");
        for layer in 0..LAYERS.len() {
            let rejection = rejection(layer, value.clone(), &certificate);
            let is_expected = matches!(
                rejection,
                Some(ErrorKind::UnprovenBinding | ErrorKind::InvalidRequest)
            );
            prop_assert!(is_expected, "{:?}", rejection);
        }
    }
}
