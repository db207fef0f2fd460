//! Events about an issuer's keys, for logs, metrics and alerts.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::jwk::KeySet;
use crate::trace;

/// A change in the state of an issuer's keys that are fetched or in watched files, as
/// [`Issuer::on_event`](crate::Issuer::on_event) reports it.
///
/// With feature `tracing`, each event is logged as well. No event contains a part of a token.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Issuer, KeysEvent};
///
/// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com")
///     .on_event(|issuer, event| match event {
///         KeysEvent::FetchFailed { error, failures, .. } => {
///             eprintln!("{issuer}: {error} ({failures} failures in a row)");
///         }
///         KeysEvent::Expired => eprintln!("{issuer}: requests get 503"),
///         _ => {}
///     });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum KeysEvent<'e> {
    /// A fetch succeeded: the issuer sent keys, or confirmed the cached ones (304 Not Modified).
    #[non_exhaustive]
    Fetched {
        /// The keys, which are now cached.
        keys: &'e KeySet,
        /// How long the fetch took.
        duration: Duration,
    },
    /// A fetch failed. The cached keys stay, unless the issuer has [`Withdrawn`](Self::Withdrawn)
    /// them.
    #[non_exhaustive]
    FetchFailed {
        /// The cause.
        error: &'e (dyn StdError + Send + Sync + 'static),
        /// The number of consecutive failures, including this one.
        failures: u32,
        /// How long the fetch took.
        duration: Duration,
    },
    /// The cached keys are past their TTL. They stay in use because fetching fails, for
    /// [`stale_if_error`](crate::JwksCacheSettings::stale_if_error). Reported once until the next
    /// successful fetch.
    Stale,
    /// The cached keys have expired: requests wait for a fetch, and get 503 if it fails, or at once
    /// during the backoff after a failure. Reported once until the next successful fetch.
    Expired,
    /// The issuer has sent a JWK set without a usable key: an empty one, or one whose keys are all
    /// skipped. It has withdrawn its keys, or it is broken. The cached keys stay usable for
    /// [`withdrawal_grace`](crate::JwksCacheSettings::withdrawal_grace); then requests get 503,
    /// which [`Expired`](Self::Expired) reports. Not reported if there are no keys that could still
    /// be used. Reported once until the next successful fetch, after the
    /// [`FetchFailed`](Self::FetchFailed) of the first such response.
    #[non_exhaustive]
    Withdrawn {
        /// The grace that begins now.
        grace: Duration,
    },
    /// A fetch succeeded after failures.
    #[non_exhaustive]
    Recovered {
        /// The number of consecutive failures before.
        failures: u32,
    },
    /// The snapshot file can't be read or written, or another user could have written it; see
    /// [`JwksCacheSettings::snapshot_dir`](crate::JwksCacheSettings::snapshot_dir).
    #[non_exhaustive]
    SnapshotFailed {
        /// The cause.
        error: &'e std::io::Error,
    },
    /// Tokens whose key is not in the set have used up the
    /// [`refetch_limit`](crate::JwksCacheSettings::refetch_limit). Either forged tokens arrive in
    /// large numbers, or the issuer rotates its keys very fast. Reported once each time that the
    /// limit is reached.
    RefetchLimitReached,
    /// A fetched public key is also one of another issuer of the layer, which is here named. Each
    /// one's tokens are still accepted, for its own audiences: an issuer can't sign with the key of
    /// another. Reported once by each of the two until it no longer applies, for at most 8 others.
    /// Keys by tenant and those of a [`KeySource`](crate::KeySource) are not compared.
    #[non_exhaustive]
    KeyShared {
        /// The name of the other issuer.
        other: &'e str,
    },
    /// Watched files have other keys than before, or were read for the first time: see
    /// [`SecretFiles`](crate::SecretFiles) and [`KeyFile`](crate::KeyFile).
    #[non_exhaustive]
    FilesChanged {
        /// The keys, which are used from now on.
        keys: &'e KeySet,
        /// The ids of keys that were added. One whose file has another secret counts as added and
        /// removed.
        added: &'e [String],
        /// The ids of keys that were removed, or whose
        /// [`overlap`](crate::SecretFilesBuilder::overlap) has passed.
        removed: &'e [String],
    },
    /// A watched file can't be read, is weak, or can be written to by other users. What was read
    /// from it before stays in use; other files are read. Logged as an error. Reported once until
    /// the error changes.
    #[non_exhaustive]
    FilesFailed {
        /// The cause, with the path.
        error: &'e (dyn StdError + Send + Sync + 'static),
        /// How many times in a row reading the files has failed, including this time.
        failures: u32,
    },
    /// All watched files could be read again.
    #[non_exhaustive]
    FilesRecovered {
        /// How many times in a row reading the files had failed.
        failures: u32,
    },
    /// A secret in a watched file is older than
    /// [`max_secret_age`](crate::SecretFilesBuilder::max_secret_age). It is still used. Reported
    /// once for each secret.
    #[non_exhaustive]
    SecretOld {
        /// Its key id.
        key_id: &'e str,
        /// The time since its file was written.
        age: Duration,
    },
    /// Two watched files of an issuer have the same secret.
    #[non_exhaustive]
    SecretRepeated {
        /// The key id of the one.
        key_id: &'e str,
        /// The key id of the other.
        other: &'e str,
    },
    /// A secret in a watched file is a text that decodes as hex or base64 to fewer bytes than its
    /// hash has, and is used as it is: see
    /// [`SecretFilesBuilder::encoding`](crate::SecretFilesBuilder::encoding). Reported once for
    /// each secret.
    #[non_exhaustive]
    SecretMayBeEncoded {
        /// Its key id.
        key_id: Option<&'e str>,
        /// The file.
        path: &'e Path,
        /// `hex` or `base64`.
        encoding: &'static str,
    },
    /// Watched files have changed, and the issuer has the same secret as another issuer of the
    /// layer since then. Tokens of both issuers that are signed with a secret get 503 until one of
    /// the two secrets is removed. Logged as an error. Reported once by each issuer whose keys are
    /// in watched files.
    #[non_exhaustive]
    SecretShared {
        /// The key id of the secret.
        key_id: Option<&'e str>,
        /// The name of the other issuer.
        other: &'e str,
        /// The key id of the other issuer's secret.
        other_key_id: Option<&'e str>,
    },
    /// The issuer could not be asked about a token
    /// ([`Issuer::introspection`](crate::Issuer::introspection)), or its response can't be used:
    /// the request gets 503. Reported at most once a second, and always for the failure that begins
    /// an outage, after which the issuer is not asked for a while.
    #[non_exhaustive]
    IntrospectionFailed {
        /// The cause.
        error: &'e (dyn StdError + Send + Sync + 'static),
        /// The number of consecutive failures of the issuer, including this one. From 5 on, it is
        /// not asked for a while. 0 if the response may concern this token only: the issuer is
        /// still asked about others.
        failures: u32,
    },
    /// The introspection endpoint responded with 401 or 403: the credentials of this service are
    /// wrong or were revoked, or, if other tokens get a response, something in front of the
    /// endpoint, such as a firewall, rejects this token. The request gets 503. Logged as an error.
    /// Reported at most once a second.
    #[non_exhaustive]
    IntrospectionDenied {
        /// 401 or 403.
        status: StatusCode,
    },
    /// The issuer responds again, after it was not asked for a while. The response itself may still
    /// be one that can't be used: then [`IntrospectionFailed`](Self::IntrospectionFailed) or
    /// [`IntrospectionDenied`](Self::IntrospectionDenied) is reported, too.
    #[non_exhaustive]
    IntrospectionRecovered {
        /// The number of consecutive failures before.
        failures: u32,
    },
}

