//! A list of revoked tokens (`Revocations`): which requests are rejected.

use std::time::{Duration, SystemTime};

use tower_jwt_auth::testing::{TestClock, TokenBuilder};
use tower_jwt_auth::{
    ConfigErrorKind, Error, ErrorClass, ErrorKind, JwtAuthLayer, Revocation, RevocationSettings,
    Revocations, TokenCacheSettings, WhenRevocationsFull,
};

use crate::checks::support::{builder, rejection, token};
use crate::support::tokio;
use crate::support::{ISSUER, at, wait_for};

const START: u64 = 1_800_000_000;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A layer with a cache of tokens, its list, and its clock.
struct Setup {
    layer: JwtAuthLayer,
    list: Revocations,
    clock: TestClock,
}

fn with(settings: RevocationSettings) -> Setup {
    let list = Revocations::with_settings(settings).unwrap();
    let clock = TestClock::new(at(START));
    let layer = builder()
        .clock(clock.clone())
        .token_cache(TokenCacheSettings::default())
        .revocations(&list)
        .build()
        .unwrap();
    Setup { layer, list, clock }
}

fn setup() -> Setup {
    with(RevocationSettings::default())
}

impl Setup {
    /// A token with every id, issued now for 5 minutes.
    fn token(&self) -> TokenBuilder {
        token()
            .clock(&self.clock)
            .subject("alice")
            .claim("jti", "1")
            .claim("sid", "session")
            .claim("client_id", "client")
    }

    async fn kind(&self, token: &str) -> Option<ErrorKind> {
        rejection(&self.layer, token)
            .await
            .as_ref()
            .map(Error::kind)
    }

