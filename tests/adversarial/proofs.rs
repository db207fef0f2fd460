//! DPoP proofs (RFC 9449) that are forged, changed, or made for something else, beside a valid token
//! that is bound to the attacker's key, or that was stolen.

use std::sync::OnceLock;

use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{DpopClient, ProofBuilder, TestKey};

use crate::attack::{Attack, Rejection, request};
use crate::site::{encode, es256, token as valid_token};

/// The URL of the site's service, as the proofs name it.
const URL: &str = "https://site.example/telltale-path";

macro_rules! dpop_challenge {
    ($code:literal, $description:literal) => {
        Rejection {
            status: 401,
            grpc: 16,
            challenge: concat!(
                "DPoP error=\"",
                $code,
                "\",error_description=\"",
                $description,
                "\",algs=\"ES256 EdDSA Ed25519\""
            ),
        }
    };
}

const INVALID_PROOF: Rejection =
    dpop_challenge!("invalid_dpop_proof", "the DPoP proof is missing or invalid");
const OTHER_KEY: Rejection = dpop_challenge!(
    "invalid_token",
    "the access token is bound to another key than that of the DPoP proof"
);
const UNBOUND: Rejection = dpop_challenge!(
    "invalid_token",
    "the access token is not bound to a key of the client"
);
const MALFORMED: Rejection = dpop_challenge!("invalid_token", "the access token is malformed");
const TYPE: Rejection = dpop_challenge!("invalid_token", "the token's type is not allowed");
const UNPROVEN: Rejection = dpop_challenge!(
    "invalid_token",
    "the access token is bound to a key that the request does not prove"
);

fn client() -> &'static DpopClient {
    static CLIENT: OnceLock<DpopClient> = OnceLock::new();
    CLIENT.get_or_init(|| DpopClient::generate(Algorithm::ES256))
}

fn thief() -> &'static DpopClient {
    static CLIENT: OnceLock<DpopClient> = OnceLock::new();
    CLIENT.get_or_init(|| DpopClient::generate(Algorithm::ES256))
}

fn bound() -> String {
    valid_token().bound_to(client()).sign()
}

fn proof(token: &str) -> ProofBuilder {
    client().proof("POST", URL, token)
}

/// Returns the headers of a valid request.
pub(crate) fn valid() -> Attack {
    let token = bound();
    with("valid", &token, &proof(&token).sign(), INVALID_PROOF)
}

fn with(name: impl Into<String>, token: &str, proof: &str, rejection: Rejection) -> Attack {
    let authorization = format!("DPoP {token}");
    let headers: [(&str, &[u8]); 3] = [
        (AUTHORIZATION.as_str(), authorization.as_bytes()),
        ("dpop", proof.as_bytes()),
        ("host", b"site.example"),
    ];
    request(name, &headers, rejection)
}

/// Returns attacks with one change of a valid proof each.
fn changed(changes: impl IntoIterator<Item = (String, ProofBuilder)>) -> Vec<Attack> {
    let attack = |(name, proof): (String, ProofBuilder)| {
        with(name, &bound_once(), &proof.sign(), INVALID_PROOF)
    };
    changes.into_iter().map(attack).collect()
}

/// Returns the token that the changed proofs are for: always the same.
fn bound_once() -> String {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(bound).clone()
}

fn base() -> ProofBuilder {
    proof(&bound_once())
}

