//! The documents that an issuer publishes, and the requests for them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::fault::Fault;
use super::json_overrides::{Members, overridden};
use super::keyring::Keyring;

/// Shared by the issuer's handles, which change it, and the server, which reads it.
pub(super) struct Provider {
    /// The issuer's URL, without a trailing slash.
    pub(super) issuer: String,
    /// The path of that URL: empty, or with a leading slash.
    pub(super) path: String,
    pub(super) etags: bool,
    /// Locked for one method at a time, and never across an `await`.
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) keys: Keyring,
    pub(super) openid_discovery: bool,
    pub(super) oauth_discovery: bool,
    pub(super) metadata: Members,
    pub(super) cache_control: Option<HeaderValue>,
    pub(super) headers: HeaderMap,
    pub(super) jwks_fault: Option<Fault>,
    pub(super) metadata_fault: Option<Fault>,
    pub(super) jwks_fetches: usize,
    pub(super) metadata_fetches: usize,
    pub(super) last_request: Option<HeaderMap>,
}

/// A document at the time of a request for it.
pub(super) struct Document {
    pub(super) body: String,
    pub(super) headers: HeaderMap,
    pub(super) fault: Option<Fault>,
    /// The published JWKs, for the faults that add others.
    pub(super) jwks: Vec<Value>,
}

impl Provider {
    pub(super) fn new(issuer: String, path: String, etags: bool, state: State) -> Self {
        Self {
            issuer,
            path,
            etags,
            state: Mutex::new(state),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A poisoned lock is usable: each change leaves a valid state, and a failed test may still
        // read counts while it unwinds.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.issuer)
    }

    /// Returns the document at a path, if there is one. Counts the request.
    pub(super) fn fetch(&self, path: &str, request: &HeaderMap) -> Option<Document> {
        let openid = format!("{}/.well-known/openid-configuration", self.path);
        // RFC 8414 §3.1 puts its suffix between host and path.
        let oauth = format!("/.well-known/oauth-authorization-server{}", self.path);
        let state = &mut *self.state();
        let (body, fault) = if path == format!("{}/jwks", self.path) {
            state.jwks_fetches += 1;
            (Some(state.keys.body()), &state.jwks_fault)
        } else if path == openid || path == oauth {
            state.metadata_fetches += 1;
            let is_served = if path == openid {
                state.openid_discovery
            } else {
                state.oauth_discovery
            };
            (
                is_served.then(|| self.metadata(state)),
                &state.metadata_fault,
            )
        } else {
            return None;
        };
        let fault = fault.clone();
        state.last_request = Some(request.clone());
        let body = body?;
        Some(Document {
            headers: self.headers(state, &body),
            body,
            fault,
            jwks: state.keys.jwks(),
        })
    }

    /// Returns the members that OpenID Connect Discovery 1.0 §3 requires, which include those of
    /// RFC 8414 §2.
    fn metadata(&self, state: &State) -> String {
        let algorithms: Vec<_> = state
            .keys
            .current()
            .iter()
            .map(|key| key.algorithm().name())
            .collect();
        let defaults = json!({
            "issuer": self.issuer,
            "jwks_uri": self.jwks_uri(),
            "authorization_endpoint": format!("{}/authorize", self.issuer),
            "token_endpoint": format!("{}/token", self.issuer),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        });
        overridden(defaults, &state.metadata).to_string()
    }

    fn headers(&self, state: &State, body: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(value) = &state.cache_control {
            headers.insert(CACHE_CONTROL, value.clone());
        }
        if self.etags {
            headers.insert(ETAG, etag(body));
        }
        // Last, because headers that a test sets take precedence.
        headers.extend(state.headers.clone());
        headers
    }
}

fn etag(body: &str) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish()))
        .expect("quoted hexadecimal digits are a valid header value")
}
