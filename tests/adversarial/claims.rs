//! Invalid claims in tokens that the issuer did sign.

use crate::attack::{
    Attack, CLAIM_INVALID, CLAIM_MISSING, EXPIRED, ISSUER_UNKNOWN, MALFORMED, NO_AUDIENCE,
    OTHER_AUDIENCE, TOO_EARLY, TYPE, token,
};
use crate::site::{AUDIENCE, ISSUER, Site, claiming, token as valid_token};

/// CVE-2026-25537: a time claim of the wrong type is an error and is never treated as absent.
pub(crate) fn times() -> Vec<Attack> {
    let wrong = [
        "\"4102444800\"",
        "\"never-telltale\"",
        "\"\"",
        "\"2027-01-15T08:00:00Z\"",
        "\"NaN\"",
        "null",
        "true",
        "false",
        "[]",
        "[4102444800]",
        "{}",
        "{\"$numberLong\":\"4102444800\"}",
        "-1",
        "-1.5",
        "-0.5",
        "-1e9",
        "-1e300",
        "-1e-300",
        "-9223372036854775808",
        "9999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "253402300800",
        "1e12",
        "1e300",
        "1.8e308",
        "1e400",
        "1e999999999",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
    ];
    let mut attacks = Vec::new();
    for claim in ["exp", "nbf", "iat"] {
        for value in wrong {
            attacks.push(token(
                format!("{claim}: {value}"),
                claiming(claim, value),
                CLAIM_INVALID,
            ));
        }
    }
    for past in ["0", "0.0", "-0", "1", "1000000000", "1000000000.999", "1e9"] {
        attacks.push(token(
            format!("exp: {past}"),
            claiming("exp", past),
            EXPIRED,
        ));
    }
    for future in ["4102444800", "4102444800.5", "253402300799", "4.1e9"] {
        for claim in ["nbf", "iat"] {
            attacks.push(token(
                format!("{claim}: {future}"),
                claiming(claim, future),
                TOO_EARLY,
            ));
        }
    }
    for claim in ["exp", "nbf", "iat"] {
        for no_json in ["0x7fffffff", "01", "1.", "+1", ".5", "1_000"] {
            let rejection = if ["0x7fffffff", "1_000"].contains(&no_json) {
                MALFORMED
            } else {
                CLAIM_INVALID
            };
            attacks.push(token(
                format!("{claim}: {no_json}"),
                claiming(claim, no_json),
                rejection,
            ));
        }
    }
    attacks.push(token(
        "no exp",
        valid_token().without_claim("exp").sign(),
        CLAIM_MISSING,
    ));
    attacks
}

pub(crate) fn issuers(site: &Site) -> Vec<Attack> {
    let mut attacks = Vec::new();
    let array = format!("[\"{ISSUER}\"]");
    let object = format!("{{\"{ISSUER}\":1}}");
    for wrong in [
        &array,
        &object,
        "null",
        "1",
        "1e400",
        "true",
        "false",
        "{}",
        "[]",
        "\"\\ud800\"",
    ] {
        attacks.push(token(
            format!("iss: {wrong}"),
            claiming("iss", wrong),
            CLAIM_INVALID,
        ));
    }
    let others = [
        format!("{ISSUER}/"),
        ISSUER.to_uppercase(),
        ISSUER.replace("https", "HTTPS"),
        ISSUER.replace("https", "http"),
        ISSUER.replace("example", "example:443"),
        ISSUER.replace("/tenant", "/tenant/.."),
        ISSUER.replace("/tenant", "/Tenant"),
        ISSUER.replace("/tenant", ""),
        format!("{ISSUER}?telltale"),
        format!("{ISSUER}#telltale"),
        ISSUER.trim_end_matches('t').to_owned(),
        ISSUER.replace("://i", "://%69"),
        ISSUER.replace("://is", "://i\u{455}"),
        ISSUER.replace("https://", ""),
        format!("https://telltale.example/?{ISSUER}"),
        format!(" {ISSUER}"),
        format!("{ISSUER} "),
        format!("{ISSUER}\\n"),
        format!("{ISSUER}\\u0000"),
        format!("{ISSUER}.telltale.example"),
        format!("{ISSUER},https://telltale.example"),
        "https://telltale.example".to_owned(),
        String::new(),
        format!("{}/", site.fetched.issuer()),
    ];
    for other in others {
        attacks.push(token(
            format!("iss: {other}"),
            claiming("iss", &format!("\"{other}\"")),
            ISSUER_UNKNOWN,
        ));
    }
    attacks.push(token(
        "no iss",
        valid_token().without_claim("iss").sign(),
        CLAIM_MISSING,
    ));
    attacks
}

