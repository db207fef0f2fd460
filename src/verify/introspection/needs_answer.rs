//! A token that waits for its issuer's answer.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::ConfiguredIssuer;
use super::Introspector;
use super::answer_cache::{Known, TokenHash};
use super::introspector::Asked;
use crate::error::{Error, ErrorKind};
use crate::jwt::Rules;
use crate::observe::{IntrospectionOutcome, WaitFor};

/// The issuer to ask about a token, and the hash of the token.
pub(in crate::verify) struct NeedsAnswer {
    pub(super) issuer: Arc<ConfiguredIssuer>,
    pub(super) hash: TokenHash,
}

/// The answer about a token, and the issuer that it comes from.
pub(in crate::verify) struct Answered {
    pub(super) issuer: Arc<ConfiguredIssuer>,
    pub(super) known: Known,
}

impl NeedsAnswer {
    /// Asks the issuer. Returns `None` if it was removed or replaced meanwhile: then the token may
    /// be another's.
    pub(in crate::verify) async fn ask(
        self,
        token: &[u8],
        rules: &Rules,
        time: std::time::Duration,
    ) -> Result<Option<Answered>, Error> {
        let introspector = self.introspector()?;
        let asked = Asked {
            hash: self.hash,
            token: Zeroizing::new(introspector.check_form(token)?.to_owned()),
            rules: rules.clone(),
            time,
        };
        let observers = &self.issuer.observers;
        let asking = introspector.ask(asked);
        let known = observers.timed(WaitFor::Introspection, asking).await;
        let outcome = match &known {
            Ok(Known::Active(_)) => IntrospectionOutcome::Active,
            Ok(Known::Inactive) => IntrospectionOutcome::Inactive,
            Err(_) => IntrospectionOutcome::Failed,
        };
        observers.introspected(outcome);
        if self.issuer.is_retired() {
            return Ok(None);
        }
        let issuer = self.issuer;
        let known = known.map_err(|error| error.with_issuer(issuer.observers.id()))?;
        Ok(Some(Answered { issuer, known }))
    }

    fn introspector(&self) -> Result<&Introspector, Error> {
        // Always there: see `Engine::introspect`.
        let introspector = self.issuer.keys.introspector();
        introspector.ok_or_else(|| ErrorKind::MalformedToken.into())
    }
}
