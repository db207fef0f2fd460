//! From a token to its claims, without HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::authorize::Policy;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::issuer::{Issuer, IssuerKeys, Trusted};
use crate::jwk::Header;
use crate::jwt::{Claims, Compact, JsonClaims, Rules};
use crate::keys::{IssuerHealth, KeyQuery, KeysError};
use crate::offload::Offload;
use crate::time::TimeOfDay;
use crate::token_cache::TokenCache;
use crate::{Challenge, JwtAuthBuilder};

/// When to come back, where the source of keys doesn't say.
const SOON: Duration = Duration::from_secs(1);

/// Checks tokens that don't come in an HTTP request's head: a WebSocket's first message, a queue's, a command line's.
///
/// The checks are those of [`JwtAuthLayer`](crate::JwtAuthLayer), which is made of one. Cheap to clone.
///
/// ```
/// use tower_jwt_auth::{Authenticator, Claims, Error};
///
/// async fn first_message(authenticator: &Authenticator, token: &str) -> Result<Claims, Error> {
///     let claims = authenticator.authenticate(token).await?;
///     println!("{:?} is here", claims.subject());
///     Ok(claims)
/// }
/// ```
pub struct Authenticator<C = JsonClaims> {
    inner: Arc<Inner<C>>,
}

pub(crate) struct Inner<C> {
    pub(crate) issuers: Vec<Trusted>,
    pub(crate) rules: Rules,
    pub(crate) policy: Policy<C>,
    pub(crate) clock: TimeOfDay,
    pub(crate) verified: Option<TokenCache<C>>,
    pub(crate) offload: Option<Offload>,
}

/// Why an attempt without waiting gave no claims.
pub(crate) enum Stop {
    Refused(Error),
    /// The issuer at this place might have a key that is not at hand.
    NeedsKeys(usize, KeyQuery),
}

