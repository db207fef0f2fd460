//! Events about requests and keys.

use std::error::Error as StdError;
use std::fmt::Display;
use std::time::Duration;

use super::limit::{Admitted, LogLimit, RateLimit};
use crate::error::Error;

/// The target of all events, independent of module names.
pub(super) const TARGET: &str = "tower_jwt_auth";
/// The field for the kind of an error, by the conventions of OpenTelemetry.
const ERROR_TYPE: &str = "error.type";
/// The target of the events that show what was expected and what was found.
const DIAGNOSIS: &str = "tower_jwt_auth::diagnosis";

/// Returns the texts of an error and its sources, separated by colons.
pub(super) fn with_sources(error: &(dyn StdError + 'static)) -> String {
    let sources = std::iter::successors(error.source(), |cause: &&dyn StdError| (**cause).source());
    sources.fold(error.to_string(), |message, cause| {
        format!("{message}: {cause}")
    })
}

/// Also sets the field `error.type` of the current span, if it has one, such as that of a
/// `TraceLayer`.
pub(crate) fn rejected(error: &Error) {
    let (kind, claim) = (error.kind().name(), error.claim());
    tracing::Span::current().record(ERROR_TYPE, kind);
    tracing::debug!(target: TARGET, { "error.type" = kind, claim }, "request rejected");
}

/// The span of a request that waits. Disabled unless a subscriber asks for it.
pub(crate) struct WaitSpan(tracing::Span);

impl WaitSpan {
    pub(crate) fn new(wait_for: &'static str) -> Self {
        Self(tracing::debug_span!(
            target: TARGET,
            "jwt_auth",
            wait_for,
            "error.type" = tracing::field::Empty
        ))
    }

    pub(crate) fn in_scope<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.0.in_scope(poll)
    }

    pub(crate) fn rejected(&self, error: &Error) {
        self.0.record(ERROR_TYPE, error.kind().name());
    }
}

pub(crate) fn is_diagnosis_enabled() -> bool {
    tracing::enabled!(target: DIAGNOSIS, tracing::Level::DEBUG)
}

pub(crate) fn diagnosed(error: &Error, check: &dyn Display) {
    let (kind, claim) = (error.kind().name(), error.claim());
    tracing::debug!(target: DIAGNOSIS, { "error.type" = kind, claim }, "{check}");
}

/// Each request to such a route gets here, so this is logged at most once a minute for each type.
pub(crate) fn layer_missing(claims: &'static str) {
    static LIMIT: RateLimit = RateLimit::new();
    let Some(Admitted { suppressed }) = LIMIT.admit(claims) else {
        return;
    };
    tracing::error!(
        target: TARGET,
        claims,
        suppressed,
        "the request has no claims: no JwtAuthLayer with this claims type ran for this route"
    );
}

pub(crate) fn keys_fetched(issuer: &str, usable: usize, skipped: usize) {
    tracing::debug!(target: TARGET, issuer, usable, skipped, "keys fetched");
}

pub(crate) fn key_skipped(issuer: &str, key_id: Option<&str>, reason: &dyn Display) {
    tracing::debug!(target: TARGET, issuer, key_id, "key skipped: it {reason}");
}

