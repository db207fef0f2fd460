//! Verifying logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6), with the keys of an
//! authenticator and rules of their own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Extensions;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Authenticator, Engine};
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::jwt::{AudRule, AudienceRule, BindingRules, Claims, Rules, TypeRule};
use crate::observe::{ObservedInsert, Observers};
use crate::policy::{CheckContext, CheckOutcome, Policy, SingleUse, Stage, TokenCheck};
use crate::replay::ReplayStore;
use crate::revocation::{Revocation, Revocations, RevocationsFull};
use crate::trace;

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Which logout tokens are valid.
#[derive(Clone)]
pub(crate) struct LogoutRules {
    /// The values one of which `aud` must contain.
    pub(crate) client_ids: Vec<String>,
    pub(crate) max_age: Duration,
    pub(crate) allow_untyped: bool,
    /// For their `jti`.
    pub(crate) replay_store: Arc<dyn ReplayStore>,
}

/// Verifies logout tokens, and revokes what they name.
#[derive(Clone)]
pub(crate) struct LogoutVerifier(Authenticator<LogoutClaims>);

/// The claims of a logout token that are not those of every token, in whatever type they have.
#[derive(Deserialize)]
pub(super) struct LogoutClaims {
    iss: Option<IgnoredAny>,
    events: Option<Value>,
    nonce: Option<IgnoredAny>,
    sid: Option<IgnoredAny>,
}

/// The check that a verified token is a logout token. Then revokes what it names.
///
/// Before the id is used: nothing is lost if the token is sent again after an outage of a store.
/// The outcome depends on the token only, so it makes no difference how often that is done.
struct LogOut {
    list: Revocations,
    leeway: Duration,
}

impl LogoutVerifier {
    /// Verifies a token, and revokes what it names.
    pub(crate) async fn log_out(&self, token: &str) -> Result<(), Error> {
        let claims = self.0.authenticate(token).await?;
        let has_session = claims.session_id().is_some();
        let of = if has_session { "session" } else { "subject" };
        trace::logged_out(claims.issuer(), of);
        Ok(())
    }
}

impl<C> Authenticator<C> {
    /// Returns a verifier of logout tokens of the same issuers, by their cached keys. They fill the
    /// list of this authenticator.
    ///
    /// # Errors
    ///
    /// If there is no list, or the store's time limit is not shorter than that of checks.
    pub(crate) fn logout_verifier(
        &self,
        settings: LogoutRules,
    ) -> Result<LogoutVerifier, ConfigError> {
        let (engine, policy) = self.parts();
        let Some(revocations) = &engine.rules.revocations else {
            return Err(ConfigError::invalid_setting(
                "BackChannelLogout: the layer has no list that a logout could fill; set \
                 revocations",
            ));
        };
        let list = revocations.list.clone();
        let rules = rules(&engine.rules, &settings);
        let (leeway, store) = (rules.leeway, settings.replay_store);
        let mut checks = Policy::with_timeout(policy.timeout);
        checks.add(Stage::Revocation, LogOut { list, leeway });
        checks.add_single_use(SingleUse {
            store,
            leeway,
            observed: ObservedInsert::default(),
        });
        checks.check_store_timeouts()?;
        let engine = Engine {
            issuers: Arc::clone(&engine.issuers),
            rules,
            audience: Some(audience(settings.client_ids)),
            token_cache: None,
            offload: None,
            observers: Observers::default(),
        };
        let sources = Arc::clone(self.sources());
        Ok(LogoutVerifier(Authenticator::new(engine, checks, sources)))
    }
}

/// Returns the rules for logout tokens: only the bounds and the clock are those of access tokens.
fn rules(of_access_tokens: &Rules, settings: &LogoutRules) -> Rules {
    Rules {
        max_age: Some(settings.max_age),
        max_lifetime: None,
        revocations: None,
        types: TypeRule::Logout {
            allow_untyped: settings.allow_untyped,
        },
        allow_missing_type: None,
        rfc9068: false,
        bindings: BindingRules::default(),
        ..of_access_tokens.clone()
    }
}

fn audience(client_ids: Vec<String>) -> AudienceRule {
    AudienceRule {
        aud: AudRule::AnyOf(client_ids),
        claims: Vec::new(),
        header_parameters: Vec::new(),
        scopes: Vec::new(),
    }
}

impl TokenCheck<LogoutClaims> for LogOut {
    fn check(&self, claims: &Claims<LogoutClaims>, _: &CheckContext<'_>) -> CheckOutcome {
        let revoked = check(claims).and_then(|()| {
            let revoked = self.revoke(claims);
            revoked.map_err(|full| Error::check_unavailable(Some(Arc::new(full))))
        });
        if revoked.is_err() || !self.list.is_shared() {
            return revoked.into();
        }
        let list = self.list.clone();
        CheckOutcome::Pending(Box::pin(async move {
            let stored = list.stored().await;
            let failed = |error| Error::check_unavailable(Some(Arc::new(error)));
            stored.map(|()| Extensions::new()).map_err(failed)
        }))
    }
}

/// Requires what makes a token a logout token, and rejects what makes it another one.
fn check(claims: &Claims<LogoutClaims>) -> Result<(), Error> {
    let missing = |claim| Err(Error::about_claim(ErrorKind::MissingClaim, claim));
    let invalid = |claim| Err(Error::about_claim(ErrorKind::InvalidClaim, claim));
    if claims.iss.is_none() {
        return missing("iss");
    }
    match &claims.events {
        None => return missing("events"),
        Some(events) if !events.get(EVENT).is_some_and(Value::is_object) => {
            return invalid("events");
        }
        Some(_) => {}
    }
    if claims.nonce.is_some() {
        return invalid("nonce");
    }
    if claims.id().is_none() {
        return missing("jti");
    }
    match (claims.subject(), claims.session_id()) {
        (Some(""), _) => invalid("sub"),
        (_, Some("")) => invalid("sid"),
        (_, None) if claims.sid.is_some() => invalid("sid"),
        (None, None) => missing("sub"),
        _ => Ok(()),
    }
}

impl LogOut {
    /// Revokes the session. Of the subject, those tokens that name no session, which may be of this
    /// one; or all, if the logout token names none.
    fn revoke(&self, claims: &Claims<LogoutClaims>) -> Result<(), RevocationsFull> {
        let issuer = claims.issuer();
        // By the issuer's clock, and whole seconds: a token of the same second was issued before.
        let issued_at = claims.issued_at().unwrap_or(SystemTime::UNIX_EPOCH);
        let before = after(issued_at, Duration::from_secs(1));
        if let Some(session) = claims.session_id() {
            // What is issued later for a session that has ended is not to be accepted either.
            let revocation = Revocation::session(issuer, session);
            self.list
                .add(revocation.issued_before(after(before, self.leeway)))?;
        }
        if let Some(subject) = claims.subject() {
            let revocation = match claims.session_id() {
                Some(_) => Revocation::subject_without_session(issuer, subject),
                None => Revocation::subject(issuer, subject),
            };
            self.list.add(revocation.issued_before(before))?;
        }
        Ok(())
    }
}

fn after(time: SystemTime, duration: Duration) -> SystemTime {
    time.checked_add(duration).unwrap_or(time)
}
