//! The interface of an observer.

use std::sync::Arc;

use super::{
    DpopEvent, IntrospectionEvent, IntrospectionSentEvent, IssuerKeysEvent, ReplayEvent,
    RequestEvent, RequirementEvent, StoreEvent, TokenCacheEvent, WaitEvent,
};

/// Receives the events of a layer, after [`JwtAuthBuilder::add_observer`]: the outcomes of
/// requests, their waits, and the events of the issuers' keys.
///
/// `Metrics` (feature `metrics`) is one, for the facade of the crate `metrics`. Implement it
/// yourself for another system, such as OpenTelemetry. Each method does nothing by default.
///
/// The methods are called where things happen: in requests, and in the tasks that fetch and read.
/// They must not block. A panic is caught, and the first one is logged. No argument contains a part
/// of a token. `issuer` is always a name that is configured, with its placeholder for an issuer
/// with [`Tenants`](crate::Tenants), or empty: no token can add one.
///
/// [`JwtAuthBuilder::add_observer`]: crate::JwtAuthBuilder::add_observer
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::sync::Arc;
///
/// use tower_jwt_auth::{ConfigError, Issuer, JwtAuthLayer, Observe, RequestEvent};
///
/// /// Counts rejected requests.
/// #[derive(Default)]
/// struct Rejected(AtomicU64);
///
/// impl Observe for Rejected {
///     fn request(&self, request: &RequestEvent<'_>) {
///         if request.error().is_some() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, ConfigError> {
/// let rejected = Arc::new(Rejected::default());
/// let auth = JwtAuthLayer::builder(issuer).add_observer(Arc::clone(&rejected)).build()?;
/// # Ok(auth)
/// # }
/// ```
pub trait Observe: Send + Sync + 'static {
    /// A layer or an authenticator has decided on a request: called once for each, unless the
    /// request is cancelled before, or asks for the metadata of the resource.
    fn request(&self, request: &RequestEvent<'_>) {
        let _ = request;
    }

    /// Something below the layer has rejected a request that the layer had accepted or passed:
    /// [`RequireLayer`](crate::RequireLayer), an extractor, or a middleware of your own that calls
    /// [`Claims::rejection_response`](crate::Claims::rejection_response).
    fn requirement_rejected(&self, requirement: &RequirementEvent<'_>) {
        let _ = requirement;
    }

    /// A request has waited. Not called for requests that need not wait: their time is not
    /// measured.
    fn waited(&self, wait: &WaitEvent<'_>) {
        let _ = wait;
    }

    /// Something has happened to the keys of an issuer: an event of
    /// [`Issuer::on_event`](crate::Issuer::on_event). Keys by tenant are reported under the name of
    /// the issuer as it is configured.
    fn keys_event(&self, keys: &IssuerKeysEvent<'_>) {
        let _ = keys;
    }

    /// An issuer was [removed](crate::Issuers::remove) at run time. May be called after an issuer
    /// of the same name was added again.
    fn issuer_removed(&self, issuer: &str) {
        let _ = issuer;
    }

    /// A token was looked up in the [cache](crate::JwtAuthBuilder::token_cache) of verified tokens,
    /// was not stored there, or has made room for another. Not called without a cache.
    fn token_cache(&self, event: TokenCacheEvent) {
        let _ = event;
    }

    /// The introspection of a token has ended: the token is active, or it is not, or there was no
    /// usable response.
    fn introspected(&self, introspection: &IntrospectionEvent<'_>) {
        let _ = introspection;
    }

    /// A request to an introspection endpoint has ended, after this time. Several requests with one
    /// token share it.
    fn introspection_sent(&self, sent: &IntrospectionSentEvent<'_>) {
        let _ = sent;
    }

    /// An operation of a [store](crate::ReplayStore) of used tokens or proofs has ended.
    fn store_operation(&self, operation: &StoreEvent<'_>) {
        let _ = operation;
    }

    /// The DPoP proof of a request was rejected, for this reason.
    fn dpop_rejected(&self, rejection: &DpopEvent<'_>) {
        let _ = rejection;
    }

    /// A client was sent a nonce for its next DPoP proof.
    fn dpop_nonce_issued(&self) {}

    /// A token or a DPoP proof was rejected because it had been used before.
    fn replay_rejected(&self, replay: &ReplayEvent<'_>) {
        let _ = replay;
    }
}

impl<T: Observe + ?Sized> Observe for Arc<T> {
    fn request(&self, request: &RequestEvent<'_>) {
        (**self).request(request);
    }

    fn requirement_rejected(&self, requirement: &RequirementEvent<'_>) {
        (**self).requirement_rejected(requirement);
    }

    fn waited(&self, wait: &WaitEvent<'_>) {
        (**self).waited(wait);
    }

    fn keys_event(&self, keys: &IssuerKeysEvent<'_>) {
        (**self).keys_event(keys);
    }

    fn issuer_removed(&self, issuer: &str) {
        (**self).issuer_removed(issuer);
    }

    fn token_cache(&self, event: TokenCacheEvent) {
        (**self).token_cache(event);
    }

    fn introspected(&self, introspection: &IntrospectionEvent<'_>) {
        (**self).introspected(introspection);
    }

    fn introspection_sent(&self, sent: &IntrospectionSentEvent<'_>) {
        (**self).introspection_sent(sent);
    }

    fn store_operation(&self, operation: &StoreEvent<'_>) {
        (**self).store_operation(operation);
    }

    fn dpop_rejected(&self, rejection: &DpopEvent<'_>) {
        (**self).dpop_rejected(rejection);
    }

    fn dpop_nonce_issued(&self) {
        (**self).dpop_nonce_issued();
    }

    fn replay_rejected(&self, replay: &ReplayEvent<'_>) {
        (**self).replay_rejected(replay);
    }
}