    /// Whether the token is rejected as revoked. It is accepted otherwise.
    async fn is_revoked(&self, token: &str) -> bool {
        match self.kind(token).await {
            None => false,
            Some(ErrorKind::Revoked) => true,
            Some(other) => panic!("rejected for another reason: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_cached_token_is_rejected_at_the_next_request_after_each_kind_of_revocation() {
    let expires_at = at(START + 300);
    for revocation in [
        Revocation::token(ISSUER, "1", expires_at),
        Revocation::subject(ISSUER, "alice"),
        Revocation::session(ISSUER, "session"),
        Revocation::client(ISSUER, "client"),
        Revocation::issuer(ISSUER),
    ] {
        let setup = setup();
        let token = setup.token().sign();
        assert!(!setup.is_revoked(&token).await);
        assert!(!setup.is_revoked(&token).await);
        setup.list.add(revocation).unwrap();
        assert!(setup.is_revoked(&token).await, "{revocation:?}");
        let unseen = setup.token().claim("name", "unseen").sign();
        assert!(setup.is_revoked(&unseen).await, "{revocation:?}");
    }
}

#[tokio::test]
async fn the_methods_revoke_what_their_names_say() {
    type Revoke = fn(&Revocations) -> Result<(), tower_jwt_auth::RevocationsFull>;
    let cases: [(Revoke, &str); 5] = [
        (
            |list| list.revoke_token(ISSUER, "1", at(START + 300)),
            "jti",
        ),
        (|list| list.revoke_subject(ISSUER, "alice"), "sub"),
        (|list| list.revoke_session(ISSUER, "session"), "sid"),
        (|list| list.revoke_client(ISSUER, "client"), "client_id"),
        (|list| list.revoke_issuer(ISSUER), "iss"),
    ];
    for (revoke, claim) in cases {
        let setup = setup();
        revoke(&setup.list).unwrap();
        assert_eq!(setup.list.len(), 1);
        assert!(setup.is_revoked(&setup.token().sign()).await, "{claim}");
        if claim != "iss" {
            let other = setup.token().claim(claim, "other").sign();
            assert!(!setup.is_revoked(&other).await, "{claim}");
        }
    }
}

#[tokio::test]
async fn the_client_is_that_of_client_id_and_of_azp() {
    let setup = setup();
    setup.list.revoke_client(ISSUER, "app").unwrap();
    let token = setup.token().without_claim("client_id");
    assert!(!setup.is_revoked(&token.sign()).await);
    for (client_id, azp) in [("app", "other"), ("other", "app"), ("app", "app")] {
        let token = token.clone().claim("client_id", client_id);
        assert!(setup.is_revoked(&token.claim("azp", azp).sign()).await);
    }
    assert!(setup.is_revoked(&token.claim("azp", "app").sign()).await);
}

#[tokio::test]
async fn a_new_token_of_the_subject_is_accepted() {
    let setup = setup();
    let old = setup.token().sign();
    setup.list.revoke_subject(ISSUER, "alice").unwrap();
    setup.clock.advance(Duration::from_secs(1));
    assert!(setup.is_revoked(&old).await);
    assert!(!setup.is_revoked(&setup.token().sign()).await);
    let without_iat = setup.token().without_claim("iat").sign();
    assert!(setup.is_revoked(&without_iat).await);
}

#[tokio::test]
async fn a_token_is_revoked_by_its_claims_with_and_without_jti() {
    let setup = setup();
    for token in [setup.token(), setup.token().without_claim("jti")] {
        let (one, other) = (token.sign(), token.claim("jti", "2").sign());
        let authenticator = setup.layer.authenticator();
        let claims = wait_for("claims", authenticator.authenticate(&one)).await;
        setup.list.revoke(&claims.unwrap()).unwrap();
        assert!(setup.is_revoked(&one).await);
        assert!(!setup.is_revoked(&other).await);
    }
}

#[tokio::test]
async fn a_token_is_revoked_by_its_text_only_if_it_is_valid() {
    let setup = setup();
    let revoke = async |token: &str| {
        let authenticator = setup.layer.authenticator();
        wait_for("the answer", authenticator.revoke(token, &setup.list)).await
    };
    let token = setup.token().sign();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let (_, signature) = setup
        .token()
        .claim("jti", "2")
        .sign()
        .rsplit_once('.')
        .map(|(signed, signature)| (signed.to_owned(), signature.to_owned()))
        .unwrap();
    for (invalid, kind) in [
        (format!("{signed}.{signature}"), ErrorKind::InvalidSignature),
        ("garbage".to_owned(), ErrorKind::MalformedToken),
        (setup.token().expired().sign(), ErrorKind::Expired),
        (
            setup.token().audience("https://other.example").sign(),
            ErrorKind::WrongAudience,
        ),
    ] {
        assert_eq!(revoke(&invalid).await.unwrap_err().kind(), kind);
    }
    assert!(setup.list.is_empty());
    revoke(&token).await.unwrap();
    assert!(setup.is_revoked(&token).await);
    // One that is bound needs no proof to be revoked.
    let bound = setup.token().claim("jti", "3");
    let bound = bound.bound_to_certificate(b"certificate").sign();
    revoke(&bound).await.unwrap();
    assert_eq!(setup.list.len(), 2);
}

#[tokio::test]
async fn the_clock_is_that_of_the_layer_and_entries_end_by_it() {
    let setup = setup();
    setup
        .list
        .revoke_token(ISSUER, "1", at(START + 300))
        .unwrap();
    // The id is used again, as it should not be.
    let later = |setup: &Setup| setup.token().claim("jti", "1").sign();
    setup
        .clock
        .advance(Duration::from_secs(300) + HOUR + Duration::from_secs(299));
    assert!(setup.is_revoked(&later(&setup)).await);
    setup.clock.advance(Duration::from_secs(1));
    assert!(!setup.is_revoked(&later(&setup)).await);
}

#[tokio::test]
async fn a_token_that_lives_longer_than_an_entry_is_rejected() {
    let setup = with(RevocationSettings::default().max_lifetime(HOUR));
    let token = |lifetime| setup.token().expires_in(lifetime);
    assert_eq!(setup.kind(&token(HOUR).sign()).await, None);
    let second = Duration::from_secs(1);
    let error = rejection(&setup.layer, &token(HOUR + second).sign()).await;
    let error = error.unwrap();
    assert_eq!(
        (error.kind(), error.claim()),
        (ErrorKind::InvalidClaim, Some("exp"))
    );
    // Without `iat`, what is left of its life counts.
    let without_iat = token(HOUR + second).without_claim("iat").sign();
    assert_eq!(
        setup.kind(&without_iat).await,
        Some(ErrorKind::InvalidClaim)
    );
    setup.clock.advance(second);
    assert_eq!(setup.kind(&without_iat).await, None);
}

#[tokio::test]
async fn without_a_list_tokens_may_live_longer() {
    let token = token().expires_in(1000 * HOUR).sign();
    let layer = builder().build().unwrap();
    assert!(rejection(&layer, &token).await.is_none());
    let layer = builder().revocations(&Revocations::new()).build().unwrap();
    let kind = rejection(&layer, &token).await.unwrap().kind();
    assert_eq!(kind, ErrorKind::InvalidClaim);
    let layer = builder()
        .max_lifetime(2000 * HOUR)
        .revocations(&Revocations::new())
        .build()
        .unwrap();
    assert!(rejection(&layer, &token).await.is_none());
}

#[test]
fn a_layer_may_not_accept_tokens_that_live_longer_than_the_entries() {
    let settings = RevocationSettings::default().max_lifetime(HOUR);
    let list = Revocations::with_settings(settings).unwrap();
    let layer = builder().max_lifetime(2 * HOUR).revocations(&list);
    let error = layer.build().unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    let expected = "max_lifetime of RevocationSettings is 3600s: must be at least that of the layer, \
                    7200s";
    assert_eq!(error.to_string(), expected);
    let settings = RevocationSettings::default().max_entries(0);
    assert!(Revocations::with_settings(settings).is_err());
}

#[tokio::test]
async fn a_full_list_fails_closed_by_default_and_open_if_set() {
    for when_full in [WhenRevocationsFull::Reject, WhenRevocationsFull::Accept] {
        let settings = RevocationSettings::default().max_entries(1);
        let setup = with(settings.when_full(when_full));
        let token = setup.token().sign();
        setup.list.revoke_subject(ISSUER, "bob").unwrap();
        assert!(!setup.is_revoked(&token).await);
        setup.list.revoke_subject(ISSUER, "alice").unwrap_err();
        let error = rejection(&setup.layer, &token).await;
        if when_full == WhenRevocationsFull::Reject {
            let error = error.unwrap();
            assert_eq!(error.kind(), ErrorKind::CheckUnavailable);
            assert_eq!(error.class(), ErrorClass::Unavailable);
            assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.ends_with("which is full"), "{cause}");
        } else {
            assert!(error.is_none());
        }
        assert!(setup.is_revoked(&setup.token().subject("bob").sign()).await);
        // What is issued later is accepted in both cases.
        setup.clock.advance(Duration::from_secs(1));
        assert!(!setup.is_revoked(&setup.token().sign()).await);
    }
}

#[tokio::test]
async fn layers_share_a_list() {
    let list = Revocations::new();
    let layers = [(); 2].map(|()| builder().revocations(&list).build().unwrap());
    list.revoke_subject(ISSUER, "alice").unwrap();
    let token = token().subject("alice").sign();
    for layer in &layers {
        let kind = rejection(layer, &token).await.unwrap().kind();
        assert_eq!(kind, ErrorKind::Revoked);
    }
}

#[tokio::test]
async fn a_revoked_token_gets_401_invalid_token() {
    let setup = setup();
    let token = setup.token().sign();
    setup.list.revoke_subject(ISSUER, "alice").unwrap();
    let request = crate::checks::support::bearing(&token);
    let (response, seen) = crate::checks::support::send(&setup.layer, request).await;
    assert_eq!(response.status(), http::StatusCode::UNAUTHORIZED);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains(r#"error="invalid_token""#),
        "{challenge}"
    );
    assert!(
        challenge.contains("the access token was revoked"),
        "{challenge}"
    );
    assert!(seen.is_none());
}

#[tokio::test]
async fn a_revoked_token_is_rejected_before_its_scopes_and_is_not_used() {
    let list = Revocations::new();
    let layer = builder()
        .require_scopes(["orders:write"])
        .reject_replays(1)
        .revocations(&list)
        .build()
        .unwrap();
    list.revoke_subject(ISSUER, "alice").unwrap();
    let alice = token().subject("alice").sign();
    let kind = rejection(&layer, &alice).await.unwrap().kind();
    assert_eq!(kind, ErrorKind::Revoked);
    // The only place of the store is free.
    let bob = token().subject("bob").scope("orders:write").sign();
    assert!(rejection(&layer, &bob).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_predicate_that_waits_rejects_the_revoked_and_leads_to_503_if_it_fails_or_hangs() {
    let layer = builder().reject_revoked_async(|claims| {
        let subject = claims.subject().unwrap_or_default().to_owned();
        async move {
            match &*subject {
                "alice" => Ok(true),
                "bob" => Err("telltale".into()),
                "carol" => std::future::pending().await,
                _ => Ok(false),
            }
        }
    });
    let layer = layer.token_cache(TokenCacheSettings::default());
    let layer = layer.build().unwrap();
    for _ in 0..2 {
        for (subject, expected) in [
            ("alice", Some(ErrorKind::Revoked)),
            ("bob", Some(ErrorKind::CheckUnavailable)),
            ("carol", Some(ErrorKind::CheckUnavailable)),
            ("dave", None),
        ] {
            let token = token().subject(subject).sign();
            let kind = rejection(&layer, &token).await.as_ref().map(Error::kind);
            assert_eq!(kind, expected, "{subject}");
        }
    }
}

#[test]
fn a_list_can_be_filled_before_a_layer_is_built() {
    let list = Revocations::new();
    list.revoke_subject(ISSUER, "alice").unwrap();
    let hour_ago = SystemTime::now() - 2 * HOUR;
    // Its tokens have expired.
    list.revoke_token(ISSUER, "1", hour_ago).unwrap();
    assert_eq!(list.len(), 1);
    assert!(!list.is_empty());
    let shown = format!("{list:?}");
    assert!(
        shown.contains("len: 1") && !shown.contains("alice"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_list_that_is_filled_before_its_layer_is_built_keeps_old_revocations() {
    let (now, day) = (SystemTime::now(), 24 * HOUR);
    let list = Revocations::new();
    let subject = Revocation::subject(ISSUER, "alice");
    list.add(subject.issued_before(now - 3 * day)).unwrap();
    let layer = builder()
        .clock(TestClock::new(now))
        .max_lifetime(7 * day)
        .revocations(&list)
        .build()
        .unwrap();
    for (age, is_revoked) in [(4 * day, true), (2 * day, false)] {
        let issued = TestClock::new(now - age);
        let token = token().clock(&issued).subject("alice").expires_in(6 * day);
        let kind = rejection(&layer, &token.sign()).await;
        let kind = kind.as_ref().map(Error::kind);
        assert_eq!(kind, is_revoked.then_some(ErrorKind::Revoked), "{age:?}");
    }
}
