//! Asking one issuer about its tokens.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer_cache::{AnswerCache, Known, TokenHash};
use super::exchange::Exchange;
use super::failure::Failure;
use super::is_jwt_form;
use super::outcomes::Outcomes;
use super::settings::IntrospectionSettings;
use super::single_flight::Questions;
use super::token_form::token68;
use crate::error::{Error, ErrorKind};
use crate::jwt::Rules;
use crate::keys::{IntrospectionHealth, KeysError};

/// Asks an issuer about its tokens, and caches its answers.
pub(crate) struct Introspector {
    pub(super) shared: Arc<Shared>,
    are_all: bool,
    prefix: Option<String>,
    token_len: RangeInclusive<usize>,
    default_lifetime: Option<Duration>,
}

/// What the tasks of questions refer to.
pub(super) struct Shared {
    pub(super) cache: AnswerCache,
    pub(super) questions: Questions,
    pub(super) outcomes: Outcomes,
    pub(super) exchange: Exchange,
    pub(super) timeout: Duration,
    last_id: AtomicU64,
}

/// A token that the issuer is asked about.
pub(super) struct Asked {
    pub(super) hash: TokenHash,
    pub(super) token: Zeroizing<String>,
    pub(super) rules: Rules,
    /// The time of the layer's clock, since 1970.
    pub(super) time: Duration,
}

impl Introspector {
    pub(super) fn new(
        settings: IntrospectionSettings,
        exchange: Exchange,
        outcomes: Outcomes,
    ) -> Self {
        let shared = Shared {
            cache: AnswerCache::new(&settings),
            questions: Questions::new(settings.max_concurrent, settings.max_queued),
            outcomes,
            exchange,
            timeout: settings.timeout,
            last_id: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
            are_all: settings.are_all,
            prefix: settings.token_prefix,
            token_len: settings.token_len,
            default_lifetime: settings.default_lifetime,
        }
    }

    /// Returns whether tokens in the form of a JWT are introspected, too.
    pub(in crate::verify) const fn takes_jwts(&self) -> bool {
        self.are_all
    }

    /// Returns what the tokens start with, if that is configured.
    pub(in crate::verify) fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    pub(super) const fn default_lifetime(&self) -> Option<Duration> {
        self.default_lifetime
    }

    /// Returns the text of a token that the issuer may have issued, by its form.
    pub(super) fn check_form<'t>(&self, token: &'t [u8]) -> Result<&'t str, Error> {
        let text = token68(token).filter(|_| self.token_len.contains(&token.len()));
        let has_prefix = |text: &&str| {
            let prefix = self.prefix.as_deref().filter(|_| !is_jwt_form(token));
            prefix.is_none_or(|prefix| text.starts_with(prefix))
        };
        text.filter(has_prefix)
            .ok_or_else(|| ErrorKind::MalformedToken.into())
    }

    pub(super) fn hash(&self, token: &[u8]) -> TokenHash {
        self.shared.cache.hash(token)
    }

    /// Returns what is known of a token without asking. `time` is that of the layer's clock.
    pub(super) fn known(&self, hash: &TokenHash, time: Duration) -> Option<Known> {
        self.shared.cache.get(hash, time)
    }

    /// Asks about a token, or waits for a question about it. After a failure, an answer that is no
    /// longer fresh is used if a setter allows it.
    pub(super) async fn ask(&self, asked: Asked) -> Result<Known, Error> {
        let (hash, time) = (asked.hash, asked.time);
        let outcome = match self.shared.join_or_start(asked) {
            Ok(joined) => self.shared.wait(joined).await,
            Err(failure) => Err(failure),
        };
        outcome.or_else(|failure| {
            let stale = self.shared.cache.get_stale(&hash, time);
            stale.ok_or_else(|| Failure::into_error(failure))
        })
    }

    /// Fetches the keys of signed responses.
    pub(in crate::verify) async fn prefetch(&self) -> Result<(), KeysError> {
        match &self.shared.exchange.signed {
            Some(signed) => signed.prefetch().await,
            None => Ok(()),
        }
    }

    pub(in crate::verify) fn health(&self) -> IntrospectionHealth {
        self.shared.outcomes.health()
    }

    /// Ends the tasks that fetch keys. Questions end by themselves.
    pub(in crate::verify) fn close(&self) {
        if let Some(signed) = &self.shared.exchange.signed {
            signed.close();
        }
    }
}

impl Shared {
    pub(super) fn next_id(&self) -> u64 {
        // Relaxed: the ids only have to differ.
        self.last_id.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector").finish_non_exhaustive()
    }
}
