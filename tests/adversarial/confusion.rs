//! Algorithm confusion: public keys used as HMAC secrets (CVE-2015-9235), also where a key doesn't
//! state its algorithm (CVE-2026-22817).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::attack::{ALGORITHM, Attack, KEY_UNKNOWN, token};
use crate::site::{LOOSE, SECRETS, decode, encode, key, token_of};

pub(crate) const PUBLIC: [Algorithm; 4] = [
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::ES256,
    Algorithm::Ed25519,
];

/// Returns every encoding of a public key that a careless verifier might use as a secret.
pub(crate) fn texts_of(key: &TestKey) -> Vec<(&'static str, Vec<u8>)> {
    let (pem, jwk) = (key.pem(), key.jwk());
    let number = jwk
        .get("n")
        .or_else(|| jwk.get("x"))
        .unwrap()
        .as_str()
        .unwrap();
    let mut texts = vec![
        ("PEM", pem.clone().into()),
        ("PEM with CRLF", pem.replace('\n', "\r\n").into()),
        ("PEM without its last newline", pem.trim_end().into()),
        ("PEM with white space in front", format!("\n {pem}").into()),
        ("base64 of PEM", pem_body(&pem).replace('\n', "").into()),
        ("lines of base64 of PEM", pem_body(&pem).into()),
        ("DER", key.der()),
        ("DER with a line end", [key.der(), b"\n".to_vec()].concat()),
        ("base64url of DER", encode(key.der()).into()),
        ("JWK in an array", json!([jwk]).to_string().into()),
        (
            "JWK with a byte order mark",
            format!("\u{feff}{jwk}").into(),
        ),
        ("JWK", jwk.to_string().into()),
        ("JWK set", json!({"keys": [jwk]}).to_string().into()),
        ("number", decode(number)),
        ("number's text", number.into()),
    ];
    if key.algorithm().name().starts_with(['R', 'P']) {
        let (der, pem) = pkcs1(&key.der());
        texts.extend([("PKCS#1 PEM", pem.into()), ("PKCS#1 DER", der)]);
    }
    texts
}

/// Returns PEM without its first and its last line.
fn pem_body(pem: &str) -> String {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the `RSAPublicKey` (RFC 8017 §A.1.1) in the bit string of a `SubjectPublicKeyInfo` with
/// a 2048-bit modulus, as DER and as PEM.
fn pkcs1(info: &[u8]) -> (Vec<u8>, String) {
    let der = info[24..].to_vec();
    let length = usize::from(u16::from_be_bytes([der[2], der[3]]));
    assert_eq!(
        (&der[..2], length),
        (&[0x30, 0x82][..], der.len() - 4),
        "one sequence up to the end"
    );
    let lines: Vec<_> = der.chunks(48).map(|line| STANDARD.encode(line)).collect();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        lines.join("\n")
    );
    (der, pem)
}

/// Attacks on an issuer without secrets, where HMAC is not allowed, and on one that has a secret
/// for each HMAC algorithm.
pub(crate) fn public_keys_as_secrets() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (public, hmac) in PUBLIC
        .into_iter()
        .flat_map(|public| SECRETS.map(|hmac| (public, hmac)))
    {
        for (form, text) in texts_of(key(public)) {
            let forger = TestKey::from_secret(hmac, text).with_key_id(key(public).key_id());
            let name = format!("{hmac} with the {form} of {public}");
            attacks.push(token(&name, token_of(&forger).sign(), ALGORITHM));
            if public != Algorithm::PS256 {
                attacks.push(token(
                    &name,
                    token_of(&forger).issuer(LOOSE).sign(),
                    KEY_UNKNOWN,
                ));
            }
        }
    }
    for (own, named) in [
        (Algorithm::ES256, Algorithm::RS256),
        (Algorithm::RS256, Algorithm::Ed25519),
    ] {
        let confused = token_of(key(own))
            .issuer(LOOSE)
            .header("kid", key(named).key_id())
            .sign();
        attacks.push(token(
            format!("{own} under the id of {named}"),
            confused,
            KEY_UNKNOWN,
        ));
        let claimed = token_of(key(own))
            .issuer(LOOSE)
            .header("alg", named.name())
            .sign();
        attacks.push(token(
            format!("{own} under the name of {named}"),
            claimed,
            KEY_UNKNOWN,
        ));
    }
    attacks
}