impl From<ErrorKind> for Stop {
    fn from(kind: ErrorKind) -> Self {
        Self::Refused(kind.into())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What is known of a token at once.
pub(crate) enum Known<C> {
    Settled(Result<Claims<C>, Error>),
    /// [`Authenticator::finish`] will know.
    Later(Later),
}

/// What is yet to be done for a token.
pub(crate) enum Later {
    /// Keys of the issuer at this place must be fetched.
    Keys(usize, KeyQuery),
    /// Its signature is for another thread.
    Elsewhere,
}

impl<C> Authenticator<C>
where
    C: DeserializeOwned + Send + Sync + 'static,
{
    /// Everything can be set on the builder; end it with
    /// [`build_authenticator`](JwtAuthBuilder::build_authenticator).
    pub fn builder(issuer: Issuer) -> JwtAuthBuilder<C, Challenge> {
        JwtAuthBuilder::new(issuer)
    }

    pub(crate) fn new(inner: Inner<C>) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Checks a token: its form, algorithm, type, issuer, signature, times, audience, and what else was configured.
    /// Waits only if the issuer's keys must be fetched.
    ///
    /// # Errors
    /// [`ErrorKind`] says what is wrong with the token; [`ErrorKind::KeysUnavailable`] means that nothing is known of
    /// it because the issuer can't be reached.
    pub async fn authenticate(&self, token: &str) -> Result<Claims<C>, Error> {
        match self.begin(token.as_bytes()) {
            Known::Settled(outcome) => outcome,
            Known::Later(later) => self.finish(token.as_bytes(), later).await,
        }
    }

    pub(crate) fn longest_token(&self) -> usize {
        self.inner.rules.longest_token
    }

    /// As far as it goes without waiting. Whatever the bytes are: those of a token are none but base64url and dots.
    pub(crate) fn begin(&self, token: &[u8]) -> Known<C> {
        let now = self.now();
        if let Some(claims) = self.inner.remembered(token, now) {
            return Known::Settled(self.allow(claims, now));
        }
        if self.inner.is_for_elsewhere(token) {
            return Known::Later(Later::Elsewhere);
        }
        match self.look(token, now) {
            Ok(claims) => Known::Settled(Ok(claims)),
            Err(Stop::Refused(error)) => Known::Settled(Err(error)),
            Err(Stop::NeedsKeys(issuer, query)) => Known::Later(Later::Keys(issuer, query)),
        }
    }

    /// The rest.
    pub(crate) async fn finish(&self, token: &[u8], later: Later) -> Result<Claims<C>, Error> {
        let stop = match later {
            Later::Keys(issuer, query) => Stop::NeedsKeys(issuer, query),
            Later::Elsewhere => match self.look_elsewhere(token).await {
                Ok(claims) => return Ok(claims),
                Err(stop) => stop,
            },
        };
        let (issuer, query) = match stop {
            Stop::Refused(error) => return Err(error),
            Stop::NeedsKeys(issuer, query) => (issuer, query),
        };
        if let Some(issuer) = self.inner.issuers.get(issuer) {
            issuer
                .keys
                .source()
                .refresh(query)
                .await
                .map_err(KeysError::into_error)?;
        }
        self.look_elsewhere(token).await.map_err(|stop| match stop {
            Stop::Refused(error) => error,
            Stop::NeedsKeys(issuer, _) => self.inner.without_key(issuer),
        })
    }

    /// Fetches the keys of every issuer whose keys are fetched, before the first request needs them.
    ///
    /// # Errors
    /// If one of them can't be had. Those that came are kept, and requests will try the others again.
    pub async fn prefetch(&self) -> Result<(), KeysError> {
        let cached = self
            .inner
            .issuers
            .iter()
            .filter_map(|issuer| match &issuer.keys {
                IssuerKeys::Cached(cached) => Some(cached.prefetch()),
                _ => None,
            });
        futures::future::join_all(cached)
            .await
            .into_iter()
            .collect()
    }

    /// The state of each issuer's keys.
    #[must_use]
    pub fn health(&self) -> Vec<IssuerHealth> {
        self.inner
            .issuers
            .iter()
            .map(|issuer| issuer.keys.health(&issuer.name))
            .collect()
    }

    /// Looks at a token on the thread where its signature belongs.
    async fn look_elsewhere(&self, token: &[u8]) -> Result<Claims<C>, Stop> {
        let offload = self
            .inner
            .offload
            .as_ref()
            .filter(|_| self.inner.is_for_elsewhere(token));
        let Some(offload) = offload else {
            return self.look(token, self.now());
        };
        let (authenticator, token) = (self.clone(), token.to_owned());
        let looked = offload
            .run(move || authenticator.look(&token, authenticator.now()))
            .await;
        looked.unwrap_or_else(|| Err(Error::keys_unavailable(SOON, None).into()))
    }

    /// Looks at a token as if for the first time.
    fn look(&self, token: &[u8], now: Duration) -> Result<Claims<C>, Stop> {
        let sight = self.inner.first_sight(token, now)?;
        if let Some(cache) = &self.inner.verified {
            cache.insert(token, &sight, &self.inner.rules, now);
        }
        Ok(self.allow(sight.claims, now)?)
    }

    fn allow(&self, claims: Claims<C>, now: Duration) -> Result<Claims<C>, Error> {
        self.inner.policy.check(&claims, now)?;
        Ok(claims)
    }

    /// The time since 1970.
    fn now(&self) -> Duration {
        self.inner.clock.now()
    }
}

impl<C> Inner<C> {
    /// Whether the signature of such a token is for another thread. What its header alone is refused for is
    /// refused here.
    fn is_for_elsewhere(&self, token: &[u8]) -> bool {
        let Some(offload) = &self.offload else {
            return false;
        };
        let token = Compact::cut(token)
            .ok()
            .filter(|_| token.len() <= self.rules.longest_token);
        let check = |algorithm, typ: Option<&str>| self.rules.check_header(algorithm, typ);
        let header = token.and_then(|token| Header::read(token.header, check).ok());
        header.is_some_and(|(header, _)| offload.takes(header.algorithm))
    }

    /// Why there is still no key after the source has done what it could.
    fn without_key(&self, issuer: usize) -> Error {
        let keys = self
            .issuers
            .get(issuer)
            .and_then(|issuer| issuer.keys.source().current());
        if keys.is_some() {
            ErrorKind::UnknownKey.into()
        } else {
            Error::keys_unavailable(SOON, None)
        }
    }

    /// The claims of a token that was verified before, if all that it rested on still stands: the very same keys, and
    /// its time. Otherwise it is looked at as if for the first time.
    fn remembered(&self, token: &[u8], now: Duration) -> Option<Claims<C>> {
        self.verified.as_ref()?.get(token, now, |entry| {
            let Some(issuer) = self.issuers.get(entry.issuer) else {
                return false;
            };
            let stands = issuer
                .keys
                .source()
                .current()
                .is_some_and(|keys| keys.number() == entry.key_set);
            if stands {
                issuer.keys.keep_fresh();
            }
            stands
        })
    }
}

/// Prefetching failed at start-up.
pub(crate) fn not_at_start(error: KeysError) -> ConfigError {
    ConfigError::new(
        crate::ConfigErrorKind::KeysUnavailable,
        "the issuer's keys could not be fetched",
    )
    .with_source(error)
}

// By hand, because a derived one would ask for `C: Clone`.
impl<C> Clone for Authenticator<C> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<C> fmt::Debug for Authenticator<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self
            .inner
            .issuers
            .iter()
            .map(|issuer| &issuer.name)
            .collect::<Vec<_>>();
        f.debug_struct("Authenticator")
            .field("issuers", &issuers)
            .finish_non_exhaustive()
    }
}
