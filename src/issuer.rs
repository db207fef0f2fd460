//! Whom to trust, and with which keys.

use std::fmt;

use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwk::KeySet;
use crate::jwt::Expected;
use crate::keys::{
    CacheSettings, CachedKeys, Discovery, HttpClient, IssuerHealth, KeySource, KeysEvent, Observer,
    Target, secure_url,
};

/// An issuer to trust: its name, where its keys come from, and the audience that its tokens must name.
///
/// ```
/// use tower_jwt_auth::{Algorithm, Issuer, JwtAuthLayer};
///
/// # fn build() -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
/// let staff = Issuer::discover("https://login.example.com/", "https://api.example.com")
///     .algorithms([Algorithm::ES256]);
/// let partners = Issuer::jwks("https://partner.example", "https://partner.example/keys", "https://api.example.com");
/// JwtAuthLayer::builder(staff).issuer(partners).build()
/// # }
/// ```
#[must_use]
pub struct Issuer {
    name: String,
    audiences: Vec<String>,
    algorithms: Option<AlgorithmSet>,
    keys: From,
    cache: Option<CacheSettings>,
    client: Option<HttpClient>,
    observer: Option<Observer>,
}

enum From {
    Discovery,
    Url(String),
    Fixed(KeySet),
    Source(Box<dyn KeySource>),
}

impl Issuer {
    /// Keys from where the issuer's metadata says: OpenID Connect Discovery, else RFC 8414. `issuer` is compared with
    /// tokens and metadata byte by byte: a trailing slash matters.
    pub fn discover(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self::new(issuer.into(), From::Discovery, audience.into())
    }

    /// Keys from a JWK set at a URL: `https`, or `http` on loopback.
    pub fn jwks(
        issuer: impl Into<String>,
        jwks_uri: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        Self::new(issuer.into(), From::Url(jwks_uri.into()), audience.into())
    }

    /// Keys given here: a [`Key`](crate::Key) or a [`KeySet`].
    pub fn with_keys(
        issuer: impl Into<String>,
        keys: impl Into<KeySet>,
        audience: impl Into<String>,
    ) -> Self {
        Self::new(issuer.into(), From::Fixed(keys.into()), audience.into())
    }

    /// Keys from a source of your own.
    pub fn with_source(
        issuer: impl Into<String>,
        source: impl KeySource,
        audience: impl Into<String>,
    ) -> Self {
        Self::new(
            issuer.into(),
            From::Source(Box::new(source)),
            audience.into(),
        )
    }

    fn new(name: String, keys: From, audience: String) -> Self {
        Self {
            name,
            audiences: vec![audience],
            algorithms: None,
            keys,
            cache: None,
            client: None,
            observer: None,
        }
    }

    /// Another audience: a token must name at least one of them.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// The algorithms that the issuer may use. Default: those of the keys where these are given here, else all
    /// asymmetric ones.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// How fetched keys are kept.
    pub fn cache(mut self, settings: CacheSettings) -> Self {
        self.cache = Some(settings);
        self
    }

    /// Tells what happens to fetched keys: the issuer's name and the event. Called where it happens: in the tasks that
    /// fetch, in a request, on the thread that writes the file for restarts, or while this is built. Must not block.
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, KeysEvent};
    ///
    /// let issuer = Issuer::discover("https://login.example.com/", "https://api.example.com").observe(|issuer, event| {
    ///     if let KeysEvent::Stale = event {
    ///         eprintln!("{issuer} can't be reached: its keys serve beyond their life");
    ///     }
    /// });
    /// ```
    pub fn observe(
        mut self,
        observe: impl Fn(&str, &KeysEvent<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Observer::new(observe));
        self
    }

    /// The HTTP client to fetch keys with. Default: that of feature `reqwest`.
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.client = Some(client);
        self
    }

    pub(crate) fn build(self) -> Result<Trusted, ConfigError> {
        check_names(&self.name, &self.audiences)?;
        self.check_fetching()?;
        let algorithms = self.allowed_algorithms()?;
        let Self {
            name,
            audiences,
            keys,
            cache,
            client,
            observer,
            ..
        } = self;
        let fetched = |target| -> Result<_, ConfigError> {
            let client = client.map_or_else(crate::default_http_client, Ok)?;
            let cached =
                CachedKeys::new(&name, target, client, cache.unwrap_or_default(), observer)?;
            Ok(IssuerKeys::Cached(cached))
        };
        let keys = match keys {
            From::Discovery => fetched(Target::Discovery(Box::new(Discovery::new(&name)?)))?,
            From::Url(url) => fetched(Target::Url(secure_url(&url)?))?,
            From::Fixed(keys) => IssuerKeys::Fixed(keys),
            From::Source(source) => IssuerKeys::Source(source),
        };
        Ok(Trusted {
            name,
            audiences,
            algorithms,
            keys,
        })
    }

    /// What is set about fetching where nothing is fetched was meant for something else.
    fn check_fetching(&self) -> Result<(), ConfigError> {
        let fetches = matches!(self.keys, From::Discovery | From::Url(_));
        let set = self.cache.is_some() || self.client.is_some() || self.observer.is_some();
        if fetches || !set {
            return Ok(());
        }
        Err(ConfigError::new(
            ConfigErrorKind::Contradiction,
            "a cache, an HTTP client or an observer is set for keys that are not fetched",
        ))
    }

    fn allowed_algorithms(&self) -> Result<AlgorithmSet, ConfigError> {
        let possible = match &self.keys {
            From::Fixed(keys) => keys.algorithms(),
            From::Source(_) => Algorithm::all().collect(),
            From::Discovery | From::Url(_) => AlgorithmSet::asymmetric(),
        };
        let default = if let From::Fixed(_) = self.keys {
            possible
        } else {
            AlgorithmSet::asymmetric()
        };
        let asked = self.algorithms.unwrap_or(default);
        if matches!(self.keys, From::Discovery | From::Url(_))
            && asked.iter().any(Algorithm::is_symmetric)
        {
            return Err(ConfigError::new(
                ConfigErrorKind::Contradiction,
                "HMAC needs a secret, and fetched keys are public ones",
            ));
        }
        let allowed = asked.intersection(possible);
        if allowed.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::NoAlgorithms,
                "no algorithm is allowed that a key fits",
            ));
        }
        Ok(allowed)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("name", &self.name)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}

