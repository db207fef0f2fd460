//! The forms in which proxies write a certificate into a header.

use super::der::thumbprint_of_base64;
use super::flaw::Flaw;
use super::{Thumbprint, pem, percent, xfcc};

/// The longest value that is read, in bytes: a certificate of the maximum length in PEM, in which
/// each byte is percent-encoded.
const MAX_LEN: usize = 68 * 1024;

#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A Byte Sequence (RFC 8941 §3.3.5): base64 of DER between colons.
    ByteSequence,
    /// Percent-encoded PEM.
    EscapedPem,
    /// PEM with white space for line ends.
    Pem,
    /// Base64 of DER.
    Base64,
    /// Base64 of DER, or a list of these: the first one is the client's, the others are its chain.
    /// May be percent-encoded.
    Base64Chain,
    Xfcc(xfcc::Element),
}

impl Form {
    /// Returns the thumbprint of the certificate in a header's value.
    pub(super) fn thumbprint(self, value: &[u8]) -> Result<Thumbprint, Flaw> {
        if value.len() > MAX_LEN {
            return Err(Flaw::Invalid("the header is longer than 68 KiB"));
        }
        let value = value.trim_ascii();
        match self {
            Self::Xfcc(element) => xfcc::thumbprint(value, element),
            Self::Base64Chain => thumbprint_of_base64(&percent::decode(first(value))?),
            // No other form has a comma: it is a list, or two headers that a proxy has joined.
            _ if value.contains(&b',') => Err(Flaw::Repeated),
            Self::ByteSequence => thumbprint_of_base64(between_colons(value)?),
            Self::EscapedPem => pem::thumbprint(&percent::decode(value)?),
            Self::Pem => pem::thumbprint(value),
            Self::Base64 => thumbprint_of_base64(value),
        }
    }
}

/// Returns what is before the first comma.
fn first(list: &[u8]) -> &[u8] {
    let first = list.split(|byte| *byte == b',').next();
    first.unwrap_or_default().trim_ascii()
}

fn between_colons(value: &[u8]) -> Result<&[u8], Flaw> {
    let content = value.strip_prefix(b":");
    content
        .and_then(|content| content.strip_suffix(b":"))
        .ok_or(Flaw::Invalid("it is not a Byte Sequence"))
}

#[cfg(test)]
mod tests {
    use super::super::test_certificate::{TestCertificate, certificate, escaped};
    use super::*;

    const INVALID: [Form; 5] = [
        Form::ByteSequence,
        Form::EscapedPem,
        Form::Pem,
        Form::Base64,
        Form::Base64Chain,
    ];

    fn read(form: Form, value: impl AsRef<[u8]>) -> Result<Thumbprint, Flaw> {
        form.thumbprint(value.as_ref())
    }

    #[track_caller]
    fn assert_read(form: Form, value: impl AsRef<[u8]>) {
        assert_eq!(
            read(form, value),
            Ok(certificate().thumbprint()),
            "{form:?}"
        );
    }

    #[track_caller]
    fn assert_invalid(form: Form, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        let read = read(form, value);
        assert!(
            matches!(read, Err(Flaw::Invalid(_))),
            "{form:?}: {} is {read:?}",
            value.escape_ascii()
        );
    }

    #[test]
    fn a_byte_sequence_is_base64_between_colons() {
        let base64 = certificate().base64();
        assert_read(Form::ByteSequence, format!(":{base64}:"));
        // RFC 8941 §4.2.7: missing padding should not fail.
        assert_read(
            Form::ByteSequence,
            format!(":{}:", base64.trim_end_matches('=')),
        );
        for broken in [
            base64.clone(),
            format!(":{base64}"),
            format!("{base64}:"),
            format!(":{base64}:;a=1"),
            format!(":{base64}:x"),
            format!("::{base64}::"),
            format!(": {base64}:"),
            format!(":{base64} :"),
            format!("\":{base64}:\""),
            format!(":{}:", base64.replace('+', "-").replace('/', "_")),
            format!(":{}:", base64.replace('+', "%2B")),
            format!(":{base64}=:"),
            format!(":{}:", certificate().pem(" ")),
            ":".to_owned(),
            "::".to_owned(),
        ] {
            assert_invalid(Form::ByteSequence, broken);
        }
    }

