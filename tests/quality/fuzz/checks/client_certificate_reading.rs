//! Reads the certificate from a header as the standards and the proxies' documents say,
//! independently of the crate.

use aws_lc_rs::digest::{SHA256, digest};

pub type Thumbprint = [u8; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    ByteSequence,
    EscapedPem,
    Pem,
    Base64,
    Base64Chain,
    Xfcc,
    XfccFirst,
    XfccLast,
}

/// What the headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Nothing,
    Thumbprint(Thumbprint),
    Invalid,
    Repeated,
}

/// Returns the SHA-256 of a certificate.
pub fn thumbprint(der: &[u8]) -> Thumbprint {
    digest(&SHA256, der).as_ref().try_into().unwrap()
}

/// Reads all values of the header.
pub fn read(form: Form, values: &[&[u8]]) -> Reading {
    match values {
        [] => Reading::Nothing,
        // Characters with the same numbers as the bytes.
        [value] => read_one(
            form,
            trim(&value.iter().copied().map(char::from).collect::<String>()),
        ),
        _ => Reading::Repeated,
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_ascii_whitespace())
}

fn read_one(form: Form, value: &str) -> Reading {
    match form {
        Form::Xfcc | Form::XfccFirst | Form::XfccLast => xfcc(form, value),
        Form::Base64Chain => {
            let first = value.split(',').next().unwrap_or_default();
            percent_decoded(trim(first)).map_or(Reading::Invalid, |text| base64(&text))
        }
        _ if value.contains(',') => Reading::Repeated,
        Form::ByteSequence => match value.len() {
            2.. if value.starts_with(':') && value.ends_with(':') => {
                base64(&value[1..value.len() - 1])
            }
            _ => Reading::Invalid,
        },
        Form::EscapedPem => percent_decoded(value).map_or(Reading::Invalid, |text| pem(&text)),
        Form::Pem => pem(value),
        Form::Base64 => base64(value),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let (mut characters, mut decoded) = (text.chars(), String::new());
    while let Some(character) = characters.next() {
        if character == '%' {
            let high = characters.next()?.to_digit(16)?;
            let low = characters.next()?.to_digit(16)?;
            decoded.push(char::from_u32(high * 16 + low)?);
        } else {
            decoded.push(character);
        }
    }
    Some(decoded)
}

fn pem(text: &str) -> Reading {
    let parts: Vec<_> = trim(text).split("-----").collect();
    match parts.as_slice() {
        ["", "BEGIN CERTIFICATE", body, "END CERTIFICATE", ""] => {
            let body: String = body
                .chars()
                .filter(|it| !it.is_ascii_whitespace())
                .collect();
            base64(&body)
        }
        [
            "",
            "BEGIN CERTIFICATE",
            _,
            "END CERTIFICATE",
            between,
            "BEGIN CERTIFICATE",
            _,
            ..,
        ] if trim(between).is_empty() => Reading::Repeated,
        _ => Reading::Invalid,
    }
}

/// Reads base64 of one DER element that is a sequence.
fn base64(text: &str) -> Reading {
    match bytes(text) {
        Some(der) if is_sequence(&der) => Reading::Thumbprint(thumbprint(&der)),
        _ => Reading::Invalid,
    }
}

/// Decodes base64 with all its padding, a part of it, or none (RFC 4648 §4).
fn bytes(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let spare_bits = match (digits.len() % 4, padding) {
        (0, 0) => 0,
        (2, 0..=2) => 4,
        (3, 0..=1) => 2,
        _ => return None,
    };
    let mut bits = Vec::new();
    for digit in digits.chars() {
        let value = ALPHABET.find(digit)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let spare = bits.split_off(bits.len() - spare_bits);
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte * 2 + bit);
    let decoded = bits.chunks(8).map(|bits| u8::try_from(byte(bits)).unwrap());
    spare.iter().all(|bit| *bit == 0).then(|| decoded.collect())
}

/// Whether the bytes are what DER makes of some content in a sequence (X.690 §8.1.3, §10.1).
fn is_sequence(der: &[u8]) -> bool {
    let encoded = |content: &[u8]| {
        let len = content.len();
        let len_bytes = match len {
            0..0x80 => vec![len],
            0x80..0x100 => vec![0x81, len],
            _ => vec![0x82, len / 256, len % 256],
        };
        let len_bytes = len_bytes
            .into_iter()
            .map(|byte| u8::try_from(byte).unwrap());
        let tag = std::iter::once(0x30);
        tag.chain(len_bytes)
            .chain(content.iter().copied())
            .collect::<Vec<_>>()
    };
    (2..=4).any(|start| {
        der.get(start..)
            .is_some_and(|content| encoded(content) == der)
    })
}

fn xfcc(form: Form, value: &str) -> Reading {
    let elements = split(value, ',');
    match form {
        Form::Xfcc if elements.len() > 1 => Reading::Repeated,
        Form::XfccLast => element(&elements[elements.len() - 1]),
        _ => element(&elements[0]),
    }
}

/// Splits at a separator that is not within quotes.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut is_quoted, mut characters) = (false, text.chars());
    while let Some(character) = characters.next() {
        if character == separator && !is_quoted {
            parts.push(String::new());
            continue;
        }
        is_quoted ^= character == '"';
        let part = parts.last_mut().unwrap();
        part.push(character);
        if is_quoted && character == '\\' {
            part.extend(characters.next());
        }
    }
    parts.iter().map(|part| trim(part).to_owned()).collect()
}

fn element(element: &str) -> Reading {
    let (mut hash, mut certificate) = (None, None);
    for pair in split(element, ';') {
        let Some((key, value)) = key_and_value(&pair) else {
            return Reading::Invalid;
        };
        let (place, reading) = match key.to_ascii_lowercase().as_str() {
            "hash" => (&mut hash, hex(&value)),
            "cert" => (
                &mut certificate,
                percent_decoded(&value).map_or(Reading::Invalid, |text| pem(&text)),
            ),
            _ => continue,
        };
        match reading {
            Reading::Thumbprint(thumbprint) if place.is_none() => *place = Some(thumbprint),
            Reading::Thumbprint(_) => return Reading::Invalid,
            flaw => return flaw,
        }
    }
    match (hash, certificate) {
        (Some(one), Some(other)) if one != other => Reading::Invalid,
        (Some(thumbprint), _) | (_, Some(thumbprint)) => Reading::Thumbprint(thumbprint),
        _ => Reading::Invalid,
    }
}

fn key_and_value(pair: &str) -> Option<(String, String)> {
    let (key, value) = pair.split_once('=')?;
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let has_quote = |text: &str| text.contains('"');
    let value = match inner {
        Some(inner) => {
            let mut rest = inner.chars();
            let mut plain = String::new();
            while let Some(character) = rest.next() {
                match character {
                    '\\' => drop(rest.next()?),
                    other => plain.push(other),
                }
            }
            (!has_quote(&plain)).then_some(inner)?
        }
        None => (!has_quote(value)).then_some(value)?,
    };
    (!has_quote(key)).then(|| (key.to_owned(), value.to_owned()))
}

fn hex(text: &str) -> Reading {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 64) else {
        return Reading::Invalid;
    };
    let bytes = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    let bytes: Vec<_> = bytes.map(|byte| u8::try_from(byte).unwrap()).collect();
    Reading::Thumbprint(bytes.try_into().unwrap())
}
