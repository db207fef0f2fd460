//! Tokens that the issuer signed for another purpose, or for another service, and that differ in
//! little from an access token for this one.

use serde_json::json;

use crate::attack::{Attack, CLAIM_MISSING, OTHER_AUDIENCE, TYPE, token};
use crate::site::{AUDIENCE, HEADER, claiming, es256, token as valid_token};

/// Other spellings of the audience's URL, all of which name the same resource or a part of it to a
/// careless reader.
pub(crate) fn audiences() -> Vec<Attack> {
    let host = AUDIENCE.trim_start_matches("https://");
    let others = [
        format!("{AUDIENCE}:443"),
        format!("{AUDIENCE}:443/"),
        format!("{AUDIENCE}:0443"),
        format!("{AUDIENCE}2"),
        format!("{AUDIENCE}."),
        format!("{AUDIENCE}?"),
        format!("{AUDIENCE}#"),
        format!("{AUDIENCE}//"),
        format!("{AUDIENCE}/."),
        format!("{AUDIENCE}%2f"),
        format!("{AUDIENCE}\\\\"),
        format!("{AUDIENCE}\\u0000"),
        format!("{AUDIENCE}\\n"),
        format!("{AUDIENCE}@telltale.example"),
        format!("HTTPS://{host}"),
        format!("https://{}", host.to_uppercase()),
        format!("http://{host}"),
        format!("https:{host}"),
        format!("//{host}"),
        format!("https://telltale@{host}"),
        format!("https://telltale.example/{AUDIENCE}"),
        host.to_owned(),
    ];
    let mut attacks = Vec::new();
    for other in others {
        for value in [
            format!("\"{other}\""),
            format!("[\"telltale-client\",\"{other}\"]"),
        ] {
            let name = format!("aud: {value}");
            attacks.push(token(name, claiming("aud", &value), OTHER_AUDIENCE));
        }
    }
    attacks
}

/// Security events (RFC 8417 §2.2), among them logout tokens, for this audience and without their
/// type.
pub(crate) fn events() -> Vec<Attack> {
    let logout = json!({"http://schemas.openid.net/event/backchannel-logout": {}}).to_string();
    let values = [&logout, "{}", "null", "[]", "\"telltale\"", "false", "1"];
    let mut attacks: Vec<_> = values
        .into_iter()
        .map(|value| token(format!("events: {value}"), claiming("events", value), TYPE))
        .collect();
    let escaped = claiming("\\u0065vents", &logout);
    attacks.push(token("events with an escape", escaped, TYPE));
    attacks
}

/// DPoP proofs (RFC 9449 §4.2) without their type, which nothing but their claims tells from a
/// token.
pub(crate) fn proofs() -> Vec<Attack> {
    let claims = json!({
        "jti": "telltale-proof", "htm": "POST", "htu": "https://api.example/telltale-path",
        "iat": 1_800_000_000, "ath": "telltale-hash-of-a-token",
    });
    let signed = es256().sign_raw(HEADER, claims.to_string().as_bytes());
    let embedded = valid_token()
        .header("jwk", es256().jwk())
        .header("typ", "DPoP+JWT")
        .claim("htm", "POST");
    vec![
        token("a proof without its type", signed, CLAIM_MISSING),
        token("a proof with the claims of a token", embedded.sign(), TYPE),
    ]
}
