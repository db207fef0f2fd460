//! How the service knows its own URL, which clients name in `htu`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, header};

use super::authority::Authority;
use super::forwarded::{Forwarded, ForwardedFields};
use super::http_uri::HttpUri;
use super::origin::{PublicOrigin, prefix};
use super::rejection::DpopRejection;
use super::target::Target;
use super::verifier::ProofError;
use crate::request::{PredicateUri, RequestParts, TrustedProxies};
use crate::trace;

/// Decides about `htu` in place of the comparison.
pub(super) type MatchUri = Arc<dyn Fn(&str, &RequestParts<'_>) -> bool + Send + Sync>;

/// Where the parts of the target URI of a request come from.
#[derive(Clone, Default)]
pub(super) struct Targets {
    /// If there are some, nothing of the request but its path counts.
    pub(super) origins: Vec<PublicOrigin>,
    pub(super) proxies: Option<TrustedProxies>,
    /// `None`: the default.
    pub(super) fields: Option<ForwardedFields>,
    /// Whose path counts. `None`: that of the request.
    pub(super) uri: Option<PredicateUri>,
    pub(super) match_uri: Option<MatchUri>,
    /// Whether the log says that the peer's address is not known.
    is_logged: Arc<AtomicBool>,
}

impl Targets {
    /// Rejects a proof whose `htu` is not the target URI of the request. The reasons say how that
    /// was composed, and nothing of the request.
    pub(super) fn check(&self, htu: &str, request: &RequestParts<'_>) -> Result<(), ProofError> {
        if let Some(matches) = &self.match_uri {
            return accept_if(matches(htu, request), "htu: rejected by match_uri");
        }
        let htu = HttpUri::parse(htu).ok_or(ProofError::Invalid(
            DpopRejection::WrongUri,
            "htu is not an http(s) URI",
        ))?;
        let path = self
            .uri
            .as_ref()
            .map_or(request.uri(), |uri| uri(request))
            .path();
        if !self.origins.is_empty() {
            let is_one = self
                .origins
                .iter()
                .any(|origin| origin.target(path).is(&htu));
            return accept_if(is_one, "htu differs from every public_origin with the path");
        }
        if self.is_from_proxy(request) {
            return self.check_forwarded(&htu, path, request);
        }
        let target = Target {
            scheme: None,
            authority: authority(request)?,
            prefix: "",
            path,
        };
        accept_if(
            target.is(&htu),
            "htu differs from https (or http on loopback) with the authority and path of the \
             request",
        )
    }

    fn is_from_proxy(&self, request: &RequestParts<'_>) -> bool {
        let Some(proxies) = &self.proxies else {
            return false;
        };
        let is_trusted = proxies.trusts(request);
        // Relaxed: no other data depends on it.
        if is_trusted.is_none() && !self.is_logged.swap(true, Ordering::Relaxed) {
            trace::forwarding_peer_unknown();
        }
        is_trusted == Some(true)
    }

    fn check_forwarded(
        &self,
        htu: &HttpUri<'_>,
        path: &str,
        request: &RequestParts<'_>,
    ) -> Result<(), ProofError> {
        let fields = self.fields.unwrap_or_default();
        let forwarded = Forwarded::read(request.headers(), fields).ok_or(ProofError::Invalid(
            DpopRejection::InvalidForwarding,
            "a header of a trusted proxy is invalid",
        ))?;
        let authority = match &forwarded.host {
            Some(host) => Authority::parse(host).ok_or(ProofError::NoAuthority)?,
            None => authority(request)?,
        };
        let target = Target {
            scheme: forwarded.scheme,
            authority,
            prefix: &forwarded.prefix.map(prefix).unwrap_or_default(),
            path,
        };
        accept_if(
            target.is(htu),
            "htu differs from what the trusted proxy forwarded and the path",
        )
    }
}

fn accept_if(condition: bool, reason: &'static str) -> Result<(), ProofError> {
    condition
        .then_some(())
        .ok_or(ProofError::Invalid(DpopRejection::WrongUri, reason))
}

/// Returns the authority that the client called: `:authority` of HTTP/2, or an absolute target of
/// HTTP/1.1, before which `Host` does not count (RFC 9112 §3.2.2), or `Host`.
fn authority<'r>(request: &RequestParts<'r>) -> Result<Authority<'r>, ProofError> {
    let text = match request.uri().authority() {
        Some(authority) => Some(authority.as_str()),
        None => host(request.headers()),
    };
    text.and_then(Authority::parse)
        .ok_or(ProofError::NoAuthority)
}

/// Returns the only `Host`.
fn host(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?;
    hosts.next().is_none().then(|| host.to_str().ok())?
}
