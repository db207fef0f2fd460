//! When a check runs, and what it sees and leaves.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{
    CheckContext, CheckOutcome, Claims, ErrorKind, TokenCacheSettings, TokenCheck,
};

use crate::checks::support::{bearing, builder, rejection, send, token};
use crate::support::tokio;

/// Records the names of the checks that ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn add(&self, name: &'static str) {
        self.0.lock().unwrap().push(name);
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A check that accepts at once, or after a wait.
struct Accepting {
    name: &'static str,
    waits: bool,
    log: Log,
}

impl TokenCheck for Accepting {
    fn check(&self, _: &Claims, _: &CheckContext<'_>) -> CheckOutcome {
        self.log.add(self.name);
        if self.waits {
            CheckOutcome::pending(async {
                tokio::task::yield_now().await;
                Ok(())
            })
        } else {
            CheckOutcome::accept()
        }
    }
}

#[tokio::test]
async fn checks_run_in_the_order_of_their_stages_and_then_of_their_addition() {
    for waiting in 0..8 {
        let log = Log::default();
        let check = |name, bit: u32| Accepting {
            name,
            waits: waiting & bit != 0,
            log: log.clone(),
        };
        let (authorized, revoked) = (log.clone(), log.clone());
        let layer = builder()
            .reject_replays(100)
            .check(check("first", 1))
            .authorize(move |_| {
                authorized.add("authorize");
                true
            })
            .check(check("second", 2))
            .require_scopes(["read"])
            .reject_revoked(move |_| {
                revoked.add("revoked");
                false
            })
            .check(check("third", 4))
            .build()
            .unwrap();
        let valid = token().claim("scope", "read").claim("jti", "1").sign();
        let (response, seen) = send(&layer, bearing(&valid)).await;
        assert!(response.status().is_success() && seen.is_some());
        let all = ["revoked", "first", "authorize", "second", "third"];
        assert_eq!(log.take(), all);

        let without_scope = token().claim("jti", "2").sign();
        let error = rejection(&layer, &without_scope).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::InsufficientScope);
        assert_eq!(log.take(), ["revoked"], "the other checks did not run");

        let error = rejection(&layer, &valid).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Replayed);
        assert_eq!(log.take(), all, "single use is checked last");
    }
}

#[tokio::test]
async fn a_token_that_a_check_rejects_is_not_used_up() {
    let open = Arc::new(Mutex::new(false));
    for waits in [false, true] {
        *open.lock().unwrap() = false;
        let is_open = Arc::clone(&open);
        let layer = builder()
            .reject_replays(100)
            .check_fn(move |_, _| {
                let outcome = if *is_open.lock().unwrap() {
                    Ok(())
                } else {
                    Err(ErrorKind::InsufficientScope.into())
                };
                if waits {
                    CheckOutcome::pending(std::future::ready(outcome))
                } else {
                    outcome.into()
                }
            })
            .build()
            .unwrap();
        let token = token().claim("jti", "1").sign();
        let kind = async || rejection(&layer, &token).await.map(|error| error.kind());
        assert_eq!(kind().await, Some(ErrorKind::InsufficientScope));
        *open.lock().unwrap() = true;
        assert_eq!(kind().await, None);
        assert_eq!(kind().await, Some(ErrorKind::Replayed));
    }
}

#[tokio::test]
async fn checks_run_for_cached_tokens_too_and_never_for_invalid_ones() {
    let log = Log::default();
    let layer = builder()
        .token_cache(TokenCacheSettings::default())
        .check(Accepting {
            name: "check",
            waits: false,
            log: log.clone(),
        })
        .build()
        .unwrap();
    let valid = token().sign();
    for _ in 0..3 {
        assert!(rejection(&layer, &valid).await.is_none());
        assert_eq!(log.take(), ["check"]);
    }
    for invalid in [token().expired().sign(), format!("{valid}x")] {
        assert!(rejection(&layer, &invalid).await.is_some());
        assert!(log.take().is_empty());
    }
}

/// What a check leaves for the handler.
#[derive(Clone, Debug, PartialEq)]
struct User(String);

