use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use tower_jwt_auth::testing::{TestClock, TestKey};
use tower_jwt_auth::{Algorithm, Clock as _};

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn key() -> TestKey {
    TestKey::generate(Algorithm::HS256).with_key_id("k")
}

#[test]
fn a_token_is_valid_by_default() {
    let token = key().token().sign();
    assert_eq!(
        part(&token, 0),
        json!({"alg": "HS256", "kid": "k", "typ": "JWT"})
    );
    let claims = part(&token, 1);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(claims["iat"].as_u64().unwrap().abs_diff(now) <= 1);
    assert_eq!(
        claims["exp"].as_u64().unwrap(),
        claims["iat"].as_u64().unwrap() + 300
    );
    assert_eq!(
        (&claims["sub"], &claims["aud"]),
        (&json!("test-subject"), &json!("https://api.example"))
    );
    assert_eq!(claims.get("iss"), None);
}

#[test]
fn each_signed_token_has_its_own_id() {
    let builder = key().token();
    assert_ne!(
        part(&builder.sign(), 1)["jti"],
        part(&builder.sign(), 1)["jti"]
    );
}

// RFC 8705 §3.1 and RFC 9449 §6.1: both are members of one claim.
#[test]
fn a_token_is_bound_to_a_certificate_beside_other_bindings() {
    // The SHA-256 of `abc`: FIPS 180-2, appendix B.1.
    let thumbprint = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let bound = key().token().bound_to_certificate("abc");
    assert_eq!(
        part(&bound.sign(), 1)["cnf"],
        json!({"x5t#S256": thumbprint})
    );
    let both = key()
        .token()
        .claim("cnf", json!({"jkt": "k", "x5t#S256": "other"}));
    let both = both.bound_to_certificate(b"abc").sign();
    assert_eq!(
        part(&both, 1)["cnf"],
        json!({"jkt": "k", "x5t#S256": thumbprint})
    );
    let replaced = key()
        .token()
        .claim("cnf", "text")
        .bound_to_certificate("abc");
    assert_eq!(
        part(&replaced.sign(), 1)["cnf"],
        json!({"x5t#S256": thumbprint})
    );
}

#[test]
fn members_can_be_replaced_added_and_removed() {
    let token = key()
        .token()
        .issuer("https://a")
        .subject("s")
        .audience(["x", "y"])
        .scope("a b")
        .claim("n", [1.5]);
    let token = token
        .without_claim("jti")
        .without_header("typ")
        .header("alg", "none")
        .header("crit", ["b64"]);
    let token = token.issued_at(SystemTime::UNIX_EPOCH).sign();
    assert_eq!(
        part(&token, 0),
        json!({"alg": "none", "kid": "k", "crit": ["b64"]})
    );
    let claims = json!({
        "iss": "https://a", "sub": "s", "aud": ["x", "y"],
        "scope": "a b", "n": [1.5], "iat": 0, "exp": 300
    });
    assert_eq!(part(&token, 1), claims);
}

#[test]
fn times_are_relative_to_the_clock() {
    let clock = TestClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(10_000));
    let times = |token: &str| {
        (
            part(token, 1)["iat"].as_i64().unwrap(),
            part(token, 1)["exp"].as_i64().unwrap(),
        )
    };
    let token = key().token().clock(&clock);
    assert_eq!(times(&token.sign()), (10_000, 10_300));
    assert_eq!(
        times(&token.clone().expires_in(Duration::from_secs(5)).sign()),
        (10_000, 10_005)
    );
    assert_eq!(times(&token.clone().expired().sign()), (6_100, 6_400));
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(7);
    assert_eq!(times(&token.issued_at(before).sign()), (-7, 293));
}

#[test]
fn another_key_sets_its_own_algorithm_and_id() {
    let other = TestKey::generate(Algorithm::Ed25519).with_key_id("other");
    let header = part(&key().token().key(&other).sign(), 0);
    assert_eq!(
        header,
        json!({"alg": "Ed25519", "kid": "other", "typ": "JWT"})
    );
}

#[test]
fn raw_header_and_payload_are_signed_unchanged() {
    let token = key().sign_raw("{ }", b"\xff");
    assert!(token.starts_with("eyB9._w."));
}

#[test]
fn clones_of_a_clock_show_the_same_time() {
    let clock = TestClock::frozen();
    let clone = clock.clone();
    clock.advance(Duration::from_secs(1));
    assert_eq!(clone.now(), clock.now());
    clone.set(SystemTime::UNIX_EPOCH);
    assert_eq!(clock.now(), SystemTime::UNIX_EPOCH);
}