pub(crate) fn audiences() -> Vec<Attack> {
    let nested = format!("[[\"{AUDIENCE}\"]]");
    let named = format!("{{\"{AUDIENCE}\":true}}");
    let mixed = format!("[\"{AUDIENCE}\",1]");
    let beside = ["null", "true", "{}", "[]", &format!("[\"{AUDIENCE}\"]")]
        .map(|other| format!("[\"{AUDIENCE}\",{other}]"));
    let mut attacks = Vec::new();
    let wrong = [
        "0", "1", "1.5", "null", "true", "false", "{}", "[1]", "[null]", "[{}]", "[[]]", &nested,
        &named, &mixed,
    ];
    for wrong in wrong.into_iter().chain(beside.iter().map(String::as_str)) {
        attacks.push(token(
            format!("aud: {wrong}"),
            claiming("aud", wrong),
            CLAIM_INVALID,
        ));
    }
    let others = [
        "\"\"".to_owned(),
        "[\"\"]".to_owned(),
        "\"telltale-client\"".to_owned(),
        format!("\"{AUDIENCE}/\""),
        format!("\"{}\"", AUDIENCE.to_uppercase()),
        format!("\"{AUDIENCE}.telltale.example\""),
        format!("\" {AUDIENCE}\""),
        format!("\"{AUDIENCE},telltale-client\""),
        format!("\"{AUDIENCE} telltale-client\""),
        "\"https://api\"".to_owned(),
        format!("\"{AUDIENCE}/telltale\""),
        format!("\"{}\"", AUDIENCE.trim_end_matches('e')),
        format!("\"[\\\"{AUDIENCE}\\\"]\""),
        "\"*\"".to_owned(),
        "[\"telltale-client\",\"telltale-other\"]".to_owned(),
    ];
    for other in others {
        attacks.push(token(
            format!("aud: {other}"),
            claiming("aud", &other),
            OTHER_AUDIENCE,
        ));
    }
    for empty in ["[]", "[ ]"] {
        attacks.push(token(
            format!("aud: {empty}"),
            claiming("aud", empty),
            NO_AUDIENCE,
        ));
    }
    attacks.push(token(
        "no aud",
        valid_token().without_claim("aud").sign(),
        CLAIM_MISSING,
    ));
    attacks
}

pub(crate) fn others() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for claim in ["sub", "jti"] {
        for wrong in [
            "1",
            "null",
            "[\"telltale-admin\"]",
            "{\"telltale\":1}",
            "true",
            "[]",
            "{}",
        ] {
            attacks.push(token(
                format!("{claim}: {wrong}"),
                claiming(claim, wrong),
                CLAIM_INVALID,
            ));
        }
    }
    attacks
}

/// Tokens for another purpose, which the issuer signs with the keys of its access tokens.
pub(crate) fn purposes() -> Vec<Attack> {
    let uses = ["typ", "token_use", "token_type"];
    let values = ["ID", "id", "Refresh", "refresh", "Offline", "Logout"];
    let pairs = uses
        .iter()
        .flat_map(|claim| values.map(|value| (claim, value)));
    let mut attacks: Vec<_> = pairs
        .map(|(claim, value)| {
            let token_of = claiming(claim, &format!("\"{value}\""));
            token(format!("{claim}: {value}"), token_of, TYPE)
        })
        .collect();
    let entra = valid_token().claim("tid", "telltale-tenant");
    for ver in ["1.0", "2.0"] {
        let id_token = entra.clone().claim("ver", ver).sign();
        attacks.push(token(
            format!("ID token of Entra ID, ver {ver}"),
            id_token,
            TYPE,
        ));
    }
    attacks
}
