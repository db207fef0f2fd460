//! From a token to its claims, without HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use crate::authorize::Policy;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::issuer::{Issuer, IssuerKeys, Trusted};
use crate::jwt::{Claims, Expected, JsonClaims, Rules, Unverified, Verified};
use crate::keys::{IssuerHealth, KeyQuery, KeysError};
use crate::time::Clock;
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
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) verified: Option<TokenCache<C>>,
}

/// Why an attempt without waiting gave no claims.
enum Stop {
    Refused(Error),
    /// The issuer at this place might have a key that is not at hand.
    NeedsKeys(usize, KeyQuery),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What is known of a token at once.
pub(crate) enum Known<C> {
    Settled(Result<Claims<C>, Error>),
    /// [`Authenticator::authenticate`] would wait for keys.
    NeedsKeys,
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
        Self { inner: Arc::new(inner) }
    }

    /// Checks a token: its form, algorithm, type, issuer, signature, times, audience, and what else was configured.
    /// Waits only if the issuer's keys must be fetched.
    ///
    /// # Errors
    /// [`ErrorKind`] says what is wrong with the token; [`ErrorKind::KeysUnavailable`] means that nothing is known of
    /// it because the issuer can't be reached.
    pub async fn authenticate(&self, token: &str) -> Result<Claims<C>, Error> {
        match self.attempt(token) {
            Ok(claims) => Ok(claims),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::NeedsKeys(issuer, query)) => self.wait(token, issuer, query).await,
        }
    }

    pub(crate) fn longest_token(&self) -> usize {
        self.inner.rules.longest_token
    }

    /// The same without ever waiting.
    pub(crate) fn authenticate_now(&self, token: &str) -> Known<C> {
        match self.attempt(token) {
            Ok(claims) => Known::Settled(Ok(claims)),
            Err(Stop::Refused(error)) => Known::Settled(Err(error)),
            Err(Stop::NeedsKeys(..)) => Known::NeedsKeys,
        }
    }

    /// Fetches the keys of every issuer whose keys are fetched, before the first request needs them.
    ///
    /// # Errors
    /// If one of them can't be had. Those that came are kept, and requests will try the others again.
    pub async fn prefetch(&self) -> Result<(), KeysError> {
        let cached = self.inner.issuers.iter().filter_map(|issuer| match &issuer.keys {
            IssuerKeys::Cached(cached) => Some(cached.prefetch()),
            _ => None,
        });
        futures::future::join_all(cached).await.into_iter().collect()
    }

    /// The state of each issuer's keys.
    #[must_use]
    pub fn health(&self) -> Vec<IssuerHealth> {
        self.inner.issuers.iter().map(|issuer| issuer.keys.health(&issuer.name)).collect()
    }

    async fn wait(&self, token: &str, issuer: usize, query: KeyQuery) -> Result<Claims<C>, Error> {
        if let Some(issuer) = self.inner.issuers.get(issuer) {
            issuer.keys.source().refresh(query).await.map_err(KeysError::into_error)?;
        }
        self.attempt(token).map_err(|stop| match stop {
            Stop::Refused(error) => error,
            Stop::NeedsKeys(issuer, _) => self.inner.without_key(issuer),
        })
    }

    fn attempt(&self, token: &str) -> Result<Claims<C>, Stop> {
        let now = self.inner.clock.now();
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let claims = match self.inner.remembered(token, since_1970) {
            Some(claims) => claims,
            None => self.first_sight(token, since_1970)?,
        };
        self.inner.policy.check(&claims, now)?;
        Ok(claims)
    }

    fn first_sight(&self, token: &str, now: Duration) -> Result<Claims<C>, Stop> {
        let rules = &self.inner.rules;
        let unverified = Unverified::read(token, rules)?;
        let (place, issuer) = self.inner.issuer_of(&unverified)?;
        let (verified, key_set) = verify(unverified, issuer, place, rules, now)?;
        let claims = verified.validate(rules, Expected { audiences: &issuer.audiences }, now)?;
        if let Some(cache) = &self.inner.verified {
            cache.insert(token, place, key_set, &claims);
        }
        Ok(claims)
    }
}

/// Verifies with the keys at hand, and tells which set they are. Only a token that passed every check that needs no key
/// may ask for others.
fn verify(
    unverified: Unverified<'_>,
    issuer: &Trusted,
    place: usize,
    rules: &Rules,
    now: Duration,
) -> Result<(Verified, u64), Stop> {
    let query = |token: &Unverified<'_>| KeyQuery::new(token.key_id(), token.algorithm());
    let Some(keys) = issuer.keys.source().current() else {
        unverified.check_time(rules, now)?;
        return Err(Stop::NeedsKeys(place, query(&unverified)));
    };
    let verified = unverified.verify(&keys).or_else(|(unverified, error)| {
        if keys.may_verify(unverified.key_id(), unverified.algorithm()) {
            return Err(error.into());
        }
        unverified.check_time(rules, now)?;
        Err(Stop::NeedsKeys(place, query(&unverified)))
    })?;
    Ok((verified, keys.number()))
}

impl<C> Inner<C> {
    /// Why there is still no key after the source has done what it could.
    fn without_key(&self, issuer: usize) -> Error {
        let keys = self.issuers.get(issuer).and_then(|issuer| issuer.keys.source().current());
        if keys.is_some() { ErrorKind::UnknownKey.into() } else { Error::keys_unavailable(SOON, None) }
    }

    /// The claims of a token that was verified before, if all that it rested on still stands: the very same keys, and
    /// its time. Otherwise it is looked at as if for the first time.
    fn remembered(&self, token: &str, now: Duration) -> Option<Claims<C>> {
        let cache = self.verified.as_ref()?;
        let entry = cache.get(token)?;
        let keys = self.issuers.get(entry.issuer)?.keys.source().current();
        if keys.is_some_and(|keys| keys.number() == entry.key_set) && entry.claims.is_timely(&self.rules, now) {
            return Some(entry.claims);
        }
        cache.remove(token);
        None
    }

    /// The configured issuer that the token names, byte by byte, if it may use the token's algorithm.
    fn issuer_of(&self, token: &Unverified<'_>) -> Result<(usize, &Trusted), Error> {
        let named = token.issuer()?;
        let mut issuers = self.issuers.iter().enumerate();
        let (place, issuer) = issuers.find(|(_, issuer)| issuer.name == named).ok_or(ErrorKind::UnknownIssuer)?;
        if !issuer.algorithms.contains(token.algorithm()) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        Ok((place, issuer))
    }
}

/// Prefetching failed at start-up.
pub(crate) fn not_at_start(error: KeysError) -> ConfigError {
    ConfigError::new(crate::ConfigErrorKind::KeysUnavailable, "the issuer's keys could not be fetched")
        .with_source(error)
}

// By hand, because a derived one would ask for `C: Clone`.
impl<C> Clone for Authenticator<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<C> fmt::Debug for Authenticator<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers = self.inner.issuers.iter().map(|issuer| &issuer.name).collect::<Vec<_>>();
        f.debug_struct("Authenticator").field("issuers", &issuers).finish_non_exhaustive()
    }
}
