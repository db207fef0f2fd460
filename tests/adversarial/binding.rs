//! Tokens that are bound to a key of the client (`cnf`, RFC 7800 §3): a binding that can't be read
//! must never count as none.

use serde_json::json;

use crate::attack::{
    Attack, BOUND, CLAIM_INVALID, MALFORMED, NO_TOKEN, TWICE, authorization, token,
};
use crate::site::{HEADER, claiming, es256, payload_with, token as valid_token};

/// A SHA-256 thumbprint, in base64url (RFC 7638 §3.1).
const THUMBPRINT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

/// Thumbprints of other lengths, alphabets and hashes.
fn thumbprints() -> Vec<String> {
    vec![
        String::new(),
        format!("{THUMBPRINT}="),
        format!("{THUMBPRINT}A"),
        format!(" {THUMBPRINT}"),
        format!("{THUMBPRINT}\\n"),
        format!("{}\\u0000", &THUMBPRINT[1..]),
        THUMBPRINT[1..].to_owned(),
        THUMBPRINT.replace(['-', '_'], "+"),
        THUMBPRINT.replace(['-', '_'], "/"),
        THUMBPRINT.replace('-', "."),
        format!("{}\\u00e9", &THUMBPRINT[2..]),
        // In hexadecimal, of SHA-256 and of SHA-1.
        "01234567".repeat(8),
        "01234567".repeat(5),
    ]
}

pub(crate) fn confirmations() -> Vec<Attack> {
    let mut wrong: Vec<String> = [
        "null",
        "[]",
        "\"telltale\"",
        "\"\"",
        "0",
        "1",
        "true",
        "false",
        "{}",
    ]
    .map(ToOwned::to_owned)
    .into();
    wrong.push(format!("\"{THUMBPRINT}\""));
    wrong.push(format!("[{{\"jkt\":\"{THUMBPRINT}\"}}]"));
    for member in ["jkt", "x5t#S256"] {
        let values = ["null", "true", "1", "[]", "{}"].map(ToOwned::to_owned);
        let listed = [
            format!("[\"{THUMBPRINT}\"]"),
            format!("{{\"{member}\":\"{THUMBPRINT}\"}}"),
        ];
        let texts = thumbprints().into_iter().map(|text| format!("\"{text}\""));
        for value in values.into_iter().chain(listed).chain(texts) {
            wrong.push(format!("{{\"{member}\":{value}}}"));
            // A valid thumbprint of the other kind does not make up for it.
            let other = if member == "jkt" { "x5t#S256" } else { "jkt" };
            wrong.push(format!(
                "{{\"{other}\":\"{THUMBPRINT}\",\"{member}\":{value}}}"
            ));
        }
        let twice = format!("{{\"{member}\":\"{THUMBPRINT}\",\"{member}\":\"{THUMBPRINT}\"}}");
        wrong.push(twice);
    }
    wrong.push(format!(
        "{{\"jkt\":\"{THUMBPRINT}\",\"\\u006akt\":\"{THUMBPRINT}\"}}"
    ));
    let attack = |value| {
        token(
            format!("cnf: {value}"),
            claiming("cnf", value),
            CLAIM_INVALID,
        )
    };
    let mut attacks: Vec<_> = wrong.iter().map(|value| attack(value)).collect();
    attacks.extend(names());
    attacks
}

/// Tokens that are bound, by any confirmation method (RFC 7800 §3, RFC 8705 §3.1, RFC 9449 §6.1), and
/// come as bearer tokens from a client that has stolen them.
pub(crate) fn stolen() -> Vec<Attack> {
    let jwk = es256().jwk();
    let bindings = [
        json!({"jkt": THUMBPRINT}),
        json!({"x5t#S256": THUMBPRINT}),
        json!({"jkt": THUMBPRINT, "x5t#S256": THUMBPRINT}),
        json!({"jwk": jwk}),
        json!({"kid": "telltale"}),
        json!({"jku": "https://telltale.example/jwks"}),
        json!({"telltale": null}),
        json!({"JKT": THUMBPRINT}),
    ];
    let mut attacks: Vec<_> = bindings
        .iter()
        .map(|cnf| {
            token(
                format!("bound by {cnf}"),
                valid_token().claim("cnf", cnf).sign(),
                BOUND,
            )
        })
        .collect();
    let escaped = payload_with("\\u0063nf", &bindings[0].to_string());
    attacks.push(token(
        "bound, with an escape in the name",
        es256().sign_raw(HEADER, escaped.as_bytes()),
        BOUND,
    ));
    attacks
}

/// The name of the claim, spelled otherwise or given twice.
fn names() -> Vec<Attack> {
    let bound = json!({"jkt": THUMBPRINT}).to_string();
    let payload = payload_with("cnf", &bound);
    let cut = payload.trim_end_matches('}');
    let twice = [
        format!("{cut}}},\"cnf\":{bound}}}"),
        format!("{cut}}},\"\\u0063nf\":{{}}}}"),
        format!("{cut}}},\"c\\u006ef\":null}}"),
    ];
    let signed = |payload: &String| es256().sign_raw(HEADER, payload.as_bytes());
    let twice =
        twice.map(|payload| token(format!("cnf twice: {payload}"), signed(&payload), MALFORMED));
    let escaped = ["{}", "null", "{\"jkt\":null}"].map(|value| {
        let payload = payload_with("\\u0063nf", value);
        token(
            format!("cnf with an escape: {value}"),
            signed(&payload),
            CLAIM_INVALID,
        )
    });
    twice.into_iter().chain(escaped).collect()
}

/// Other schemes before and behind a valid token. Without a configuration for it, the scheme `DPoP`
/// (RFC 9449 §7.1) counts as no token.
pub(crate) fn schemes() -> Vec<Attack> {
    let signed = valid_token()
        .claim("cnf", json!({"jkt": THUMBPRINT}))
        .sign();
    let with = |start: &str, end: &str, rejection| {
        let value = format!("{start}{signed}{end}");
        authorization(format!("{start}…{end}"), value.as_bytes(), rejection)
    };
    let mut attacks = vec![
        with("Bearer ", ", DPoP telltale.telltale.telltale", TWICE),
        with("Bearer ", ",DPoP", TWICE),
        with("Bearer ", " DPoP", MALFORMED),
        with("Bearer,DPoP ", "", TWICE),
        with("Bearer , DPoP ", "", TWICE),
    ];
    for start in [
        "DPoP ",
        "dpop ",
        "DPOP ",
        "DPoP\t",
        "DPoP, Bearer ",
        "DPoP,Bearer ",
        "DPoP Bearer ",
        "Basic dGVsbHRhbGU=, Bearer ",
        ",Bearer ",
        "\"Bearer ",
        "(Bearer ",
        "Bear er ",
    ] {
        attacks.push(with(start, "", NO_TOKEN));
    }
    attacks
}
