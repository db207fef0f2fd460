//! What an issuer publishes at present, and who asked for it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::fault::Fault;
use super::json_overrides::{Members, overridden};
use super::keyring::Keyring;

/// Shared by the handles, which change it, and the server, which reads it.
pub(super) struct Provider {
    /// No trailing slash.
    pub(super) issuer: String,
    /// Of the issuer's URL: empty, or with a leading slash.
    pub(super) path: String,
    pub(super) etags: bool,
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

/// A document as it is when asked for.
pub(super) struct Page {
    pub(super) body: String,
    pub(super) headers: HeaderMap,
    pub(super) fault: Option<Fault>,
    /// The published JWKs, which some faults hide among others.
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.issuer)
    }

    /// The page at a path, `None` if there is none; counts the visit.
    pub(super) fn visit(&self, path: &str, request: &HeaderMap) -> Option<Page> {
        let openid = format!("{}/.well-known/openid-configuration", self.path);
        // RFC 8414 §3.1 puts its suffix between host and path.
        let oauth = format!("/.well-known/oauth-authorization-server{}", self.path);
        let state = &mut *self.state();
        let (body, fault) = if path == format!("{}/jwks", self.path) {
            state.jwks_fetches += 1;
            (Some(state.keys.body()), &state.jwks_fault)
        } else if path == openid || path == oauth {
            state.metadata_fetches += 1;
            let published = if path == openid {
                state.openid_discovery
            } else {
                state.oauth_discovery
            };
            (
                published.then(|| self.metadata(state)),
                &state.metadata_fault,
            )
        } else {
            return None;
        };
        let fault = fault.clone();
        state.last_request = Some(request.clone());
        let body = body?;
        Some(Page {
            headers: self.headers(state, &body),
            body,
            fault,
            jwks: state.keys.jwks(),
        })
    }

    /// The members that OpenID Connect Discovery 1.0 §3 requires, which include those of RFC 8414 §2.
    fn metadata(&self, state: &State) -> String {
        let algorithms: Vec<_> = state
            .keys
            .current()
            .iter()
            .map(|key| key.algorithm().name())
            .collect();
        let honest = json!({
            "issuer": self.issuer,
            "jwks_uri": self.jwks_uri(),
            "authorization_endpoint": format!("{}/authorize", self.issuer),
            "token_endpoint": format!("{}/token", self.issuer),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
        });
        overridden(honest, &state.metadata).to_string()
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
        // Last: what the test asked for wins.
        headers.extend(state.headers.clone());
        headers
    }
}

fn etag(body: &str) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish()))
        .expect("hexadecimal digits in quotes")
}