    #[test]
    fn pem_is_percent_decoded_once_and_a_plus_stays_a_plus() {
        let pem = certificate().pem("\n");
        assert_read(Form::EscapedPem, certificate().escaped_pem());
        // AWS: `+`, `=` and `/` stay.
        assert_read(Form::EscapedPem, escaped(&pem, "-._~+=/"));
        assert_read(
            Form::EscapedPem,
            escaped(&pem, "-._~").to_lowercase_escapes(),
        );
        assert_read(
            Form::EscapedPem,
            escaped(&certificate().pem("\r\n"), "-._~"),
        );
        for broken in [
            escaped(&escaped(&pem, "-._~"), "-._~"),
            escaped(&pem.replace('+', " "), "-._~").replace("BEGIN%20", "BEGIN+"),
            escaped(&pem, "-._~").replace("%20", "+"),
            certificate().escaped_pem().replace("%0A", "%0"),
            format!("{}%", certificate().escaped_pem()),
            format!("%EF%BB%BF{}", certificate().escaped_pem()),
            format!("{}%00", certificate().escaped_pem()),
        ] {
            assert_invalid(Form::EscapedPem, broken);
        }
    }

    trait LowercaseEscapes {
        fn to_lowercase_escapes(&self) -> String;
    }

    impl LowercaseEscapes for String {
        fn to_lowercase_escapes(&self) -> String {
            let mut parts = self.split('%');
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |text, part| {
                let (digits, rest) = part.split_at(2);
                format!("{text}%{}{rest}", digits.to_lowercase())
            })
        }
    }

    #[test]
    fn the_line_ends_of_pem_may_be_any_white_space() {
        for line_end in [" ", "\t", "  ", "\n", "\r\n", "\n\t", ""] {
            assert_read(Form::Pem, certificate().pem(line_end));
            assert_read(Form::Pem, format!("  {}\t", certificate().pem(line_end)));
        }
    }

    #[test]
    fn pem_is_one_certificate_and_nothing_else() {
        let pem = certificate().pem(" ");
        let label = |label: &str| pem.replace("CERTIFICATE", label);
        for broken in [
            format!("Bag Attributes {pem}"),
            format!("{pem} x"),
            format!("x{pem}"),
            label("X509 CRL"),
            label("PUBLIC KEY"),
            label("TRUSTED CERTIFICATE"),
            label("certificate"),
            pem.replace("END CERTIFICATE", "END PUBLIC KEY"),
            pem.replace("-----END CERTIFICATE-----", ""),
            pem.replace("-----END CERTIFICATE-----", "-----"),
            pem.replace("-----BEGIN CERTIFICATE-----", ""),
            pem.replace("BEGIN CERTIFICATE", "BEGIN\tCERTIFICATE"),
            pem.replace('+', "-").replace('/', "_"),
            pem.replace('+', "%2B"),
            "-----BEGIN CERTIFICATE----- -----END CERTIFICATE-----".to_owned(),
            "(null)".to_owned(),
        ] {
            assert_invalid(Form::Pem, broken);
        }
    }

    #[test]
    fn two_certificates_where_one_is_due_are_a_repetition() {
        let other = TestCertificate::generate("other");
        let pem =
            |line_end: &str| format!("{}{}", certificate().pem(line_end), other.pem(line_end));
        assert_eq!(read(Form::Pem, pem(" ")), Err(Flaw::Repeated));
        assert_eq!(
            read(Form::EscapedPem, escaped(&pem("\n"), "-._~")),
            Err(Flaw::Repeated)
        );
        let (one, other) = (certificate().base64(), other.base64());
        for (form, list) in [
            (Form::ByteSequence, format!(":{one}:, :{other}:")),
            (Form::Base64, format!("{one},{other}")),
            (Form::Base64, format!("{one},")),
            (Form::Base64, format!(",{one}")),
            (Form::Pem, format!("{0}, {0}", certificate().pem(" "))),
            (
                Form::EscapedPem,
                format!("{0},{0}", certificate().escaped_pem()),
            ),
        ] {
            assert_eq!(read(form, &list), Err(Flaw::Repeated), "{form:?}");
        }
        // An encoded comma is none of a list.
        assert_invalid(
            Form::EscapedPem,
            format!("{}%2C", certificate().escaped_pem()),
        );
    }

    #[test]
    fn bare_base64_is_that_of_der_alone() {
        let base64 = certificate().base64();
        assert_read(Form::Base64, &base64);
        for broken in [
            base64.replace('+', "-").replace('/', "_"),
            base64.replace('+', "%2B"),
            base64.replace('+', " "),
            format!(":{base64}:"),
            format!("{base64}="),
            format!("={base64}"),
            base64.replacen('M', "M ", 1),
            certificate().pem(""),
            certificate().hash(),
        ] {
            assert_invalid(Form::Base64, broken);
        }
    }

    #[test]
    fn the_first_certificate_of_traefik_is_that_of_the_client() {
        let base64 = certificate().base64();
        let other = TestCertificate::generate("authority").base64();
        assert_read(Form::Base64Chain, &base64);
        assert_read(Form::Base64Chain, format!("{base64},{other}"));
        assert_read(Form::Base64Chain, format!("{base64}, {other},{other}"));
        // v2: percent-encoded.
        assert_read(Form::Base64Chain, escaped(&base64, ""));
        assert_read(
            Form::Base64Chain,
            format!("{},{}", escaped(&base64, ""), escaped(&other, "")),
        );
        for broken in [
            format!(",{base64}"),
            format!("{base64}%2C{other}"),
            base64.replace('+', " "),
            escaped(&escaped(&base64, ""), ""),
            certificate().pem(""),
        ] {
            assert_invalid(Form::Base64Chain, broken);
        }
    }

    /// Returns a certificate with these bytes in every form but XFCC.
    fn in_forms(der: &[u8]) -> [(Form, String); 5] {
        let certificate = TestCertificate::of(der.to_vec());
        let value = |form| match form {
            Form::ByteSequence => format!(":{}:", certificate.base64()),
            Form::EscapedPem => certificate.escaped_pem(),
            Form::Pem => certificate.pem(" "),
            _ => certificate.base64(),
        };
        INVALID.map(|form| (form, value(form)))
    }

    #[test]
    fn der_that_is_cut_or_longer_or_of_another_kind_is_invalid_in_every_form() {
        let der = certificate().der();
        let longer = [der, &[0]].concat();
        let twice = [der, der].concat();
        let set = [&[0x31], &der[1..]].concat();
        let large = [&[0x30, 0x83, 1, 0, 0][..], &vec![0; 0x1_0000]].concat();
        let cuts = [0, 1, 2, 3, 4, der.len() / 2, der.len() - 1];
        let cuts = cuts.map(|len| der[..len].to_vec());
        for der in [longer, twice, set, large].into_iter().chain(cuts) {
            for (form, value) in in_forms(&der) {
                assert_invalid(form, value);
            }
        }
    }

    #[test]
    fn an_empty_value_and_one_that_is_no_text_are_invalid_in_every_form() {
        let all = INVALID.into_iter().chain([Form::Xfcc(xfcc::Element::Only)]);
        for form in all {
            for value in [
                &b""[..],
                b" ",
                b"-",
                b"(null)",
                b"null",
                b"\xff\xfe",
                b"%FF",
                b":",
            ] {
                assert_invalid(form, value);
            }
        }
    }

    #[test]
    fn the_longest_certificate_is_read_in_every_form_and_a_longer_header_is_not() {
        let der = [&[0x30, 0x82, 0x3f, 0xfc][..], &[0xfb; 0x3ffc]].concat();
        for (form, value) in in_forms(&der) {
            assert_eq!(
                read(form, value),
                Ok(crate::crypto::sha256(&[&der])),
                "{form:?}"
            );
        }
        let all = escaped(&TestCertificate::of(der.clone()).pem("\r\n"), "");
        assert!(read(Form::EscapedPem, all).is_ok());
        let pem = TestCertificate::of(der).pem(" ");
        assert_invalid(Form::Pem, format!("{pem}{}{pem}", " ".repeat(MAX_LEN)));
    }
}
