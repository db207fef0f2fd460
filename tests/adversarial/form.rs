//! Malformed tokens: their parts, base64url and JSON.

use serde_json::json;

use crate::attack::{Attack, CLAIM_INVALID, MALFORMED, TWICE, authorization, request, token};
use crate::site::{HEADER, claiming, encode, es256, headed, payload_with, token as valid_token};

/// Returns the three parts of a valid token.
fn parts() -> [String; 3] {
    let signed = valid_token().sign();
    let parts: Vec<_> = signed.split('.').map(ToOwned::to_owned).collect();
    parts.try_into().unwrap()
}

pub(crate) fn shapes() -> Vec<Attack> {
    let [header, payload, signature] = parts();
    let shapes = [
        // CVE-2025-27144: splitting at every dot takes memory for each of them.
        ("hundreds of dots", ".".repeat(300)),
        ("ten thousand dots", ".".repeat(10_000)),
        (
            "dots behind a token",
            format!("{header}.{payload}.{signature}{}", ".".repeat(500)),
        ),
        ("one part", header.clone()),
        ("two parts", format!("{header}.{payload}")),
        (
            "four parts",
            format!("{header}.{payload}.{signature}.{signature}"),
        ),
        ("an empty header", format!(".{payload}.{signature}")),
        ("an empty payload", format!("{header}..{signature}")),
        ("an empty signature", format!("{header}.{payload}.")),
        ("two dots alone", "..".to_owned()),
        (
            "five parts of a valid token",
            format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        ),
        ("a nested token", encode(valid_token().sign())),
        (
            "a quoted token",
            format!("\"{header}.{payload}.{signature}\""),
        ),
        (
            "a token and a semicolon",
            format!("{header}.{payload}.{signature};"),
        ),
    ];
    shapes
        .into_iter()
        .map(|(name, text)| token(name, text, MALFORMED))
        .chain(encrypted())
        .collect()
}

