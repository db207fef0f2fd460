//! Introspected tokens that are revoked here: rejected whatever the issuer answers later.

use std::time::Duration;

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    Authenticator, ErrorKind, IntrospectionSettings, JwtAuthLayer, RevocationSettings, Revocations,
};

use super::endpoint::{Endpoint, active};
use crate::support::tokio;
use crate::support::{NOW, ask, bearer, clock, token};

const REVOKED: Option<ErrorKind> = Some(ErrorKind::Revoked);
const HOUR: Duration = Duration::from_secs(60 * 60);

struct Setup {
    endpoint: Endpoint,
    layer: JwtAuthLayer,
    clock: TestClock,
    list: Revocations,
}

/// A layer that caches no answer, and whose endpoint answers with these changes.
fn setup(changes: Value, settings: IntrospectionSettings) -> Setup {
    let (endpoint, clock) = (Endpoint::answering(active(changes)), clock());
    let list = Revocations::with_settings(RevocationSettings::default().max_lifetime(HOUR * 2));
    let list = list.unwrap();
    let settings = settings.max_ttl(Duration::ZERO);
    let issuer = endpoint.issuer().introspection_settings(settings);
    let builder = JwtAuthLayer::builder(issuer).clock(clock.clone());
    let layer = builder.revocations(&list).build().unwrap();
    Setup {
        endpoint,
        layer,
        clock,
        list,
    }
}

impl Setup {
    fn new(changes: Value) -> Self {
        setup(changes, IntrospectionSettings::default())
    }

    fn without_exp(changes: Value) -> Self {
        let lifetime = Duration::from_secs(60);
        setup(
            changes,
            IntrospectionSettings::default().default_lifetime(lifetime),
        )
    }

    async fn kind(&self, token: &str) -> Option<ErrorKind> {
        ask(&self.layer, bearer(token)).await.kind()
    }

    fn authenticator(&self) -> &Authenticator {
        self.layer.authenticator()
    }

    /// Revokes a token as a handler does, by its claims.
    async fn revoke(&self, token: &str) {
        let claims = self.authenticator().authenticate(token).await.unwrap();
        self.list.revoke(&claims).unwrap();
        assert_eq!(self.kind(token).await, REVOKED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_jti_stays_revoked_when_the_answer_changes() {
    let setup = Setup::new(json!({}));
    setup.revoke("token").await;
    for changes in [
        json!({"exp": NOW + 3600}),
        json!({"username": "bob@example", "scope": "read"}),
        json!({"iat": null}),
    ] {
        setup.endpoint.answer(active(changes));
        assert_eq!(setup.kind("token").await, REVOKED);
        assert_eq!(setup.kind("another").await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn two_tokens_with_the_same_answer_are_told_apart() {
    let setup = Setup::new(json!({}));
    setup.revoke("token").await;
    assert_eq!(setup.kind("toke").await, None);
    assert_eq!(setup.kind("Token").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_token_revoked_as_text_is_found() {
    let setup = Setup::new(json!({}));
    let revoked = setup.authenticator().revoke("token", &setup.list).await;
    revoked.unwrap();
    setup.endpoint.answer(active(json!({"exp": NOW + 3600})));
    assert_eq!(setup.kind("token").await, REVOKED);
    assert_eq!(setup.kind("another").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_exp_stays_revoked_for_the_maximum_lifetime_and_65_minutes() {
    for id in [json!(null), json!("id")] {
        let setup = Setup::without_exp(json!({"exp": null, "iat": null, "jti": id}));
        setup.revoke("token").await;
        setup
            .clock
            .advance(HOUR * 2 + Duration::from_secs(65 * 60 - 1));
        assert_eq!(setup.kind("token").await, REVOKED);
        setup.clock.advance(Duration::from_secs(1));
        assert_eq!(setup.kind("token").await, None);
    }
}

// Issuers prolong tokens that are used.
#[tokio::test(start_paused = true)]
async fn a_token_whose_exp_is_moved_stays_revoked_for_the_maximum_lifetime() {
    for id in [json!(null), json!("id")] {
        let setup = Setup::new(json!({"iat": null, "jti": id}));
        setup.revoke("token").await;
        setup.clock.advance(HOUR * 3);
        let exp = NOW + 3 * 3600 + 300;
        let answer = active(json!({"iat": null, "jti": id, "exp": exp}));
        setup.endpoint.answer(answer);
        assert_eq!(setup.kind("token").await, REVOKED);
    }
}

// A signature can have several forms that are all valid: with ECDSA, (r, n - s) is as valid as (r, s).
#[tokio::test(start_paused = true)]
async fn an_introspected_jwt_is_found_whatever_its_signature() {
    let settings = IntrospectionSettings::default().introspect_jwts();
    let setup = setup(json!({}), settings);
    let token = token().sign();
    setup.revoke(&token).await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(setup.kind(&format!("{signed}.AAAA")).await, REVOKED);
    // What only resembles a JWT has no signature: its last part tells it from others.
    setup.revoke("v1.public.AAAA").await;
    assert_eq!(setup.kind("v1.public.BBBB").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_cached_answer_of_a_revoked_token_is_not_used() {
    let endpoint = Endpoint::new();
    let list = Revocations::new();
    let builder = endpoint.builder(IntrospectionSettings::default());
    let layer = builder.revocations(&list).build().unwrap();
    let authenticator = layer.authenticator();
    let claims = authenticator.authenticate("token").await.unwrap();
    list.revoke(&claims).unwrap();
    assert_eq!(ask(&layer, bearer("token")).await.kind(), REVOKED);
    assert_eq!(ask(&layer, bearer("another")).await.kind(), None);
    assert_eq!(endpoint.questions(), 2);
}
