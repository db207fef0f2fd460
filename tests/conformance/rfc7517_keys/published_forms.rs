//! Keys in the forms that issuers publish them in. Each row of the table in
//! `docs/keys.md` has its case here, and is what happens.

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer, Key};

use crate::support::tokio;
use crate::support::web::Web;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, decode, default_key, encode, key, send, token_of,
};

const JWKS_URI: &str = "https://issuer.example/jwks";

/// A row of the table: what is served, what a set makes of it, and what `Key::from_jwk` does.
struct Row {
    served: String,
    in_a_set: bool,
    as_a_jwk: Option<bool>,
}

fn rows() -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
    let text = std::fs::read_to_string(path).unwrap();
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    };
    let lines = text.lines().filter(|line| line.starts_with("| "));
    let row = |cells: Vec<String>| {
        let [served, in_a_set, as_a_jwk, _why] = &*cells else {
            panic!("not four cells: {cells:?}")
        };
        let is_used = |answer: &str| match answer {
            "used" => Some(true),
            "skipped" | "rejected" => Some(false),
            "n/a" => None,
            other => panic!("{served}: {other}"),
        };
        Row {
            served: served.clone(),
            in_a_set: is_used(in_a_set).unwrap(),
            as_a_jwk: is_used(as_a_jwk),
        }
    };
    lines.skip(1).map(cells).map(row).collect()
}

/// Returns a P-256 key of which a coordinate starts with a zero byte, and the name of that.
fn with_zero_byte(algorithm: Algorithm) -> (TestKey, &'static str) {
    loop {
        let key = TestKey::generate(algorithm);
        let jwk = key.jwk();
        let starts_with_zero = |name: &&str| decode(jwk[*name].as_str().unwrap()).starts_with(&[0]);
        if let Some(name) = ["x", "y"].into_iter().find(starts_with_zero) {
            return (key, name);
        }
    }
}

fn without_zero_byte(algorithm: Algorithm) -> (TestKey, Value) {
    let (key, name) = with_zero_byte(algorithm);
    let jwk = changed(&key, |jwk| {
        let bytes = decode(jwk[name].as_str().unwrap());
        jwk[name] = json!(encode(&bytes[1..]));
    });
    (key, jwk)
}

/// Returns a key whose JWK has one of the characters in which base64 differs from base64url.
fn with_other_alphabet() -> (TestKey, Value) {
    loop {
        let key = TestKey::generate(Algorithm::ES256);
        let jwk = key.jwk();
        let x = jwk["x"].as_str().unwrap();
        if x.contains(['-', '_']) {
            let standard = x.replace('-', "+").replace('_', "/");
            return (key.clone(), changed(&key, |jwk| jwk["x"] = json!(standard)));
        }
    }
}

fn changed(key: &TestKey, change: impl FnOnce(&mut Value)) -> Value {
    let mut jwk = key.jwk();
    change(&mut jwk);
    jwk
}

fn default_with(change: impl FnOnce(&mut Value)) -> (TestKey, Value) {
    (default_key().clone(), changed(default_key(), change))
}

fn text_of(jwk: &Value, name: &str) -> String {
    jwk[name].as_str().unwrap().to_owned()
}

fn resized(jwk: &mut Value, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = decode(&text_of(jwk, name));
    change(&mut bytes);
    jwk[name] = json!(encode(bytes));
}

/// Sets the lowest of the two bits after the 32 bytes that 43 characters hold.
fn with_trailing_bit(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = text.split_at(text.len() - 1);
    let index = ALPHABET.find(last).unwrap();
    format!("{start}{}", &ALPHABET[index + 1..index + 2])
}

/// Returns the key and its JWK for a row of the table.
fn case(served: &str) -> (TestKey, Value) {
    let rsa = key(Algorithm::RS256);
    match served {
        "byte order mark before the set" => default_with(|_| {}),
        "base64url with padding" => default_with(|jwk| {
            jwk["x"] = json!(format!("{}=", text_of(jwk, "x")));
        }),
        "base64url with too much padding" => default_with(|jwk| {
            jwk["x"] = json!(format!("{}==", text_of(jwk, "x")));
        }),
        "base64 with + and /" => with_other_alphabet(),
        "white space in base64url" => default_with(|jwk| {
            jwk["x"] = json!(format!("{}\n", text_of(jwk, "x")));
        }),
        "base64url with trailing bits" => default_with(|jwk| {
            jwk["x"] = json!(with_trailing_bit(&text_of(jwk, "x")));
        }),
        "EC coordinate without its leading zero byte" => without_zero_byte(Algorithm::ES256),
        "EC coordinate with another leading zero byte" => {
            default_with(|jwk| resized(jwk, "y", |y| y.insert(0, 0)))
        }
        "EC coordinate beyond the field" => {
            default_with(|jwk| resized(jwk, "y", |y| y.insert(0, 1)))
        }
        "EC coordinate that is empty" => default_with(|jwk| jwk["x"] = json!("")),
        "Ed25519 key of 31 bytes" => {
            let key = key(Algorithm::Ed25519);
            let cut = |jwk: &mut Value| resized(jwk, "x", |x| x.truncate(31));
            (key.clone(), changed(key, cut))
        }
        "RSA modulus with a leading zero byte" => {
            let longer = |jwk: &mut Value| resized(jwk, "n", |n| n.insert(0, 0));
            (rsa.clone(), changed(rsa, longer))
        }
        "use is jwt-svid" => default_with(|jwk| jwk["use"] = json!("jwt-svid")),
        "use is x509-svid" => default_with(|jwk| jwk["use"] = json!("x509-svid")),
        "use is enc" => default_with(|jwk| jwk["use"] = json!("enc")),
        "use is a private name" => default_with(|jwk| jwk["use"] = json!("tokens")),
        "alg is RSA-OAEP" => (
            rsa.clone(),
            changed(rsa, |jwk| jwk["alg"] = json!("RSA-OAEP")),
        ),
        "alg of another type of key" => default_with(|jwk| jwk["alg"] = json!("RS256")),
        "key_ops without verify" => default_with(|jwk| jwk["key_ops"] = json!(["sign"])),
        "kid is empty" => default_with(|jwk| jwk["kid"] = json!("")),
        "kid is null" => default_with(|jwk| jwk["kid"] = Value::Null),
        "kid is a number" => default_with(|jwk| jwk["kid"] = json!(1)),
        "certificates and unknown members beside the key" => default_with(|jwk| {
            jwk["x5c"] = json!(["MII"]);
            jwk["x5t#S256"] = json!("AA");
            jwk["status"] = json!({"active": true});
        }),
        "a certificate instead of the key" => (
            rsa.clone(),
            json!({"kty": "RSA", "kid": rsa.key_id(), "x5c": ["MII"]}),
        ),
        "a private member" => default_with(|jwk| jwk["d"] = json!(encode([7; 32]))),
        "a secret that is fetched" => {
            let secret = key(Algorithm::HS256);
            (secret.clone(), secret.jwk())
        }
        // Written as text: a JSON value has each member once.
        "a member twice" => default_with(|_| {}),
        other => panic!("the table has a row without a case: {other}"),
    }
}

