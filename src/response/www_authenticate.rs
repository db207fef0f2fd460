//! The challenges of a rejection: of which schemes, and what each says (RFC 6750 §3, RFC 9449
//! §7.1, RFC 9728 §5.1).

use std::borrow::Cow;

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use crate::error::{Error, ErrorClass, ErrorKind};
use crate::request::{DpopChallenge, LayerContext, Scheme};

/// A challenge of one scheme.
struct OfScheme<'c> {
    scheme: Scheme,
    has_error: bool,
    /// The algorithms of proofs.
    algorithms: Option<&'c str>,
}

/// What the challenges of all schemes are about.
#[derive(Clone, Copy)]
struct Rejection<'c> {
    error: &'c Error,
    code: &'c str,
    realm: Option<&'c str>,
    layer: Option<&'c LayerContext>,
}

/// Adds `WWW-Authenticate`. Adds none where the credentials are not at fault.
///
/// Each scheme has a field of its own, `Bearer` the first: simple clients read only that one.
pub(super) fn add_challenges(
    error: &Error,
    realm: Option<&str>,
    layer: Option<&LayerContext>,
    headers: &mut HeaderMap,
) {
    let Some(code) = error_code(error) else {
        return;
    };
    let [bearer, dpop] = schemes(error, layer);
    let rejection = Rejection {
        error,
        code,
        realm,
        layer,
    };
    let mut add = |of_scheme: &OfScheme<'_>| {
        if let Some(challenge) = of_scheme.value(&rejection) {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
    };
    if let Some(bearer) = &bearer {
        add(bearer);
    }
    if let Some(dpop) = &dpop {
        add(dpop);
    }
}

/// Returns the schemes to challenge with.
///
/// DPoP stands alone where it was used: then it is clear what the error is about, and clients
/// repeat a request with a nonce only if there is one challenge. Where the request does not tell
/// which of the schemes it meant, both have the error (RFC 9449 §7.2).
fn schemes<'c>(error: &Error, layer: Option<&'c LayerContext>) -> [Option<OfScheme<'c>>; 2] {
    let accepted = layer.and_then(|layer| layer.settings().dpop.as_ref());
    let dpop = |has_error| OfScheme {
        scheme: Scheme::Dpop,
        has_error,
        algorithms: accepted.map(|dpop: &DpopChallenge| &*dpop.algorithms),
    };
    let bearer = OfScheme {
        scheme: Scheme::Bearer,
        has_error: true,
        algorithms: None,
    };
    let (kind, used) = (error.kind(), layer.map(LayerContext::scheme));
    let is_of_proof = matches!(kind, ErrorKind::InvalidDpopProof | ErrorKind::UseDpopNonce);
    let is_ambiguous = matches!(kind, ErrorKind::InvalidRequest | ErrorKind::MissingToken)
        && !error.is_about_binding();
    match accepted {
        _ if is_of_proof => [None, Some(dpop(true))],
        None => [Some(bearer), None],
        Some(required) if required.is_required => [None, Some(dpop(true))],
        Some(_) if is_ambiguous => [Some(bearer), Some(dpop(true))],
        Some(_) if used == Some(Scheme::Dpop) => [None, Some(dpop(true))],
        Some(_) => [Some(bearer), Some(dpop(false))],
    }
}

impl OfScheme<'_> {
    fn value(&self, rejection: &Rejection<'_>) -> Option<HeaderValue> {
        let mut challenge = Parameters::new(self.scheme.name());
        if let Some(realm) = rejection.realm {
            challenge.add("realm", realm);
        }
        // A request without credentials gets no error code (RFC 6750 §3.1).
        if self.has_error && rejection.error.kind() != ErrorKind::MissingToken {
            challenge.add("error", rejection.code);
            challenge.add("error_description", rejection.error.description());
        }
        if let Some(scope) = rejection.scope().filter(|_| self.has_error) {
            challenge.add("scope", &scope);
        }
        if let Some(values) = rejection.error.acr_values().filter(|_| self.has_error) {
            challenge.add("acr_values", values);
        }
        if let Some(max_age) = rejection.error.max_age().filter(|_| self.has_error) {
            challenge.add("max_age", &max_age.as_secs().to_string());
        }
        if let Some(algorithms) = self.algorithms {
            challenge.add("algs", algorithms);
        }
        if let Some(metadata) = rejection.metadata() {
            challenge.add("resource_metadata", metadata);
        }
        HeaderValue::try_from(challenge.text).ok()
    }
}

impl<'c> Rejection<'c> {
    /// Returns the scopes that the request needs: those of the error, or, where the token is to be
    /// replaced by another one, those that are known here.
    fn scope(&self) -> Option<Cow<'c, str>> {
        if let Some(scope) = self.error.required_scope() {
            return Some(Cow::Borrowed(scope));
        }
        let is_of_proof = matches!(
            self.error.kind(),
            ErrorKind::InvalidDpopProof | ErrorKind::UseDpopNonce
        );
        if self.error.class() != ErrorClass::Unauthorized || is_of_proof {
            return None;
        }
        let scopes = self.layer?.scopes_of_request(None)?;
        Some(Cow::Owned(scopes.to_string()))
    }

    /// Returns the URL of the resource's metadata.
    fn metadata(&self) -> Option<&'c str> {
        let of_layer = self.layer.and_then(LayerContext::resource);
        of_layer
            .map(|resource| resource.metadata.as_str())
            .or_else(|| self.error.metadata())
    }
}

/// The parameters of a challenge.
struct Parameters {
    text: String,
    is_empty: bool,
}

impl Parameters {
    fn new(scheme: &str) -> Self {
        // Enough for error and description, so that the usual challenge is one allocation.
        let mut text = String::with_capacity(128);
        text.push_str(scheme);
        Self {
            text,
            is_empty: true,
        }
    }

    fn add(&mut self, name: &str, value: &str) {
        let separator = if self.is_empty { " " } else { "," };
        self.is_empty = false;
        for piece in [separator, name, "=\"", value, "\""] {
            self.text.push_str(piece);
        }
    }
}

/// Returns the error code of RFC 6750 §3.1, RFC 9449 §7.1 and §9 or RFC 9470 §3, or `None` where the
/// credentials are not at fault.
fn error_code(error: &Error) -> Option<&'static str> {
    match (error.kind(), error.class()) {
        (ErrorKind::InvalidDpopProof, _) => Some("invalid_dpop_proof"),
        (ErrorKind::UseDpopNonce, _) => Some("use_dpop_nonce"),
        (ErrorKind::InsufficientUserAuthentication, _) => Some("insufficient_user_authentication"),
        (_, ErrorClass::InvalidRequest) => Some("invalid_request"),
        (_, ErrorClass::Unauthorized) => Some("invalid_token"),
        (_, ErrorClass::Forbidden) => Some("insufficient_scope"),
        (_, ErrorClass::Unavailable) => None,
    }
}