fn check_names(issuer: &str, audiences: &[String]) -> Result<(), ConfigError> {
    if issuer.is_empty() {
        return Err(ConfigError::new(
            ConfigErrorKind::EmptyIssuer,
            "the issuer is empty",
        ));
    }
    if audiences.iter().any(String::is_empty) {
        return Err(ConfigError::new(
            ConfigErrorKind::EmptyAudience,
            "an audience is empty",
        ));
    }
    Ok(())
}

/// An issuer, ready to be asked for keys.
///
/// Its name is compared byte by byte.
pub(crate) struct Trusted {
    pub(crate) name: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: AlgorithmSet,
    pub(crate) keys: IssuerKeys,
}

impl Trusted {
    /// What is asked of its tokens.
    pub(crate) fn expected(&self) -> Expected<'_> {
        Expected {
            audiences: &self.audiences,
        }
    }
}

pub(crate) enum IssuerKeys {
    Fixed(KeySet),
    Cached(CachedKeys),
    Source(Box<dyn KeySource>),
}

impl IssuerKeys {
    pub(crate) fn source(&self) -> &dyn KeySource {
        match self {
            Self::Fixed(keys) => keys,
            Self::Cached(cached) => cached,
            Self::Source(source) => &**source,
        }
    }

    /// Keeps fetched keys fresh from now on. Not for what may be anybody's.
    pub(crate) fn keep_fresh(&self) {
        if let Self::Cached(cached) = self {
            cached.keep_fresh();
        }
    }

    /// Whether there is no such key, and it is clear without waiting that there won't be one now.
    pub(crate) fn surely_lack(&self, key_id: Option<&str>, algorithm: Algorithm) -> bool {
        match self {
            Self::Fixed(keys) => keys.candidates(key_id, algorithm).next().is_none(),
            Self::Cached(cached) => cached.surely_lacks(key_id, algorithm),
            Self::Source(_) => false,
        }
    }

    /// Whether a token with this header was verified with the keys at hand. To look changes nothing.
    pub(crate) fn know_header(&self, encoded: &[u8]) -> bool {
        let known = |keys: &KeySet| keys.known_header(encoded).is_some();
        match self {
            Self::Fixed(keys) => known(keys),
            Self::Cached(cached) => known(&cached.at_hand()),
            Self::Source(source) => source.current().is_some_and(|keys| known(&keys)),
        }
    }

    pub(crate) fn health(&self, issuer: &str) -> IssuerHealth {
        if let Self::Cached(cached) = self {
            let (keys, serving, fetch) = cached.health();
            return IssuerHealth::new(issuer, Some(&keys), serving, Some(fetch));
        }
        let keys = self.source().current();
        IssuerHealth::new(issuer, keys.as_deref(), keys.is_some(), None)
    }

    /// Whether an HMAC secret of ours is one of theirs: each issuer could then sign for the other.
    pub(crate) fn share_secret(&self, other: &Self) -> bool {
        let (Self::Fixed(ours), Self::Fixed(theirs)) = (self, other) else {
            return false;
        };
        ours.keys()
            .any(|one| theirs.keys().any(|two| one.shares_secret_with(two)))
    }
}
