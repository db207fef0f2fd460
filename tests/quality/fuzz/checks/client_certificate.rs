//! The client's certificate in the header of a proxy.
//!
//! Input: a byte whose three lowest bits choose the form, in the order of [`FORMS`]. Then lines,
//! each the value of one header. In a value, `@` stands for the base64 of a certificate in DER, and
//! `#` for its hash in hex.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request};
use serde_json::json;
use tower_jwt_auth::{
    Algorithm, CertificateHeader, ClientCertificate, ClientCertificates, ErrorKind, JwtAuthLayer,
    PeerAddress, TrustedProxies,
};

use super::answer::ask;
use super::client_certificate_reading::{Form, Reading, Thumbprint, read, thumbprint};
use super::world::{AUDIENCE, ISSUER, NOW, builder, sign};

/// The forms, in the order of their bits.
const FORMS: [Form; 8] = [
    Form::ByteSequence,
    Form::EscapedPem,
    Form::Pem,
    Form::Base64,
    Form::Base64Chain,
    Form::Xfcc,
    Form::XfccFirst,
    Form::XfccLast,
];
const NAME: HeaderName = HeaderName::from_static("client-cert");
const PROXY: [u8; 4] = [10, 0, 0, 1];
const OTHER_PEER: [u8; 4] = [192, 0, 2, 1];
/// What `@` stands for. Its base64 has every character outside of letters and digits.
const CERTIFICATE: [u8; 16] = [
    0x30, 14, 0xfb, 0xff, 0xbe, 0xfb, 0xef, 0xff, 1, 2, 3, 4, 5, 6, 7, 8,
];

pub fn check(data: &[u8]) {
    let Some((form, lines)) = data.split_first() else {
        return;
    };
    let index = usize::from(form & 7);
    let values: Option<Vec<_>> = lines.split(|byte| *byte == b'\n').map(value).collect();
    let Some(values) = values.filter(|values| values.iter().all(|value| value.len() < 8_000))
    else {
        return;
    };
    let values = if lines.is_empty() { vec![] } else { values };
    let reading = read(
        FORMS[index],
        &values.iter().map(HeaderValue::as_bytes).collect::<Vec<_>>(),
    );
    let own = match reading {
        Reading::Thumbprint(thumbprint) => thumbprint,
        _ => thumbprint(&CERTIFICATE),
    };
    let other = own.map(|byte| !byte);
    let ask = |peer, bound_to| {
        let answer = ask(layer(index), request(peer, &values, bound_to));
        answer.rejection
    };
    let unproven = Some(ErrorKind::UnprovenBinding);
    assert_eq!(ask(PROXY, Some(own)), expected(&reading), "{reading:?}");
    let is_repeated = reading == Reading::Repeated;
    let of_other = if is_repeated {
        expected(&reading)
    } else {
        unproven
    };
    assert_eq!(ask(PROXY, Some(other)), of_other, "{reading:?}");
    assert_eq!(ask(OTHER_PEER, Some(own)), unproven, "ignored");
    assert_eq!(ask(PROXY, None), None, "a token that is not bound");
}

const fn expected(reading: &Reading) -> Option<ErrorKind> {
    match reading {
        Reading::Thumbprint(_) => None,
        Reading::Nothing | Reading::Invalid => Some(ErrorKind::UnprovenBinding),
        Reading::Repeated => Some(ErrorKind::InvalidRequest),
    }
}

/// Returns `None` for what a header can't contain.
fn value(line: &[u8]) -> Option<HeaderValue> {
    let base64 = STANDARD.encode(CERTIFICATE);
    let hash = thumbprint(&CERTIFICATE).map(|byte| format!("{byte:02x}"));
    let hash = hash.concat();
    let mut value = Vec::new();
    for byte in line {
        match byte {
            b'@' => value.extend(base64.as_bytes()),
            b'#' => value.extend(hash.as_bytes()),
            _ => value.push(*byte),
        }
    }
    HeaderValue::from_bytes(&value).ok()
}

fn request(peer: [u8; 4], values: &[HeaderValue], bound_to: Option<Thumbprint>) -> Request<()> {
    let mut payload = json!({"iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "exp": NOW + 300});
    if let Some(thumbprint) = bound_to {
        payload["cnf"] = json!({"x5t#S256": URL_SAFE_NO_PAD.encode(thumbprint)});
    }
    let token = sign(Algorithm::HS256, &payload);
    let mut request = Request::new(());
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    for value in values {
        headers.append(NAME, value.clone());
    }
    let extensions = request.extensions_mut();
    extensions.insert(PeerAddress::Ip(peer.into()));
    // Not the configured source.
    extensions.insert(ClientCertificate::from_der(CERTIFICATE));
    request
}

fn layer(index: usize) -> &'static JwtAuthLayer {
    static LAYERS: [OnceLock<JwtAuthLayer>; FORMS.len()] = [const { OnceLock::new() }; FORMS.len()];
    LAYERS[index].get_or_init(|| {
        let proxies = TrustedProxies::networks(["10.0.0.1"]).unwrap();
        let header = header(FORMS[index]).name(NAME);
        let certificates = ClientCertificates::from_header(header, proxies);
        builder().mtls(certificates).build().unwrap()
    })
}

fn header(form: Form) -> CertificateHeader {
    match form {
        Form::ByteSequence => CertificateHeader::client_cert(),
        Form::EscapedPem => CertificateHeader::escaped_pem(NAME),
        Form::Pem => CertificateHeader::pem(NAME),
        Form::Base64 => CertificateHeader::base64_der(NAME),
        Form::Base64Chain => CertificateHeader::traefik(),
        Form::Xfcc => CertificateHeader::envoy(),
        Form::XfccFirst => CertificateHeader::envoy_first(),
        Form::XfccLast => CertificateHeader::envoy_last(),
    }
}