#[derive(Clone, Debug, PartialEq)]
struct Plan(&'static str);

#[tokio::test]
async fn what_checks_add_is_in_the_extensions_with_the_claims() {
    for waits in [false, true] {
        let layer = builder()
            .check_fn(move |claims, _| {
                let user = User(claims.subject().unwrap().to_owned());
                if waits {
                    CheckOutcome::pending_with(async { Ok(user) })
                } else {
                    CheckOutcome::accept_with(user)
                }
            })
            .check_fn(|_, _| CheckOutcome::accept_with(Plan("free")))
            .build()
            .unwrap();
        let mut request = bearing(&token().subject("alice").sign());
        request.extensions_mut().insert("of an outer layer");
        request.extensions_mut().insert(Plan("of an outer layer"));
        let (_, seen) = send(&layer, request).await;
        let seen = seen.unwrap();
        assert_eq!(seen.get::<User>(), Some(&User("alice".to_owned())));
        assert_eq!(seen.get::<Plan>(), Some(&Plan("free")));
        assert_eq!(seen.get::<&str>(), Some(&"of an outer layer"));
        let claims: &Claims = Claims::from_extensions(&seen).unwrap();
        assert_eq!(claims.subject(), Some("alice"));
    }
}

#[tokio::test]
async fn a_check_cannot_replace_the_claims() {
    let other = builder().build_authenticator().unwrap();
    let other = other
        .authenticate(&token().subject("admin").sign())
        .await
        .unwrap();
    for waits in [false, true] {
        let other = other.clone();
        let layer = builder()
            .check_fn(move |_, _| {
                let other = other.clone();
                if waits {
                    CheckOutcome::pending_with(async { Ok(other) })
                } else {
                    CheckOutcome::accept_with(other)
                }
            })
            .build()
            .unwrap();
        let (_, seen) = send(&layer, bearing(&token().subject("alice").sign())).await;
        let seen = seen.unwrap();
        assert_eq!(
            <Claims>::from_extensions(&seen).unwrap().subject(),
            Some("alice")
        );
    }
}

#[tokio::test]
async fn a_check_sees_the_request_and_the_time_of_the_clock_also_after_a_wait() {
    let clock = TestClock::new(SystemTime::now());
    let moving = clock.clone();
    let layer = builder()
        .clock(clock.clone())
        .check_fn(move |_, _| {
            let clock = moving.clone();
            CheckOutcome::pending(async move {
                clock.advance(Duration::from_secs(5));
                Ok(())
            })
        })
        .check_fn(|_, context| {
            let request = context.request().unwrap();
            CheckOutcome::accept_with((
                request.method().clone(),
                request.uri().clone(),
                request.headers().contains_key("authorization"),
                request.extensions().get::<&str>().copied(),
                context.now(),
            ))
        })
        .build()
        .unwrap();
    let start = tower_jwt_auth::Clock::now(&clock);
    let mut request = bearing(&token().sign());
    request.extensions_mut().insert("of an outer layer");
    let (_, seen) = send(&layer, request).await;
    let seen = seen.unwrap();
    let seen: &(http::Method, http::Uri, bool, Option<&str>, SystemTime) = seen.get().unwrap();
    assert_eq!(
        (seen.0.as_str(), seen.1.path(), seen.2),
        ("GET", "/orders", true)
    );
    assert_eq!(seen.3, Some("of an outer layer"));
    assert_eq!(seen.4, start + Duration::from_secs(5));
}

#[tokio::test]
async fn an_authenticator_runs_checks_without_a_request() {
    for waits in [false, true] {
        let authenticator = builder()
            .check_fn(move |_, context| {
                assert!(context.request().is_none());
                if waits {
                    CheckOutcome::pending(async { Err(ErrorKind::InsufficientScope.into()) })
                } else {
                    CheckOutcome::reject(ErrorKind::InsufficientScope)
                }
            })
            .build_authenticator()
            .unwrap();
        let error = authenticator
            .authenticate(&token().sign())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InsufficientScope);
    }
}

#[test]
fn a_check_must_come_after_the_claims_type() {
    let error = builder()
        .check_fn(|_, _| CheckOutcome::accept())
        .claims::<serde_json::Value>()
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("claims: must be called before"),
        "{error}"
    );
}
