//! Requirements 9 and 15 to 18, in the service: it receives what was signed and checked.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use tower_jwt_auth::{Algorithm, Claims, ErrorKind, Issuer, JwtAuthLayer, Key, TokenType};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, NOW, at, clock, default_key, issuer, layer, payload, send, signed, token,
};

#[tokio::test]
async fn the_service_receives_every_registered_claim() {
    let token = token()
        .subject("alice")
        .audience(["x", AUDIENCE])
        .claim("nbf", NOW - 5)
        .claim("jti", "id-1")
        .scope("read write")
        .claim("tenant", json!({"name": "acme"}));
    let claims = send(&layer(), &token.sign()).await.accepted();
    assert_eq!(
        (claims.issuer(), claims.subject(), claims.id()),
        (ISSUER, Some("alice"), Some("id-1"))
    );
    assert_eq!(claims.audience().collect::<Vec<_>>(), ["x", AUDIENCE]);
    assert_eq!(claims.expires_at(), at(NOW + 300));
    assert_eq!(
        (claims.issued_at(), claims.not_before()),
        (Some(at(NOW)), Some(at(NOW - 5)))
    );
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert_eq!(
        (claims.key_id(), claims.algorithm()),
        (Some("ES256"), Some(Algorithm::ES256))
    );
    assert_eq!(claims.token_type(), &TokenType::Jwt);
    assert_eq!(claims.get("tenant"), Some(&json!({"name": "acme"})));
    assert_eq!(claims.as_map()["sub"], "alice");
}

#[tokio::test]
async fn an_absent_claim_is_none() {
    let token = default_key().sign_raw(
        r#"{"alg":"ES256"}"#,
        payload(&[("sub", ""), ("iat", "")]).as_bytes(),
    );
    let claims = send(&layer(), &token).await.accepted();
    assert_eq!(
        (claims.subject(), claims.id(), claims.key_id()),
        (None, None, None)
    );
    assert_eq!((claims.issued_at(), claims.not_before()), (None, None));
    assert_eq!(
        (claims.scopes().count(), claims.token_type()),
        (0, &TokenType::Unspecified)
    );
    assert_eq!(claims.get("sub"), None);
}

#[tokio::test]
async fn the_json_of_the_claims_is_the_signed_text() {
    let payload = payload(&[("x", " [1 , 2.50, \"\\u0041\"] ")]);
    assert_eq!(
        send(&layer(), &signed(&payload)).await.accepted().json(),
        payload
    );
}

