//! The keys of AWS load balancers: a PEM file for each key id, and no key set.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Request, StatusCode};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tower_jwt_auth::{
    Algorithm, HttpClient, Key, KeyQuery, KeySet, KeySource, Keys, KeysError, KeysFuture,
};

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// A region signs with a few keys at a time.
const MAX_KEYS: usize = 16;
/// Cached keys are dropped after this time, so that a withdrawn one is not used forever.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Fetches in a [`WINDOW`], also of keys that do not exist: a token can name any.
const MAX_FETCHES: usize = 8;
const WINDOW: Duration = Duration::from_secs(60);
/// How long a request waits for a key, and for the fetches of other ones before it.
const WAIT_TIMEOUT: Duration = Duration::from_secs(3);
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// In bytes. The file of a key has 178.
const MAX_FILE_LEN: usize = 4 * 1024;

/// The keys of the load balancers of one region.
///
/// A token causes a fetch only for a key id that is a UUID, from the region's host, at a limited
/// rate, and for one key at a time.
pub(crate) struct LoadBalancerKeys(Arc<Shared>);

struct Shared {
    client: HttpClient,
    /// The URL of a key without its id.
    base: String,
    cached: RwLock<Cached>,
    fetches: Mutex<Fetches>,
}

struct Cached {
    keys: Arc<KeySet>,
    /// The same, oldest first.
    by_age: VecDeque<Key>,
    since: Instant,
}

struct Fetches {
    count: usize,
    since: Instant,
}

impl LoadBalancerKeys {
    /// Returns the keys of a region, such as `eu-central-1`. The client must not follow redirects.
    pub(crate) fn new(region: &str, client: HttpClient) -> Result<Self, BoxError> {
        let is_region =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || !region.bytes().all(is_region) {
            return Err(format!("region {region:?}: must be one such as \"eu-central-1\"").into());
        }
        let now = Instant::now();
        Ok(Self(Arc::new(Shared {
            client,
            base: format!("https://public-keys.auth.elb.{region}.amazonaws.com/"),
            cached: RwLock::new(Cached {
                keys: no_keys(),
                by_age: VecDeque::new(),
                since: now,
            }),
            fetches: Mutex::new(Fetches {
                count: 0,
                since: now,
            }),
        })))
    }
}

impl KeySource for LoadBalancerKeys {
    fn current(&self) -> Option<Keys<'_>> {
        // Never `None`: a token with an unknown key id gets 401, not 503.
        Some(Keys::from(self.0.keys()))
    }

    fn refresh(&self, query: KeyQuery) -> KeysFuture {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            match query.key_id {
                Some(id) if is_uuid(&id) => shared.refresh(&id).await,
                _ => Ok(()), // there is no such key
            }
        })
    }
}

impl Shared {
    fn keys(&self) -> Arc<KeySet> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        if cached.since.elapsed() < MAX_AGE {
            Arc::clone(&cached.keys)
        } else {
            no_keys()
        }
    }

    async fn refresh(&self, id: &str) -> Result<(), KeysError> {
        match timeout(WAIT_TIMEOUT, self.fetch_once(id)).await {
            Ok(outcome) => outcome.map_err(|error| KeysError::new(RETRY_AFTER, error)),
            Err(elapsed) => Err(KeysError::new(RETRY_AFTER, elapsed)),
        }
    }

    /// Fetches a key, unless another request has fetched it meanwhile, or too many were fetched.
    async fn fetch_once(&self, id: &str) -> Result<(), BoxError> {
        let mut fetches = self.fetches.lock().await;
        let is_cached = self.keys().keys().any(|key| key.key_id() == Some(id));
        if is_cached {
            return Ok(());
        }
        fetches.begin()?;
        if let Some(key) = self.fetch(id).await? {
            self.add(key);
        }
        Ok(())
    }

    /// Fetches a key. Returns `None` if there is none with this id.
    async fn fetch(&self, id: &str) -> Result<Option<Key>, BoxError> {
        let request = Request::get(format!("{}{id}", self.base)).body("".into())?;
        let response = self.client.send(request, MAX_FILE_LEN).await?;
        match response.status() {
            StatusCode::OK => {
                let key = Key::from_pem(response.body())?.with_key_id(id);
                Ok(Some(key.with_algorithms([Algorithm::ES256])?))
            }
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Ok(None),
            status => Err(format!("the keys of the load balancer: {status}").into()),
        }
    }

    fn add(&self, key: Key) {
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        if cached.by_age.is_empty() || cached.since.elapsed() >= MAX_AGE {
            cached.by_age.clear();
            cached.since = Instant::now();
        }
        if cached.by_age.len() == MAX_KEYS {
            cached.by_age.pop_front();
        }
        cached.by_age.push_back(key);
        cached.keys = Arc::new(cached.by_age.iter().cloned().collect());
    }
}

impl Fetches {
    /// Counts a fetch. Fails if there were too many, so that the request gets 503: the key may exist.
    fn begin(&mut self) -> Result<(), BoxError> {
        if self.since.elapsed() >= WINDOW {
            (self.count, self.since) = (0, Instant::now());
        }
        if self.count >= MAX_FETCHES {
            return Err("the keys of the load balancer: too many were fetched".into());
        }
        self.count += 1;
        Ok(())
    }
}

fn no_keys() -> Arc<KeySet> {
    Arc::new(std::iter::empty().collect())
}

/// Returns whether the text is a UUID in the form that AWS uses. So it can't change the URL.
fn is_uuid(text: &str) -> bool {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || is_hex(byte))
}