impl KeysEvent<'_> {
    /// Logs the event. Does nothing without feature `tracing`, and for failures whose rate is
    /// limited, which what fails logs itself.
    pub(crate) fn log(&self, issuer: &str) {
        match self {
            Self::Fetched { keys, .. } => {
                trace::keys_fetched(issuer, keys.keys().count(), keys.skipped().len());
                for key in keys.skipped() {
                    trace::key_skipped(issuer, key.key_id(), &key.reason());
                }
            }
            Self::FetchFailed { .. }
            | Self::IntrospectionFailed { .. }
            | Self::IntrospectionDenied { .. } => {}
            Self::Stale => trace::keys_stale(issuer),
            Self::Expired => trace::keys_expired(issuer),
            Self::Withdrawn { grace } => trace::keys_withdrawn(issuer, *grace),
            Self::Recovered { failures } => trace::keys_recovered(issuer, *failures),
            Self::SnapshotFailed { error } => trace::snapshot_failed(issuer, *error),
            Self::RefetchLimitReached => trace::refetch_limit_reached(issuer),
            Self::KeyShared { other } => trace::key_shared(issuer, other),
            Self::FilesChanged { added, removed, .. } => {
                trace::files_changed(issuer, added, removed);
            }
            Self::FilesFailed { error, failures } => trace::files_failed(issuer, *error, *failures),
            Self::FilesRecovered { failures } => trace::files_recovered(issuer, *failures),
            Self::SecretOld { key_id, age } => trace::secret_old(issuer, key_id, *age),
            Self::SecretRepeated { key_id, other } => {
                trace::secret_repeated(issuer, key_id, other);
            }
            Self::SecretMayBeEncoded {
                key_id,
                path,
                encoding,
            } => trace::secret_may_be_encoded(issuer, *key_id, Some(path), encoding),
            Self::SecretShared {
                key_id,
                other,
                other_key_id,
            } => trace::secret_shared(issuer, *key_id, other, *other_key_id),
            Self::IntrospectionRecovered { failures } => {
                trace::introspection_recovered(issuer, *failures);
            }
        }
    }
}

/// The function that is called for each event.
#[derive(Clone)]
pub(crate) struct Observer(Arc<OnEvent>);

type OnEvent = dyn Fn(&str, &KeysEvent<'_>) + Send + Sync;

impl Observer {
    pub(crate) fn new(on_event: impl Fn(&str, &KeysEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(on_event))
    }

    /// Calls the function. It is the user's, and called in tasks: if it panics, what is reported
    /// has happened nevertheless.
    pub(crate) fn notify(&self, issuer: &str, event: &KeysEvent<'_>) {
        catch_panic("Issuer::on_event", || (self.0)(issuer, event));
    }
}

/// Calls a function of the user, and logs if it panics: the first time, whichever it is.
pub(crate) fn catch_panic(name: &'static str, call: impl FnOnce()) {
    // A panic leaves nothing of ours half done: the function only reads what it is told.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        panicked(name, payload);
    }
}

#[cold]
fn panicked(name: &'static str, payload: Box<dyn Any + Send>) {
    static IS_LOGGED: AtomicBool = AtomicBool::new(false);
    // Dropping the payload runs code of the user again.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(payload);
    }
    // Relaxed: logging it twice does no harm.
    if !IS_LOGGED.swap(true, Ordering::Relaxed) {
        trace::observer_panicked(name);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