#[tokio::test]
async fn escapes_in_strings_are_decoded() {
    let claims = [
        ("sub", r#""a\u006cice \"x\" \\ \/ \n \ud83d\ude00 é""#),
        ("jti", r#""\u0069d""#),
        ("aud", r#"["https:\/\/api.example","\u0078"]"#),
        ("scope", r#""re\u0061d\u0020write""#),
    ];
    let claims = send(&layer(), &signed(payload(&claims))).await.accepted();
    assert_eq!(claims.subject(), Some("alice \"x\" \\ / \n 😀 é"));
    assert_eq!(claims.id(), Some("id"));
    assert_eq!(claims.audience().collect::<Vec<_>>(), [AUDIENCE, "x"]);
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["read", "write"]);
}

#[tokio::test]
async fn a_rejection_names_the_claim_that_is_absent_or_invalid() {
    for claim in ["exp", "iss", "aud"] {
        let answer = send(&layer(), &token().without_claim(claim).sign()).await;
        answer.invalid_token(ErrorKind::MissingClaim);
        assert_eq!(answer.claim(), Some(claim));
    }
    for claim in ["exp", "nbf", "iat", "iss", "aud", "sub", "jti"] {
        let answer = send(&layer(), &signed(payload(&[(claim, "null")]))).await;
        answer.invalid_token(ErrorKind::InvalidClaim);
        assert_eq!(answer.claim(), Some(claim));
    }
}

#[tokio::test]
async fn scope_takes_precedence_over_scp() {
    for order in [
        [("scope", "\"a\""), ("scp", "[\"b\"]")],
        [("scp", "[\"b\"]"), ("scope", "\"a\"")],
    ] {
        let claims = send(&layer(), &signed(payload(&order))).await.accepted();
        assert_eq!(claims.scopes().collect::<Vec<_>>(), ["a"]);
    }
}

/// A user's own claims.
#[derive(Debug, Deserialize)]
struct Mine {
    tenant: String,
    #[serde(default)]
    roles: Vec<String>,
}

fn mine() -> JwtAuthLayer<Mine> {
    JwtAuthLayer::builder(issuer())
        .claims::<Mine>()
        .clock(clock())
        .build()
        .unwrap()
}

#[tokio::test]
async fn claims_deref_to_the_users_type() {
    let token = token()
        .claim("tenant", "acme")
        .claim("roles", ["admin"])
        .subject("alice");
    let claims: Claims<Mine> = send(&mine(), &token.sign()).await.accepted();
    assert_eq!(
        (claims.tenant.as_str(), &claims.roles[..]),
        ("acme", &["admin".to_owned()][..])
    );
    assert_eq!(claims.clone().subject(), Some("alice"));
}

#[tokio::test]
async fn a_payload_that_does_not_fit_the_users_type_is_an_invalid_token() {
    for token in [
        token(),
        token().claim("tenant", 1),
        token().claim("tenant", "a").claim("roles", "admin"),
    ] {
        send(&mine(), &token.sign())
            .await
            .invalid_token(ErrorKind::InvalidClaim);
    }
}

/// Ignores what it does not understand, and also errors.
#[derive(Debug)]
struct Careless;

impl<'de> Deserialize<'de> for Careless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Careless {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut claims: A) -> Result<Self, A::Error> {
        // More often than there are claims.
        for _ in 0..20 {
            if let Ok(Some(IgnoredAny)) = claims.next_key() {
                let _ = claims.next_value::<u8>();
            }
        }
        Ok(self)
    }
}

#[tokio::test]
async fn errors_that_a_claims_type_ignores_are_rejected() {
    let careless = JwtAuthLayer::builder(issuer())
        .claims::<Careless>()
        .clock(clock())
        .build()
        .unwrap();
    send(&careless, &token().claim("tenant", "acme").sign())
        .await
        .accepted();
    for claim in [
        ("nbf", r#""never""#),
        ("nbf", "-1"),
        ("iat", "true"),
        ("sub", "1"),
        ("jti", "null"),
        ("aud", "1"),
    ] {
        let answer = send(&careless, &signed(payload(&[claim])))
            .await
            .named(claim);
        answer.invalid_token(ErrorKind::InvalidClaim);
    }
    let twice = payload(&[]).replacen('{', r#"{"nbf":4000000000,"nbf":1,"#, 1);
    send(&careless, &signed(twice))
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

/// Skips a claim if deserializing its name fails, as it does for unknown names.
#[derive(Debug)]
struct Skipping;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Iss,
    Aud,
    Exp,
    Tenant,
}

impl<'de> Deserialize<'de> for Skipping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Skipping {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut claims: A) -> Result<Self, A::Error> {
        while let Some(Name::Iss | Name::Aud | Name::Exp | Name::Tenant) =
            claims.next_key().unwrap_or(Some(Name::Tenant))
        {
            claims.next_value::<IgnoredAny>()?;
        }
        Ok(self)
    }
}

#[tokio::test]
async fn a_claim_that_a_claims_type_skips_by_an_error_is_checked() {
    let skipping = JwtAuthLayer::builder(issuer())
        .claims::<Skipping>()
        .clock(clock())
        .build()
        .unwrap();
    send(&skipping, &token().claim("tenant", "acme").sign())
        .await
        .accepted();
    send(&skipping, &token().claim("nbf", NOW + 1000).sign())
        .await
        .invalid_token(ErrorKind::NotYetValid);
    send(&skipping, &token().claim("sub", 7).sign())
        .await
        .invalid_token(ErrorKind::InvalidClaim);
}

/// Requires an exact number of audiences and scopes.
#[derive(Debug, Deserialize)]
struct Exact {
    #[serde(rename = "aud")]
    _aud: [String; 1],
    #[serde(rename = "scp")]
    _scp: (String, String),
}

#[tokio::test]
async fn an_array_that_is_longer_than_the_users_type_is_an_invalid_token() {
    let exact = JwtAuthLayer::builder(issuer())
        .claims::<Exact>()
        .clock(clock())
        .build()
        .unwrap();
    let token = |aud: &[&str], scp: &[&str]| token().claim("aud", aud).claim("scp", scp).sign();
    send(&exact, &token(&[AUDIENCE], &["a", "b"]))
        .await
        .accepted();
    for (aud, scp) in [
        (&[AUDIENCE, "other"][..], &["a", "b"][..]),
        (&[AUDIENCE], &["a", "b", "c"]),
    ] {
        send(&exact, &token(aud, scp))
            .await
            .invalid_token(ErrorKind::InvalidClaim);
    }
}

// The signature is verified before the user's code runs.
#[tokio::test]
async fn the_users_type_is_not_deserialized_before_the_signature_is_verified() {
    #[derive(Deserialize)]
    #[serde(try_from = "serde_json::Value")]
    struct Never;
    impl TryFrom<serde_json::Value> for Never {
        type Error = &'static str;
        fn try_from(claims: serde_json::Value) -> Result<Self, &'static str> {
            assert_ne!(claims["sub"], "mallory", "deserialized");
            Ok(Self)
        }
    }
    let layer = JwtAuthLayer::builder(issuer())
        .claims::<Never>()
        .clock(clock())
        .build()
        .unwrap();
    let signed = token().subject("mallory").sign();
    let other = token().sign();
    let forged = format!(
        "{}.{}",
        &signed[..signed.rfind('.').unwrap()],
        other.rsplit('.').next().unwrap()
    );
    send(&layer, &forged)
        .await
        .invalid_token(ErrorKind::InvalidSignature);
    send(&layer, &other).await.accepted();
}

#[tokio::test]
async fn debug_shows_nothing_personal() {
    let token = token()
        .subject("alice")
        .claim("tenant", "acme")
        .claim("jti", "id-1")
        .sign();
    let claims = send(&layer(), &token).await.accepted();
    let mine = send(&mine(), &token).await.accepted();
    let shown = format!("{claims:?} {:?} {mine:?} {:?}", *claims, layer());
    for personal in ["alice", "acme", "id-1", "tenant", &token] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
}

#[test]
fn debug_shows_no_part_of_a_secret() {
    let secret = b"ABCD5f1d0c9be27a4836fd0b7c3ee1944b2f";
    let issuer = || {
        Issuer::from_keys(
            ISSUER,
            Key::from_secret(Algorithm::HS256, secret).unwrap(),
            AUDIENCE,
        )
    };
    let layer = JwtAuthLayer::builder(issuer())
        .claims::<Mine>()
        .build()
        .unwrap();
    let shown = format!(
        "{:?} {:?} {layer:?}",
        issuer(),
        Key::from_secret(Algorithm::HS256, secret)
    );
    assert!(
        !shown.contains("ABCD") && !shown.contains("65, 66"),
        "{shown}"
    );
}