pub(crate) fn headers() -> Vec<Attack> {
    let mut changes = Vec::new();
    let none = (0..16_u8).map(|bits| {
        let letter = |(index, letter): (usize, char)| {
            let is_upper = bits >> index & 1 == 1;
            if is_upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        };
        "none".chars().enumerate().map(letter).collect::<String>()
    });
    let algorithms = ["HS256", "RS256", "ES384", "EdDSA", "es256", "ES256K", ""];
    for alg in none.chain(algorithms.map(ToOwned::to_owned)) {
        changes.push((format!("alg {alg}"), base().header("alg", &alg)));
    }
    for typ in [
        "JWT",
        "at+jwt",
        "dpop",
        "logout+jwt",
        "secevent+jwt",
        "dpop+jwt;x",
    ] {
        changes.push((format!("typ {typ}"), base().header("typ", typ)));
    }
    let jwk = client().jwk();
    let zero = encode([0; 32]);
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        let mut private = jwk.clone();
        private[member] = json!(zero);
        changes.push((
            format!("private member {member}"),
            base().header("jwk", private),
        ));
    }
    let keys = [
        json!({"kty": "oct", "k": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["x"]}),
        json!({"kty": "EC", "crv": "secp256k1", "x": jwk["x"], "y": jwk["y"]}),
        json!({"kty": "EC", "crv": "P-256", "x": jwk["x"]}),
        json!({"kty": "RSA", "e": "AQAB", "n": encode([0xff; 128])}),
        json!({"kty": "RSA", "e": "AQ", "n": encode([0xff; 256])}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": zero}),
        json!([jwk]),
        json!(null),
        json!({"$serde_json::private::RawValue": jwk.to_string()}),
    ];
    for key in keys {
        changes.push((format!("jwk {key}"), base().header("jwk", key)));
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("$serde_json::private::RawValue", json!("{}")),
    ] {
        changes.push((format!("{name} {value}"), base().header(name, value)));
    }
    let members: serde_json::Map<String, Value> = (0..200)
        .map(|index| (index.to_string(), json!(0)))
        .collect();
    changes.push(("200 members".to_owned(), base().header("more", members)));
    changes.push((
        "10 KB".to_owned(),
        base().header("more", "x".repeat(10_000)),
    ));
    changed(changes)
}

pub(crate) fn claims() -> Vec<Attack> {
    let mut changes = Vec::new();
    for htm in ["post", "GET", "POST,GET", "POST ", "HEAD", ""] {
        changes.push((format!("htm {htm}"), base().claim("htm", htm)));
    }
    for htu in [
        "http://site.example/telltale-path",
        "https://site.example/telltale-path/",
        "https://site.example/Telltale-path",
        "https://site.example//telltale-path",
        "https://site.example/x/..%2ftelltale-path",
        "https://site.example.evil/telltale-path",
        "https://site.example@evil/telltale-path",
        "https://user@site.example/telltale-path",
        "https://evil/telltale-path",
        "https://site.example:8443/telltale-path",
        "https://site.example:65536/telltale-path",
        "https:site.example/telltale-path",
        "https:\\\\site.example\\telltale-path",
        "https://site.example/telltale-path\r\n",
        "https://login.example/token",
        "/telltale-path",
        "",
    ] {
        changes.push((format!("htu {htu}"), base().claim("htu", htu)));
    }
    for value in [
        json!(null),
        json!(1),
        json!(["POST"]),
        json!({}),
        json!(true),
    ] {
        for claim in ["jti", "htm", "htu", "ath"] {
            changes.push((format!("{claim} {value}"), base().claim(claim, &value)));
        }
    }
    for iat in [
        json!("1"),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(4_102_444_800_000_u64),
    ] {
        changes.push((format!("iat {iat}"), base().claim("iat", iat)));
    }
    changes.push((
        "iat of 2100".to_owned(),
        base().claim("iat", 4_102_444_800_u64),
    ));
    changes.push((
        "jti of 1 KB".to_owned(),
        base().claim("jti", "x".repeat(1000)),
    ));
    changes.push(("exp".to_owned(), base().claim("exp", 1)));
    changes.push(("ath of nothing".to_owned(), base().claim("ath", "")));
    let other = proof(&valid_token().bound_to(client()).sign());
    changes.push(("ath of another token".to_owned(), other));
    for claim in ["jti", "htm", "htu", "iat", "ath"] {
        changes.push((format!("without {claim}"), base().without_claim(claim)));
    }
    changed(changes)
}