/// A warning at most once a minute; the others are logged at debug.
pub(crate) fn fetch_failed(
    limit: &LogLimit,
    issuer: &str,
    error: &(dyn StdError + 'static),
    failures: u32,
) {
    const MESSAGE: &str = "fetching keys failed";
    let error = with_sources(error);
    if let Some(Admitted { suppressed }) = limit.admit() {
        tracing::warn!(target: TARGET, issuer, error, failures, suppressed, "{MESSAGE}");
    } else {
        tracing::debug!(target: TARGET, issuer, error, failures, "{MESSAGE}");
    }
}

/// For an issuer that no verified token is from: a token may have made it up.
pub(crate) fn fetch_failed_for_unknown(issuer: &str, error: &(dyn StdError + 'static)) {
    let error = with_sources(error);
    tracing::debug!(target: TARGET, issuer, error, "fetching keys failed");
}

pub(crate) fn keys_stale(issuer: &str) {
    tracing::error!(target: TARGET, issuer, "cached keys are stale and still in use");
}

pub(crate) fn keys_expired(issuer: &str) {
    tracing::error!(target: TARGET, issuer, "cached keys have expired: requests get 503");
}

pub(crate) fn keys_withdrawn(issuer: &str, grace: Duration) {
    tracing::error!(
        target: TARGET,
        issuer,
        ?grace,
        "the issuer sent a JWK set without a usable key: the cached keys are used for the grace \
         at most"
    );
}

pub(crate) fn keys_recovered(issuer: &str, failures: u32) {
    tracing::info!(target: TARGET, issuer, failures, "fetching keys works again");
}

pub(crate) fn snapshot_failed(issuer: &str, error: &(dyn StdError + 'static)) {
    let error = with_sources(error);
    tracing::warn!(target: TARGET, issuer, error, "the key snapshot file can't be read or written");
}

pub(crate) fn refetch_limit_reached(issuer: &str) {
    tracing::warn!(
        target: TARGET,
        issuer,
        "refetch_limit reached: too many tokens whose key is not in the set"
    );
}

pub(crate) fn key_shared(issuer: &str, other: &str) {
    tracing::warn!(target: TARGET, issuer, other, "two issuers have the same public key");
}

/// A warning at most once a minute; the others are logged at debug.
pub(crate) fn introspection_failed(
    limit: &LogLimit,
    issuer: &str,
    error: &(dyn StdError + 'static),
    failures: u32,
) {
    const MESSAGE: &str = "introspecting a token failed";
    let error = with_sources(error);
    if let Some(Admitted { suppressed }) = limit.admit() {
        tracing::warn!(target: TARGET, issuer, error, failures, suppressed, "{MESSAGE}");
    } else {
        tracing::debug!(target: TARGET, issuer, error, failures, "{MESSAGE}");
    }
}

/// An error at most once a minute; the others are logged at debug.
pub(crate) fn introspection_denied(limit: &LogLimit, issuer: &str, status: u16) {
    const MESSAGE: &str = "the introspection endpoint rejects the credentials of this service, or \
                           only this token: the request gets 503";
    if let Some(Admitted { suppressed }) = limit.admit() {
        tracing::error!(
            target: TARGET,
            issuer,
            "http.response.status_code" = status,
            suppressed,
            "{MESSAGE}"
        );
    } else {
        tracing::debug!(target: TARGET, issuer, "http.response.status_code" = status, "{MESSAGE}");
    }
}

pub(crate) fn introspection_recovered(issuer: &str, failures: u32) {
    tracing::info!(target: TARGET, issuer, failures, "introspection works again");
}

pub(crate) fn too_many_candidates(algorithm: &'static str, keys: usize, max_candidates: usize) {
    tracing::warn!(
        target: TARGET,
        algorithm,
        keys,
        max_candidates,
        "a token was rejected after max_candidates keys were tried, and more fit: have the \
         issuer name its keys with `kid`, or raise max_candidates"
    );
}

pub(crate) fn plain_http(issuer: &str, hosts: &[String]) {
    tracing::warn!(
        target: TARGET,
        issuer,
        ?hosts,
        "allowed_http_hosts: keys may be fetched without TLS, so anyone who can change the traffic \
         to these hosts can replace the keys of this issuer"
    );
}

pub(crate) fn secret_may_be_encoded(
    issuer: &str,
    key_id: Option<&str>,
    path: Option<&std::path::Path>,
    encoding: &'static str,
) {
    tracing::warn!(
        target: TARGET,
        issuer,
        key_id,
        path = path.map(tracing::field::debug),
        encoding,
        "a secret is used as it is, and is a text that encodes fewer bytes than the hash has: \
         if it is encoded, name the encoding (SecretEncoding), and use as many random bytes as \
         the hash has"
    );
}

pub(crate) fn files_changed(issuer: &str, added: &[String], removed: &[String]) {
    tracing::info!(target: TARGET, issuer, ?added, ?removed, "the files of keys have changed");
}

pub(crate) fn files_failed(issuer: &str, error: &(dyn StdError + 'static), failures: u32) {
    let error = with_sources(error);
    tracing::error!(
        target: TARGET,
        issuer,
        error,
        failures,
        "not all files of keys can be used: what was read before from those that can't stays in \
         use, and the others are read"
    );
}

pub(crate) fn files_recovered(issuer: &str, failures: u32) {
    tracing::info!(target: TARGET, issuer, failures, "all files of keys can be used again");
}

pub(crate) fn secret_old(issuer: &str, key_id: &str, age: Duration) {
    let days = age.as_secs().div_euclid(24 * 60 * 60);
    tracing::warn!(target: TARGET, issuer, key_id, days, "a secret is old: replace it");
}

pub(crate) fn secret_repeated(issuer: &str, key_id: &str, other: &str) {
    tracing::warn!(target: TARGET, issuer, key_id, other, "two files have the same secret");
}

pub(crate) fn secret_file_readable(path: &std::path::Path) {
    tracing::warn!(
        target: TARGET,
        ?path,
        "every user of this system can read the file of a secret: remove that permission (chmod \
         o-r; in Kubernetes defaultMode: 0400 with fsGroup)"
    );
}

pub(crate) fn observer_panicked(name: &'static str) {
    tracing::error!(
        target: TARGET,
        function = name,
        "a function of the program has panicked; further panics of such functions are not logged"
    );
}

pub(crate) fn secret_shared(
    issuer: &str,
    key_id: Option<&str>,
    other: &str,
    other_key_id: Option<&str>,
) {
    tracing::error!(
        target: TARGET,
        issuer,
        key_id,
        other,
        other_key_id,
        "two issuers share a secret, so each could sign tokens of the other: requests get 503"
    );
}

pub(crate) fn secret_unusable(issuer: &str, error: &(dyn StdError + 'static)) {
    let error = with_sources(error);
    tracing::error!(target: TARGET, issuer, error, "secrets must not be used: requests get 503");
}

pub(crate) fn secret_usable(issuer: &str) {
    tracing::info!(target: TARGET, issuer, "the secrets can be used again");
}

pub(crate) fn tenants_full(issuer: &str, max_cached_tenants: usize) {
    tracing::warn!(
        target: TARGET,
        issuer,
        max_cached_tenants,
        "max_cached_tenants reached: tokens of further tenants get 503"
    );
}

pub(crate) fn audience_not_checked(issuer: &str) {
    tracing::warn!(
        target: TARGET,
        issuer,
        "the audience of this issuer's tokens is not checked: those for other services are \
         accepted, too, if they have the scope or claim that the rule demands"
    );
}

pub(crate) fn authorization_server_left_out(issuer: &str, reason: &'static str) {
    tracing::warn!(
        target: TARGET,
        issuer,
        reason,
        "the resource's metadata does not name the issuer: clients are not sent to it"
    );
}

pub(crate) fn binding_not_checked(issuer: &str) {
    tracing::warn!(
        target: TARGET,
        issuer,
        "dangerous_accept_bound_as_bearer: tokens of this issuer that are bound to a key of the \
         client are accepted from any caller, thieves included"
    );
}

pub(crate) fn certificate_header_ignored(header: &str) {
    tracing::debug!(
        target: TARGET,
        header,
        "a client certificate in this header was ignored: the peer is not one of the trusted \
         proxies"
    );
}

pub(crate) fn certificate_header_rejected(header: &str, reason: &'static str) {
    tracing::debug!(target: TARGET, header, "the client certificate can't be read: {reason}");
}

pub(crate) fn peer_address_unknown(header: &str) {
    tracing::error!(
        target: TARGET,
        header,
        "client certificates in this header are ignored: the request's extensions have no \
         address of the peer (PeerAddress, or what TrustedProxies::peer_from returns), so no \
         proxy is trusted"
    );
}

pub(crate) fn forwarding_peer_unknown() {
    tracing::error!(
        target: TARGET,
        "trusted_proxies of Dpop has no effect: the request's extensions have no address of \
         the peer (PeerAddress, or what TrustedProxies::peer_from returns), so no proxy is \
         trusted, and `htu` is compared with the URL of the request"
    );
}