/// Returns the JWK as text, and the set of it.
fn documents(served: &str, jwk: &Value) -> (String, String) {
    let mut text = jwk.to_string();
    if served == "a member twice" {
        text = text.replacen('{', "{\"kty\":\"EC\",", 1);
    }
    let set = format!("{{\"keys\":[{text}]}}");
    match served {
        "byte order mark before the set" => (text, format!("\u{feff}{set}")),
        _ => (text, set),
    }
}

fn layer(web: &Web) -> JwtAuthLayer {
    let issuer = Issuer::jwks(ISSUER, JWKS_URI, AUDIENCE).http_client(web.client());
    builder_for(issuer).build().unwrap()
}

#[tokio::test]
async fn each_row_of_the_table_is_what_happens() {
    let rows = rows();
    assert!(rows.len() > 20, "{} rows", rows.len());
    for row in rows {
        let served = row.served.as_str();
        let (key, jwk) = case(served);
        let (alone, set) = documents(served, &jwk);
        let web = Web::default();
        web.publish_bytes(JWKS_URI, set);
        let layer = layer(&web);
        let token = if served.starts_with("kid is") {
            token_of(&key).without_header("kid").sign()
        } else {
            token_of(&key).sign()
        };
        let expected = match (row.in_a_set, key.algorithm().is_symmetric()) {
            (true, _) => 200,
            (false, false) => 503,
            (false, true) => 401,
        };
        let answer = send(&layer, &token).await.named(served);
        assert_eq!(answer.status.as_u16(), expected, "{served}");
        if let Some(expected) = row.as_a_jwk {
            assert_eq!(Key::from_jwk(&alone).is_ok(), expected, "{served}");
        }
    }
}

#[tokio::test]
async fn p521_keys_without_leading_zero_bytes_are_used() {
    let (key, jwk) = without_zero_byte(Algorithm::ES512);
    let web = Web::default();
    web.publish(JWKS_URI, &json!({ "keys": [jwk] }));
    send(&layer(&web), &token_of(&key).sign()).await.accepted();
}

#[tokio::test]
async fn a_padded_modulus_is_used_beside_others() {
    let (padded, other) = (key(Algorithm::RS256), key(Algorithm::RS512));
    let jwk = changed(padded, |jwk| {
        jwk["n"] = json!(format!("{}==", text_of(jwk, "n")));
    });
    let web = Web::default();
    web.publish(JWKS_URI, &json!({"keys": [jwk, other.jwk()]}));
    let layer = layer(&web);
    for key in [padded, other] {
        send(&layer, &token_of(key).sign()).await.accepted();
    }
}

/// An empty key id in a set is none: a key of that id would be found by tokens that name it only.
#[tokio::test]
async fn a_key_with_an_empty_id_is_tried_for_tokens_of_every_id() {
    let web = Web::default();
    let jwk = changed(default_key(), |jwk| jwk["kid"] = json!(""));
    web.publish(JWKS_URI, &json!({ "keys": [jwk] }));
    let layer = layer(&web);
    for token in [
        token_of(default_key()).sign(),
        token_of(default_key()).header("kid", "").sign(),
    ] {
        send(&layer, &token).await.accepted();
    }
}

#[tokio::test]
async fn several_fixed_keys_can_be_an_array_or_a_vec() {
    let keys = [Algorithm::ES256, Algorithm::ES384].map(key);
    let public = || keys.map(|key| Key::from_jwk(&key.jwk().to_string()).unwrap());
    for issuer in [
        Issuer::from_keys(ISSUER, public(), AUDIENCE),
        Issuer::from_keys(ISSUER, public().to_vec(), AUDIENCE),
    ] {
        let layer = builder_for(issuer).build().unwrap();
        for key in keys {
            send(&layer, &token_of(key).sign()).await.accepted();
        }
    }
}