pub(crate) fn signatures() -> Vec<Attack> {
    let (token, valid) = (bound_once(), base().sign());
    let (message, signature) = valid.rsplit_once('.').unwrap();
    let attack = |name: &str, proof: String| with(name, &token, &proof, INVALID_PROOF);
    let jwk = client().jwk().to_string();
    let secret = TestKey::from_secret(Algorithm::HS256, jwk.as_bytes());
    let header = format!("{{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\",\"jwk\":{jwk}}}");
    let claims = crate::site::decode(valid.split('.').nth(1).unwrap());
    let doubled =
        format!("{{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":{jwk},\"\\u006awk\":{jwk}}}");
    vec![
        attack("none", format!("{message}.")),
        attack("r = s = 0", format!("{message}.{}", encode([0; 64]))),
        attack(
            "in DER",
            format!("{message}.{}", encode([0x30, 0x06, 2, 1, 1, 2, 1, 1])),
        ),
        attack("cut", format!("{message}.{}", &signature[..84])),
        attack("by another key", base().signed_by(thief().key()).sign()),
        attack(
            "of another proof",
            format!("{message}.{}", base().sign().rsplit_once('.').unwrap().1),
        ),
        attack("HMAC by the public key", secret.sign_raw(&header, &claims)),
        attack("jwk twice", client().key().sign_raw(&doubled, &claims)),
        attack("three dots", format!("{valid}.")),
        attack(
            "JSON serialization",
            format!("{{\"payload\":\"{}\"}}", encode(&claims)),
        ),
    ]
}

/// Tokens and proofs in each other's place, and those of others.
pub(crate) fn thefts() -> Vec<Attack> {
    let (token, unbound) = (bound(), valid_token().sign());
    let valid = proof(&token).sign();
    let own = valid_token().bound_to(thief()).sign();
    let by_thief = |token: &str| thief().proof("POST", URL, token).sign();
    let cnf = json!({"jkt": client().thumbprint(), "jwk": client().jwk()});
    let unknown = valid_token().claim("cnf", cnf).sign();
    let mut attacks = vec![
        with(
            "a stolen token, with the thief's proof",
            &token,
            &by_thief(&token),
            OTHER_KEY,
        ),
        with(
            "a proof for the thief's own token",
            &token,
            &by_thief(&own),
            INVALID_PROOF,
        ),
        with(
            "the thief's token, with a stolen proof",
            &own,
            &valid,
            INVALID_PROOF,
        ),
        with("an unbound token", &unbound, &by_thief(&unbound), UNBOUND),
        with("a token as proof", &token, &token, INVALID_PROOF),
        with("a proof as token", &valid, &proof(&valid).sign(), TYPE),
        with("no token", "x", &valid, MALFORMED),
        with(
            "an unknown confirmation method",
            &unknown,
            &proof(&unknown).sign(),
            UNPROVEN,
        ),
    ];
    let logout = es256().token().header("typ", "logout+jwt").sign();
    attacks.push(with(
        "a logout token as proof",
        &token,
        &logout,
        INVALID_PROOF,
    ));
    let authorization = format!("DPoP {token}");
    let host: (&str, &[u8]) = ("host", b"site.example");
    let authorized = (AUTHORIZATION.as_str(), authorization.as_bytes());
    attacks.push(request("no proof", &[authorized, host], INVALID_PROOF));
    let proof_header = ("dpop", valid.as_bytes());
    let twice = [authorized, proof_header, proof_header, host];
    attacks.push(request("a proof twice", &twice, INVALID_PROOF));
    attacks.push(with(
        "two in one field",
        &token,
        &format!("{valid}, {valid}"),
        INVALID_PROOF,
    ));
    // What a proxy that is not trusted says about the URL decides nothing.
    for name in [
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-prefix",
        "forwarded",
        "x-http-method-override",
    ] {
        let elsewhere = proof(&token)
            .claim("htu", "https://evil.example/telltale-path")
            .sign();
        let headers = [
            authorized,
            ("dpop", elsewhere.as_bytes()),
            host,
            (name, b"host=evil.example"),
        ];
        attacks.push(request(
            format!("{name} of a stranger"),
            &headers,
            INVALID_PROOF,
        ));
    }
    attacks
}
