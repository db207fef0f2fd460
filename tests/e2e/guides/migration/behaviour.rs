//! What the pages say under "What behaves differently", about tokens and rejections.

use axum::body::Body;
use axum::{Router, routing::get};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Claims, ConfigError, ConfigErrorKind, Issuer, JsonClaims};

use super::{Answer, ISSUER, KEYS, PROGRAMS, Service, jwt_authorizer, with};
use crate::site::{JwtAuthLayer, StandIn as _, jwk_with};
use crate::support::NOW;
use crate::support::tokio;

#[tokio::test(start_paused = true)]
async fn every_program_accepts_a_token_and_fetches_nothing_before() {
    for program in PROGRAMS {
        let service = Service::start(program);
        assert_eq!(service.site.fetched(), [""; 0], "{}", program.0);
        let answer = service.get(&service.token()).await;
        answer.check(200, program.0);
        assert_eq!(answer.body, "alice of acme");
    }
}

#[tokio::test(start_paused = true)]
async fn issuer_and_audience_are_required_and_all_times_compared() {
    for program in PROGRAMS {
        let service = Service::start(program);
        for (claim, value) in [
            ("iss", Value::Null),
            ("aud", Value::Null),
            ("exp", Value::Null),
            ("iss", json!("https://login.example.com")),
            ("aud", json!("https://other.example.com")),
            ("exp", json!(NOW - 100)),
            ("nbf", json!(NOW + 100)),
            ("iat", json!(NOW + 100)),
        ] {
            let token = with(service.token(), claim, &value);
            let answer = service.get(&token).await;
            answer.check(401, (program.0, claim));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_for_another_purpose_are_rejected() {
    for program in PROGRAMS {
        let service = Service::start(program);
        let token = || service.token();
        for (case, token) in [
            ("an ID token", token().claim("typ", "ID")),
            ("an ID token", token().claim("token_use", "id")),
            ("a refresh token", token().claim("typ", "Refresh")),
            (
                "a logout token",
                token().claim(
                    "events",
                    json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
                ),
            ),
            ("another type", token().header("typ", "dpop+jwt")),
        ] {
            let answer = service.get(&token).await;
            answer.check(401, (program.0, case));
        }
        let access_token = token().header("typ", "at+jwt");
        let answer = service.get(&access_token).await;
        answer.check(200, program.0);
    }
}

#[tokio::test(start_paused = true)]
async fn rejections_have_a_challenge_and_no_text() {
    for program in PROGRAMS {
        let service = Service::start(program);
        let expired = with(service.token(), "exp", &json!(NOW - 100));
        let answer = service.get(&expired).await;
        let challenge = answer.challenge.unwrap();
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
        assert_eq!(answer.body, "");
        let answer = service.get_with("Basic YTpi").await;
        assert_eq!(answer.challenge.as_deref(), Some("Bearer"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_may_lack_a_key_id_and_the_scheme_may_be_in_any_case() {
    for program in PROGRAMS {
        let service = Service::start(program);
        let nameless = service.token().without_header("kid");
        let answer = service.get(&nameless).await;
        answer.check(200, program.0);
        let signed = service.token().sign(&service.site.key);
        for scheme in ["bearer", "BEARER"] {
            let answer = service.get_with(&format!("{scheme} {signed}")).await;
            answer.check(200, (program.0, scheme));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_can_not_be_read_is_skipped() {
    for program in PROGRAMS {
        let service = Service::start(program);
        let broken = jwk_with(&service.site.key, &json!({"kid": "broken", "n": "!"}));
        let nameless = jwk_with(
            &TestKey::generate(Algorithm::ES256),
            &json!({ "kid": null }),
        );
        let keys = [broken, nameless, service.site.key.jwk()];
        service.site.publish_keys(KEYS, keys);
        let answer = service.get(&service.token()).await;
        answer.check(200, program.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_member_is_rejected() {
    for program in PROGRAMS {
        let service = Service::start(program);
        let payload = format!(
            r#"{{"iss":"{ISSUER}","aud":"https://api.example.com","sub":"bob","sub":"alice",
            "tenant":"acme","exp":{}}}"#,
            NOW + 100
        );
        let header = r#"{"alg":"RS256","kid":"2026-11"}"#;
        let token = service.site.key.sign_raw(header, payload.as_bytes());
        let answer = service.get_with(&format!("Bearer {token}")).await;
        answer.check(401, program.0);
    }
}

#[tokio::test(start_paused = true)]
async fn hmac_is_never_verified_with_a_fetched_key() {
    for program in PROGRAMS {
        let service = Service::start(program);
        let forged = service.token().header("alg", "HS256");
        let public = TestKey::from_secret(Algorithm::HS256, service.site.key.pem());
        let answer = service
            .get_with(&format!("Bearer {}", forged.sign(&public)))
            .await;
        answer.check(401, program.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_predicate_that_returns_false_leads_to_403() {
    let service = Service::start(jwt_authorizer::PROGRAM);
    let other = service.token().claim("tenant", "other");
    let answer = service.get(&other).await;
    answer.check(403, "another tenant");
    assert!(
        answer
            .challenge
            .unwrap()
            .contains("error=\"insufficient_scope\"")
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_without_the_layer_responds_with_500() {
    async fn me(user: Claims<JsonClaims>) -> String {
        user.subject().unwrap_or_default().to_owned()
    }
    let app = Router::new().route("/me", get(me));
    let request = Request::get("/me").body(Body::empty()).unwrap();
    let answer = Answer::of(app.oneshot(request).await.unwrap()).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_verified_with_the_keys_of_its_own_issuer() {
    let service = Service::start(jwt_authorizer::PROGRAM);
    let partner = TestKey::generate(Algorithm::RS256).with_key_id("2026-11");
    let (name, keys) = ("https://partner.example", "https://partner.example/keys");
    service.site.publish_keys(keys, [partner.jwk()]);
    let layer = service.site.layer(|| {
        let audience = "https://api.example.com";
        let client = service.site.client();
        let partner = Issuer::jwks(name, keys, audience).http_client(client);
        let own = Issuer::jwks(ISSUER, KEYS, audience);
        JwtAuthLayer::builder(own).add_issuer(partner).build()
    });
    let ask = async |token: String| {
        let request = crate::support::bearer(&token);
        crate::support::ask(&layer, request).await
    };
    let theirs = service.token().claim("iss", name);
    ask(theirs.sign(&partner)).await.accepted();
    let mixed = service.token().sign(&partner);
    let kind = tower_jwt_auth::ErrorKind::InvalidSignature;
    ask(mixed).await.invalid_token(kind);
}

fn kind<T>(built: Result<T, ConfigError>) -> Option<ConfigErrorKind> {
    built.err().map(|error| error.kind())
}

#[test]
fn secrets_that_are_short_or_placeholders_are_rejected_when_the_layer_is_built() {
    for secret in ["secret", "change-me-change-me-change-me-change-me"] {
        let layer = tower_jwt_auth::JwtAuthLayer::from_secret(ISSUER, secret, "api");
        assert_eq!(kind(layer), Some(ConfigErrorKind::WeakSecret), "{secret}");
    }
}

#[test]
fn the_keys_of_an_https_issuer_are_not_fetched_without_tls() {
    let layer = tower_jwt_auth::JwtAuthLayer::jwks(ISSUER, "http://login.example.com/keys", "api");
    assert_eq!(kind(layer), Some(ConfigErrorKind::InsecureUrl));
}
