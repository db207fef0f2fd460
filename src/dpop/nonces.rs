//! Nonces of the server (RFC 9449 §9): a time, authenticated by a key, so that nothing is stored.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::{is_same_tag, keyed_digest, random_key};
use crate::encoding::base64url;
use crate::jwk::check_secret;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);
const MIN_LIFETIME: Duration = Duration::from_secs(30);
const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The minimum length in bytes of a key: that of the hash (RFC 2104 §3).
const MIN_KEY_LEN: usize = 32;
/// Each nonce that is not valid costs one HMAC for each key.
const MAX_KEYS: usize = 8;

/// The first byte of a nonce. Another form gets another number.
const VERSION: u8 = 1;
/// Version, seconds since 1970, and the tag.
const NONCE_LEN: usize = 1 + TIME_LEN + TAG_LEN;
const TIME_LEN: usize = 7;
const TAG_LEN: usize = 16;
/// What the tags authenticate, so that no MAC with the same key but another purpose is one.
const DOMAIN: &[u8] = b"tower-jwt-auth: DPoP nonce\0";

/// The keys and the lifetime of the nonces that DPoP proofs must contain, for
/// [`Dpop::nonces`](crate::Dpop::nonces).
///
/// A nonce is a time with a MAC (HMAC-SHA-256, 128 bits), in 32 characters. Nothing is stored:
/// every instance with the same keys accepts it, from every client and for every URL.
///
/// Instances behind a balancer must share their keys ([`with_keys`](Self::with_keys)). Otherwise a
/// client needs a second request whenever it gets to another instance.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::{Dpop, DpopNonces};
///
/// # let new: Vec<u8> = (1..=32).rev().map(|n| n * 7).collect();
/// # let old: Vec<u8> = (0..32).map(|n| n * 5 + 1).collect();
/// // The first key makes nonces. Others are those of instances that are not restarted yet.
/// let nonces = DpopNonces::with_keys([new, old])?.lifetime(Duration::from_secs(120));
/// let dpop = Dpop::required().nonces(nonces);
/// # drop(dpop);
/// # Ok::<(), tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct DpopNonces {
    /// Not empty. The first one makes nonces.
    keys: Arc<[Zeroizing<Vec<u8>>]>,
    lifetime: Duration,
}

/// What a proof's nonce is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValidNonce {
    /// The last time at which it is valid, since 1970.
    pub(super) valid_until: Duration,
    /// The client should get a newer one: the second half of its lifetime has begun.
    pub(super) is_aging: bool,
}

impl DpopNonces {
    /// Returns nonces with a random key, which only this value and its clones have: for a service
    /// of one process, or behind a balancer that sends a client to the same instance.
    #[must_use]
    pub fn random() -> Self {
        Self::new([Zeroizing::new(random_key().to_vec())].into())
    }

    /// Returns nonces with these keys. The first one makes nonces, all of them check nonces, so
    /// that keys can be replaced while instances with the old ones run: first add the new key at
    /// the end everywhere, then put it in front, then remove the old one after the lifetime.
    ///
    /// Use 32 random bytes each, and no key that has another purpose.
    ///
    /// # Errors
    ///
    /// - [`ConfigErrorKind::WeakSecret`] if a key is shorter than 32 bytes, has fewer than 8
    ///   distinct byte values, or is a placeholder.
    /// - [`ConfigErrorKind::InvalidSetting`] if there is no key, or more than 8.
    pub fn with_keys(
        keys: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, ConfigError> {
        let keys = keys.into_iter().map(|key| {
            let key = key.as_ref();
            check_secret(key, MIN_KEY_LEN).map_err(|reason| {
                let message = format!("a key of DpopNonces {reason}");
                ConfigError::new(ConfigErrorKind::WeakSecret, message)
            })?;
            Ok(Zeroizing::new(key.to_vec()))
        });
        let keys: Arc<[_]> = keys.collect::<Result<_, ConfigError>>()?;
        if !(1..=MAX_KEYS).contains(&keys.len()) {
            return Err(ConfigError::invalid_setting(format!(
                "DpopNonces has {} keys: must be 1 to {MAX_KEYS}",
                keys.len()
            )));
        }
        Ok(Self::new(keys))
    }

    /// Sets how long a nonce is valid. Default: 5 minutes. Minimum: 30 seconds; maximum: 1 hour;
    /// they are checked when the layer is built.
    ///
    /// In the second half of that time, responses of the service have a newer one in `DPoP-Nonce`.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    const fn new(keys: Arc<[Zeroizing<Vec<u8>>]>) -> Self {
        Self {
            keys,
            lifetime: DEFAULT_LIFETIME,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if (MIN_LIFETIME..=MAX_LIFETIME).contains(&self.lifetime) {
            return Ok(());
        }
        Err(ConfigError::invalid_setting(format!(
            "lifetime of DpopNonces {:?}: must be 30 s to 1 h",
            self.lifetime
        )))
    }

    /// Returns the nonce of this time, since 1970.
    pub(super) fn issue(&self, now: Duration) -> HeaderValue {
        let head = head(now);
        let key = self.keys.first().map_or(&[][..], |key| key);
        let tag = keyed_digest(key, [DOMAIN, &head, b""]);
        let mut nonce = URL_SAFE_NO_PAD.encode([&head[..], &tag].concat());
        nonce.shrink_to_fit();
        let value = HeaderValue::try_from(nonce);
        debug_assert!(value.is_ok(), "base64url is a header value");
        value.unwrap_or(HeaderValue::from_static(""))
    }

    /// Returns `None` unless the nonce was made with one of the keys, and is neither too old nor
    /// from the future by more than `leeway`.
    pub(super) fn verify(
        &self,
        nonce: &str,
        leeway: Duration,
        now: Duration,
    ) -> Option<ValidNonce> {
        let mut buffer = [0; NONCE_LEN];
        let decoded = base64url::decode_into(nonce.as_bytes(), &mut buffer)?;
        let (head, tag) = decoded.split_at_checked(1 + TIME_LEN)?;
        let tag: &[u8; TAG_LEN] = tag.try_into().ok()?;
        let issued_at = issued_at(head)?;
        let valid_until = issued_at.saturating_add(self.lifetime);
        if now > valid_until || issued_at > now.saturating_add(leeway) {
            return None;
        }
        let is_tag_of =
            |key: &Zeroizing<Vec<u8>>| is_same_tag(&keyed_digest(key, [DOMAIN, head, b""]), tag);
        self.keys.iter().any(is_tag_of).then(|| ValidNonce {
            valid_until,
            is_aging: now.saturating_sub(issued_at).saturating_mul(2) >= self.lifetime,
        })
    }
}

/// Returns version and time, in whole seconds.
fn head(now: Duration) -> [u8; 1 + TIME_LEN] {
    let [_, time @ ..] = now.as_secs().to_be_bytes();
    let mut head = [VERSION; 1 + TIME_LEN];
    for (to, from) in head.iter_mut().skip(1).zip(time) {
        *to = from;
    }
    head
}

/// Returns the time of a nonce, if its version is ours.
fn issued_at(head: &[u8]) -> Option<Duration> {
    let mut seconds: [u8; 8] = head.try_into().ok()?;
    (seconds[0] == VERSION).then(|| {
        seconds[0] = 0;
        Duration::from_secs(u64::from_be_bytes(seconds))
    })
}

/// Shows no key.
impl fmt::Debug for DpopNonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopNonces")
            .field("keys", &self.keys.len())
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