/// CVE-2023-51774: a token encrypted with a public key proves nothing about its sender. An
/// encrypted token has five parts (RFC 7516 §3.1). It is rejected for their number alone, before
/// any key is unwrapped or derived and before anything is decompressed.
fn encrypted() -> Vec<Attack> {
    let epk = es256().jwk();
    let headers = [
        (
            json!({"alg": "dir", "enc": "A128GCM", "kid": "key-ES256"}),
            0,
        ),
        (
            json!({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": "key-RS256", "cty": "JWT"}),
            256,
        ),
        (
            json!({"alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "kid": "key-RS256", "zip": "DEF"}),
            256,
        ),
        (
            json!({"alg": "RSA1_5", "enc": "A128CBC-HS256", "kid": "key-RS256"}),
            256,
        ),
        (
            json!({"alg": "ECDH-ES", "enc": "A256GCM", "kid": "key-ES256", "epk": epk}),
            0,
        ),
        (
            json!({"alg": "A256KW", "enc": "A256GCM", "kid": "key-HS256"}),
            40,
        ),
        (
            json!({"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2_000_000_000, "p2s": "telltale"}),
            24,
        ),
        (
            json!({"alg": "ES256", "enc": "A128GCM", "kid": "key-ES256", "typ": "JWT"}),
            256,
        ),
    ];
    let text = payload_with("x", "0");
    let parts = |wrapped: usize| {
        [
            vec![7; wrapped],
            vec![7; 12],
            text.clone().into(),
            vec![7; 16],
        ]
        .map(encode)
        .join(".")
    };
    let minted = headers.map(|(header, wrapped)| {
        let encrypted = format!("{}.{}", encode(header.to_string()), parts(wrapped));
        token(
            format!("an encrypted token, {header}"),
            encrypted,
            MALFORMED,
        )
    });
    minted.into()
}

/// JSON serializations (RFC 7515 §7.2) in every location. In `Authorization` a comma separates
/// joined header fields (RFC 9110 §5.3), so those with a comma count as two credentials: 400. In a
/// cookie and in a custom header a comma has no such meaning, and the token is malformed: 401.
pub(crate) fn json_serializations() -> Vec<Attack> {
    let [header, payload, signature] = parts();
    let flattened =
        json!({"payload": payload, "protected": header, "signature": signature}).to_string();
    let signatures = json!([{"protected": header, "signature": signature}]);
    let general = json!({"payload": payload, "signatures": signatures}).to_string();
    let alone = json!({"payload": format!("{header}.{payload}.{signature}")}).to_string();
    let mut attacks = Vec::new();
    for (name, text, rejection) in [
        ("flattened", flattened, TWICE),
        ("general", general, TWICE),
        ("alone, an object", alone, MALFORMED),
    ] {
        attacks.push(token(format!("JSON, {name}"), &text, rejection));
        let cookie = format!("session={text}");
        attacks.push(request(
            format!("JSON, {name}, as a cookie"),
            &[("cookie", cookie.as_bytes())],
            MALFORMED,
        ));
        attacks.push(request(
            format!("JSON, {name}, in a header"),
            &[("x-token", text.as_bytes())],
            MALFORMED,
        ));
    }
    attacks
}

/// Returns `text` with another last character, which a decoder that ignores trailing bits decodes
/// to the same bytes.
fn with_trailing_bits(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = text.split_at(text.len() - 1);
    let index = ALPHABET
        .iter()
        .position(|one| *one == last.as_bytes()[0])
        .unwrap();
    format!("{start}{}", char::from(ALPHABET[index + 1]))
}

/// Returns a valid token each part of which differs between the two base64 alphabets and would need
/// padding.
fn distinctive_parts() -> [String; 3] {
    let header = r#"{"alg":"ES256","kid":"key-ES256","x":"~~~???>>>"}"#;
    let is_distinctive = |part: &str| part.contains(['-', '_']) && !part.len().is_multiple_of(4);
    let spaced = |text: &str| {
        (0..12)
            .map(|n| format!("{text}{}", " ".repeat(n)))
            .find(|text| is_distinctive(&encode(text)))
    };
    let payload = payload_with("x", "\"~~~???>>>\"");
    let (header, payload) = (spaced(header).unwrap(), spaced(&payload).unwrap());
    // Deterministic signatures (RFC 6979) differ only if the payload does.
    let signed = (0..200)
        .map(|n| es256().sign_raw(&header, format!("{payload}{}", "   ".repeat(n)).as_bytes()));
    let signed = signed.map(|token| token.split('.').map(ToOwned::to_owned).collect::<Vec<_>>());
    signed
        .map(|parts| <[String; 3]>::try_from(parts).unwrap())
        .find(|parts| is_distinctive(&parts[2]))
        .unwrap()
}

type Change = fn(&str) -> String;

pub(crate) fn base64url() -> Vec<Attack> {
    let valid = distinctive_parts();
    let changes: [(&str, Change); 8] = [
        ("padding", |part| {
            format!("{part}{}", "=".repeat(4 - part.len() % 4))
        }),
        ("more padding", |part| format!("{part}====")),
        ("the standard alphabet", |part| {
            part.replace('-', "+").replace('_', "/")
        }),
        ("a space inside", |part| {
            format!("{} {}", &part[..8], &part[8..])
        }),
        ("a tab inside", |part| {
            format!("{}\t{}", &part[..8], &part[8..])
        }),
        ("trailing bits", with_trailing_bits),
        ("an impossible length", |part| {
            format!("{part}{}", "A".repeat((9 - part.len() % 4) % 4))
        }),
        ("a character of no alphabet", |part| {
            format!("{}*{}", &part[..8], &part[9..])
        }),
    ];
    let mut attacks = Vec::new();
    for (name, change) in changes {
        for (index, part) in ["header", "payload", "signature"].into_iter().enumerate() {
            let mut parts = valid.clone();
            parts[index] = change(&parts[index]);
            attacks.push(token(
                format!("{name} in the {part}"),
                parts.join("."),
                MALFORMED,
            ));
        }
    }
    attacks
}

/// Deeply nested JSON (CVE-2025-53864), duplicate members and invalid UTF-8.
pub(crate) fn json_texts() -> Vec<Attack> {
    let payload = payload_with("x", "0");
    let cut = payload.trim_end_matches('}');
    let mut attacks = Vec::new();
    for (open, close) in [("[", "]"), ("{\"telltale\":", "}")] {
        let depth = 5000 / open.len();
        let deep = format!("{}0{}", open.repeat(depth), close.repeat(depth));
        for (claim, rejection) in [
            ("telltale", MALFORMED),
            ("aud", CLAIM_INVALID),
            ("exp", CLAIM_INVALID),
            ("iss", CLAIM_INVALID),
            ("sub", CLAIM_INVALID),
        ] {
            let name = format!("deep JSON in {claim}");
            attacks.push(token(name, claiming(claim, &deep), rejection));
        }
        attacks.push(token(
            "a deep header",
            headed(&format!("{{\"alg\":{deep}}}")),
            MALFORMED,
        ));
        attacks.push(token(
            "an endless payload",
            es256().sign_raw(HEADER, open.repeat(depth).as_bytes()),
            MALFORMED,
        ));
    }
    let nines = "9".repeat(5000);
    for huge in ["1e400", "-1e400", &nines] {
        attacks.push(token(
            "a huge number",
            claiming("telltale", huge),
            MALFORMED,
        ));
        let header = format!("{{\"alg\":\"ES256\",\"kid\":{huge}}}");
        attacks.push(token("a huge number for kid", headed(&header), MALFORMED));
    }
    let payloads = [
        ("exp twice", format!("{cut},\"exp\":4102444800}}")),
        ("sub twice", format!("{cut},\"sub\":\"telltale-admin\"}}")),
        (
            "sub twice, one with an escape",
            format!("{cut},\"s\\u0075b\":\"telltale-admin\"}}"),
        ),
        ("a private claim twice", format!("{cut},\"x\":1}}")),
        (
            "a name twice in a nested object",
            format!("{cut},\"y\":[{{\"z\":{{\"a\":1,\"\\u0061\":2}}}}]}}"),
        ),
        (
            "an object that serde_json reads as a raw value",
            format!("{cut},\"y\":{{\"$serde_json::private::RawValue\":\"[]\"}}}}"),
        ),
        (
            "an object that serde_json reads as a number, with an escape",
            format!("{cut},\"y\":[{{\"\\u0024serde_json::private::Number\":\"1\"}}]}}"),
        ),
        ("two objects", format!("{payload}{payload}")),
        ("an array", format!("[{payload}]")),
        ("a string", format!("{payload:?}")),
        ("a byte order mark", format!("\u{feff}{payload}")),
        ("a lone surrogate", format!("{cut},\"y\":\"\\ud800\"}}")),
        ("a control character", format!("{cut},\"y\":\"\u{1}\"}}")),
    ];
    attacks.extend(payloads.map(|(name, payload)| {
        let signed = es256().sign_raw(HEADER, payload.as_bytes());
        token(format!("payload: {name}"), signed, MALFORMED)
    }));
    attacks.extend(header_texts());
    attacks
}

/// Headers, and texts that are not UTF-8.
fn header_texts() -> Vec<Attack> {
    let header = HEADER.trim_end_matches('}');
    let mut attacks = Vec::new();
    let headers = [
        ("alg twice", format!("{header},\"alg\":\"none\"}}")),
        (
            "alg twice, one with an escape",
            format!("{header},\"\\u0061lg\":\"none\"}}"),
        ),
        ("kid twice", format!("{header},\"kid\":\"telltale-key\"}}")),
        ("an array", format!("[{HEADER}]")),
        ("null", "null".to_owned()),
        ("trailing data", format!("{HEADER},")),
    ];
    attacks.extend(
        headers.map(|(name, text)| token(format!("header: {name}"), headed(&text), MALFORMED)),
    );
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"] {
        let payload = payload_with("x", "0");
        let cut = payload.trim_end_matches('}');
        let payload = [cut.as_bytes(), b",\"y\":\"", bytes, b"\"}"].concat();
        attacks.push(token(
            "a payload that is not UTF-8",
            es256().sign_raw(HEADER, &payload),
            MALFORMED,
        ));
        let header = encode([header.as_bytes(), b",\"y\":\"", bytes, b"\"}"].concat());
        let [_, payload, signature] = parts();
        attacks.push(token(
            "a header that is not UTF-8",
            format!("{header}.{payload}.{signature}"),
            MALFORMED,
        ));
    }
    attacks.push(authorization(
        "a token that is not UTF-8",
        b"Bearer telltale\xff\xfe.telltale.telltale",
        MALFORMED,
    ));
    attacks
}
