//! Requirements 9 and 15 to 18, from the service's side: what it sees is what was signed and checked.

use serde::Deserialize;
use serde_json::json;
use tower_jwt_auth::{Algorithm, Claims, ErrorKind, Issuer, JwtAuthLayer, Key, TokenType};

use crate::support::{AUDIENCE, ISSUER, NOW, at, clock, default_key, issuer, layer, payload, send, signed, token};

#[tokio::test]
async fn every_registered_claim_is_seen() {
    let token = token()
        .subject("alice")
        .audience(["x", AUDIENCE])
        .claim("nbf", NOW - 5)
        .claim("jti", "id-1")
        .scope("read write")
        .claim("tenant", json!({"name": "acme"}));
    let claims = send(&layer(), &token.sign()).await.accepted();
    assert_eq!((claims.issuer(), claims.subject(), claims.id()), (ISSUER, Some("alice"), Some("id-1")));
    assert_eq!(claims.audience().collect::<Vec<_>>(), ["x", AUDIENCE]);
    assert_eq!(claims.expires_at(), at(NOW + 300));
    assert_eq!((claims.issued_at(), claims.not_before()), (Some(at(NOW)), Some(at(NOW - 5))));
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["read", "write"]);
    assert_eq!((claims.key_id(), claims.algorithm()), (Some("ES256"), Algorithm::ES256));
    assert_eq!(claims.token_type(), &TokenType::Jwt);
    assert_eq!(claims.get("tenant"), Some(&json!({"name": "acme"})));
    assert_eq!(claims.as_map()["sub"], "alice");
}

#[tokio::test]
async fn what_is_absent_is_seen_as_absent() {
    let token = default_key().sign_raw(r#"{"alg":"ES256"}"#, payload(&[("sub", ""), ("iat", "")]).as_bytes());
    let claims = send(&layer(), &token).await.accepted();
    assert_eq!((claims.subject(), claims.id(), claims.key_id()), (None, None, None));
    assert_eq!((claims.issued_at(), claims.not_before()), (None, None));
    assert_eq!((claims.scopes().count(), claims.token_type()), (0, &TokenType::Unspecified));
    assert_eq!(claims.get("sub"), None);
}

#[tokio::test]
async fn the_json_is_the_text_that_was_signed() {
    let payload = payload(&[("x", " [1 , 2.50, \"\\u0041\"] ")]);
    assert_eq!(send(&layer(), &signed(&payload)).await.accepted().json(), payload);
}

#[tokio::test]
async fn strings_are_seen_without_their_escapes() {
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
async fn a_claim_that_must_be_a_string_is_one() {
    for claim in ["sub", "jti"] {
        for value in ["1", "null", "true", "[]", "{}", "[\"alice\"]"] {
            let answer = send(&layer(), &signed(payload(&[(claim, value)]))).await.named((claim, value));
            answer.invalid_token(ErrorKind::InvalidClaim);
            assert_eq!(answer.claim(), Some(claim));
        }
    }
}

#[tokio::test]
async fn scopes_are_those_of_scope_before_those_of_scp() {
    for order in [[("scope", "\"a\""), ("scp", "[\"b\"]")], [("scp", "[\"b\"]"), ("scope", "\"a\"")]] {
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
    JwtAuthLayer::<Mine>::builder(issuer()).clock(clock()).build().unwrap()
}

#[tokio::test]
async fn claims_deref_to_the_users_type() {
    let token = token().claim("tenant", "acme").claim("roles", ["admin"]).subject("alice");
    let claims: Claims<Mine> = send(&mine(), &token.sign()).await.accepted();
    assert_eq!((claims.tenant.as_str(), &claims.roles[..]), ("acme", &["admin".to_owned()][..]));
    assert_eq!(claims.clone().subject(), Some("alice"));
}

#[tokio::test]
async fn a_payload_that_does_not_fit_the_users_type_is_an_invalid_token() {
    for token in [token(), token().claim("tenant", 1), token().claim("tenant", "a").claim("roles", "admin")] {
        send(&mine(), &token.sign()).await.invalid_token(ErrorKind::InvalidClaim);
    }
}

// A signature comes before anything of the user's.
#[tokio::test]
async fn the_users_type_is_not_read_before_the_signature_is_checked() {
    #[derive(Deserialize)]
    #[serde(try_from = "serde_json::Value")]
    struct Never;
    impl TryFrom<serde_json::Value> for Never {
        type Error = &'static str;
        fn try_from(claims: serde_json::Value) -> Result<Self, &'static str> {
            assert_ne!(claims["sub"], "mallory", "read");
            Ok(Self)
        }
    }
    let layer = JwtAuthLayer::<Never>::builder(issuer()).clock(clock()).build().unwrap();
    let signed = token().subject("mallory").sign();
    let other = token().sign();
    let forged = format!("{}.{}", &signed[..signed.rfind('.').unwrap()], other.rsplit('.').next().unwrap());
    send(&layer, &forged).await.invalid_token(ErrorKind::InvalidSignature);
    send(&layer, &other).await.accepted();
}

#[tokio::test]
async fn nothing_personal_is_shown_by_debug() {
    let token = token().subject("alice").claim("tenant", "acme").claim("jti", "id-1").sign();
    let claims = send(&layer(), &token).await.accepted();
    let mine = send(&mine(), &token).await.accepted();
    let shown = format!("{claims:?} {:?} {mine:?} {:?}", *claims, layer());
    for personal in ["alice", "acme", "id-1", "tenant", &token] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
}

#[test]
fn nothing_of_a_secret_is_shown_by_debug() {
    let secret: Vec<u8> = (b'A'..=b'z').collect();
    let issuer = || Issuer::with_keys(ISSUER, Key::secret(Algorithm::HS256, &secret).unwrap(), AUDIENCE);
    let layer = JwtAuthLayer::<Mine>::builder(issuer()).build().unwrap();
    let shown = format!("{:?} {:?} {layer:?}", issuer(), Key::secret(Algorithm::HS256, &secret));
    assert!(!shown.contains("ABCD") && !shown.contains("65, 66"), "{shown}");
}
