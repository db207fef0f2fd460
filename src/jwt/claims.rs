//! The claims of a verified token.

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use triomphe::{Arc, HeaderSlice};

use super::binding::{BindingRules, Confirmation, Proven};
use super::implied_scopes::ImpliedScopes;
use super::json_claims::JsonClaims;
use super::registered::{PayloadStr, Registered};
use super::rules::Rules;
use super::times::validity;
use super::token::Verified;
use super::token_type::TokenType;
use crate::algorithm::Algorithm;
use crate::clock::Clock;
use crate::error::{Error, IssuerId};
use crate::request::LayerContext;
use crate::revocation::{Revocable, RevocationWatch};

/// The claims of a verified token.
///
/// Only verification creates them: the token has a valid signature of a configured issuer, or the
/// issuer has said that it is active ([`Issuer::introspection`](crate::Issuer::introspection)), and
/// its claims were validated. [`JwtAuthLayer`](crate::JwtAuthLayer) inserts them into the
/// extensions of the request; [`Claims::from_extensions`] returns them from there. In axum (feature
/// `axum`) they are an extractor.
///
/// The registered claims have methods. `C` is your type for the others, set with
/// [`JwtAuthBuilder::claims`](crate::JwtAuthBuilder::claims); [`Claims::custom`] and `Deref` return
/// it. The default, [`JsonClaims`], has all claims as JSON.
///
/// Cheap to clone: clones share one allocation.
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use tower_jwt_auth::Claims;
///
/// #[derive(Deserialize)]
/// struct MyClaims {
///     tenant: String,
/// }
///
/// fn may_read(claims: &Claims<MyClaims>, tenant: &str) -> bool {
///     claims.custom().tenant == tenant && claims.has_scope("documents:read")
/// }
/// ```
pub struct Claims<C = JsonClaims> {
    /// The text behind the header is the payload, followed by the key id.
    shared: Arc<HeaderSlice<Inner<C>, str>>,
    /// The layer that inserted them into the extensions of a request.
    layer: Option<LayerContext>,
    /// What their request has proven.
    proven: Proven,
}

struct Inner<C> {
    registered: Registered,
    expires_at: SystemTime,
    /// The clock that the times were compared with.
    clock: std::sync::Arc<dyn Clock>,
    /// The tolerance that they were compared with.
    leeway: Duration,
    /// What the list of revocations is compared with, if there is one.
    revocable: Option<std::sync::Arc<Revocable>>,
    /// Which scopes grant others.
    implied_scopes: Option<std::sync::Arc<ImpliedScopes>>,
    /// `None` if no key has verified the token.
    algorithm: Option<Algorithm>,
    /// The length in bytes of the payload in the text.
    payload_len: usize,
    has_key_id: bool,
    /// Whether the issuer's tokens are accepted without a proof of their binding.
    may_be_unproven: bool,
    /// A scope of the issuer's audience that is not granted.
    lacking_scope: Option<std::sync::Arc<str>>,
    /// What identifies an introspected token.
    token_id: Option<std::sync::Arc<str>>,
    token_type: TokenType,
    /// By which observers find the configured name of the issuer.
    issuer: IssuerId,
    custom: C,
}

impl<C> Claims<C> {
    /// Creates the claims of a verified token. Only validation calls this, as its last step.
    pub(super) fn new(
        verified: Verified<'_>,
        custom: C,
        expires_at: SystemTime,
        rules: &Rules,
        may_be_unproven: bool,
        lacking_scope: Option<std::sync::Arc<str>>,
        issuer: IssuerId,
    ) -> Self {
        let Verified {
            signed,
            token_type,
            payload,
            registered,
            evidence,
        } = verified;
        let token_id = evidence.into_token_id();
        let text = token_id.as_deref().unwrap_or(payload.payload);
        let revocable = registered.revocable(text, payload.payload, rules);
        let inner = Inner {
            registered,
            expires_at,
            clock: std::sync::Arc::clone(&rules.clock),
            leeway: rules.leeway,
            revocable,
            implied_scopes: rules.implied_scopes.clone(),
            algorithm: signed.map(|header| header.algorithm),
            payload_len: payload.payload.len(),
            has_key_id: signed.is_some_and(|header| header.key_id.is_some()),
            may_be_unproven,
            lacking_scope,
            token_id,
            token_type,
            issuer,
            custom,
        };
        Self {
            shared: Arc::from_header_and_str(inner, payload.with_key_id),
            layer: None,
            proven: Proven::NOTHING,
        }
    }

    /// Returns by what observers find the configured name of the issuer.
    pub(crate) fn issuer_id(&self) -> IssuerId {
        self.shared.header.issuer
    }

    /// Rejects claims that lack a scope of the issuer's audience. To be called once the binding is
    /// proven: other callers must not learn of the scope.
    pub(crate) fn check_audience_scopes(&self) -> Result<(), Error> {
        match &self.inner().lacking_scope {
            Some(scope) => Err(Error::insufficient_scope(Some(std::sync::Arc::clone(
                scope,
            )))),
            None => Ok(()),
        }
    }

    /// Sets what the request of the token has proven.
    pub(crate) const fn set_proven(&mut self, proven: Proven) {
        self.proven = proven;
    }

    /// Returns whether the token has `cnf`, whatever that says, or is of the type of bound tokens.
    pub(crate) fn is_bound(&self) -> bool {
        let registered = self.registered();
        registered.cnf.is_some() || registered.purpose.is_dpop()
    }

    /// Returns whether the token has `cnf`, whatever that says.
    pub(crate) fn has_binding(&self) -> bool {
        self.registered().cnf.is_some()
    }

    /// Rejects a token whose binding the layer can't check, or that lacks one which it requires.
    pub(crate) fn check_binding(&self, rules: BindingRules) -> Result<(), Error> {
        self.registered()
            .check_binding(rules, self.may_be_unproven())
    }

    /// Returns whether the issuer's tokens are accepted without a proof of their binding.
    pub(crate) fn may_be_unproven(&self) -> bool {
        self.inner().may_be_unproven
    }

    pub(super) fn with_layer(self, layer: LayerContext) -> Self {
        Self {
            layer: Some(layer),
            ..self
        }
    }

    /// Returns an error for a request that lacks `own` scopes, separated by spaces. It names all
    /// that the request needs, and the metadata of the resource, if the layer has some.
    pub(crate) fn insufficient_scope(&self, own: Option<std::sync::Arc<str>>) -> Error {
        let Some(layer) = self.layer() else {
            return Error::insufficient_scope(own);
        };
        let metadata = layer.resource().map(|resource| &resource.metadata);
        let all = own
            .as_deref()
            .and_then(|own| layer.scopes_of_request(Some(own)));
        Error::insufficient_scope(all.or(own)).with_metadata(metadata.cloned())
    }

    /// Adds scopes that a layer has required and found granted, for the challenges of those below.
    pub(crate) fn add_required(&mut self, scopes: &str) {
        if let Some(layer) = &mut self.layer {
            layer.add_required(scopes);
        }
    }

    pub(super) const fn layer(&self) -> Option<&LayerContext> {
        self.layer.as_ref()
    }

    fn inner(&self) -> &Inner<C> {
        &self.shared.header
    }

    pub(super) fn registered(&self) -> &Registered {
        &self.inner().registered
    }

    /// Returns the payload and the key id.
    fn texts(&self) -> (&str, &str) {
        let texts = self.shared.slice.split_at_checked(self.inner().payload_len);
        debug_assert!(texts.is_some(), "the text starts with the payload");
        texts.unwrap_or_default()
    }

    pub(super) fn resolve<'s>(&'s self, text: &'s PayloadStr) -> &'s str {
        text.resolve(self.json())
    }

    pub(super) fn text<'s>(&'s self, claim: Option<&'s PayloadStr>) -> Option<&'s str> {
        claim.map(|text| self.resolve(text))
    }

    /// Returns the range of times, since 1970 and without its end, in which the token passes the
    /// checks of its times.
    pub(crate) fn validity(&self, rules: &Rules) -> (Duration, Duration) {
        validity(self.registered(), rules)
    }

    /// Returns an upper bound of the memory that the claims may take besides their texts: the
    /// values of [`JsonClaims`], also if none has been read yet, the arrays, and what the list of
    /// revocations is compared with.
    pub(crate) fn max_values_len(&self) -> usize
    where
        C: 'static,
    {
        let values = JsonClaims::max_values_len(self.custom());
        let revocable = self.revocable().map_or(0, |_| size_of::<Revocable>());
        values
            .saturating_add(self.registered().arrays_len())
            .saturating_add(revocable)
    }

    /// Returns the time of the clock that the times were compared with.
    pub(crate) fn now(&self) -> SystemTime {
        self.inner().clock.now()
    }

    /// Returns the tolerance for differences between the clocks of issuer and service.
    pub(crate) fn leeway(&self) -> Duration {
        self.inner().leeway
    }

    /// Returns what the list of revocations is compared with, if the layer has one.
    pub(crate) fn revocable(&self) -> Option<&Revocable> {
        self.inner().revocable.as_deref()
    }

    /// Returns whether the issuer was asked about the token: its claims can differ the next time.
    pub(crate) fn is_introspected(&self) -> bool {
        self.inner().token_id.is_some()
    }

    /// Returns what identifies the token if it has no `jti`: all of its claims as they were signed,
    /// or the hash of an introspected token.
    pub(crate) fn identity(&self) -> &str {
        self.inner().token_id.as_deref().unwrap_or(self.json())
    }

    /// Returns what watches whether the token is revoked from now on, if it can be.
    pub(crate) fn watch_revocation(&self) -> Option<RevocationWatch> {
        self.inner().revocable.as_ref().map(Revocable::watch)
    }

    /// Returns your claims. `Deref` returns the same.
    #[must_use]
    pub fn custom(&self) -> &C {
        &self.inner().custom
    }

    /// Returns `exp`, the time from which on the token is no longer valid (RFC 7519 §4.1.4).
    ///
    /// Note: the layer checks it when a request arrives. End long streams at that time, with
    /// [`until_expiry`](crate::until_expiry()).
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.inner().expires_at
    }

    /// Returns what the sender of the request has proven to have: the key
    /// ([`dpop`](crate::JwtAuthBuilder::dpop)) or the certificate
    /// ([`mtls`](crate::JwtAuthBuilder::mtls)) that the token is bound to.
    ///
    /// None for a token that is not bound, and for one of an issuer with
    /// [`dangerous_accept_bound_as_bearer`](crate::Issuer::dangerous_accept_bound_as_bearer) that
    /// came without a proof.
    #[must_use]
    pub fn confirmation(&self) -> Confirmation<'_> {
        let Proven { key, certificate } = self.proven;
        Confirmation::new(
            self.key_thumbprint().filter(|_| key),
            self.certificate_thumbprint().filter(|_| certificate),
        )
    }

    /// Returns the scopes that the token grants: those of `scope` (RFC 8693 §4.2), or else of
    /// `scp`. Each may be a string of scopes separated by spaces, or an array of such strings.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.registered().scopes(self.json())
    }

    /// Returns whether the token has a claim of scopes, which may be empty.
    pub(crate) fn names_scopes(&self) -> bool {
        self.registered().scope.is_some()
    }

    /// Returns whether the token grants `scope`, or another one that implies it
    /// ([`add_implied_scopes`](crate::JwtAuthBuilder::add_implied_scopes)). Scopes are
    /// case-sensitive (RFC 6749 §3.3).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        let implied = self.inner().implied_scopes.as_deref();
        self.scopes().any(|granted| {
            granted == scope || implied.is_some_and(|implied| implied.implies(granted, scope))
        })
    }

    /// Returns `kid`, the id of the signing key, if the token's header has one (RFC 7515 §4.1.4).
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.inner().has_key_id.then(|| self.texts().1)
    }

    /// Returns the algorithm that the token is signed with. `None` for a token that the issuer's
    /// introspection endpoint has judged ([`Issuer::introspection`](crate::Issuer::introspection)).
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.inner().algorithm
    }

    /// Returns the type of the token.
    #[must_use]
    pub fn token_type(&self) -> &TokenType {
        &self.inner().token_type
    }

    /// Returns all claims as the JSON text that was signed, or that the issuer's introspection
    /// endpoint has responded with.
    #[must_use]
    pub fn json(&self) -> &str {
        self.texts().0
    }
}

// Not derived, because that would require `C: Clone`.
impl<C> Clone for Claims<C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            layer: self.layer.clone(),
            proven: self.proven,
        }
    }
}

impl<C> Deref for Claims<C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.custom()
    }
}

/// Shows no claim: claims are personal data.
impl<C> fmt::Debug for Claims<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("algorithm", &self.inner().algorithm)
            .finish_non_exhaustive()
    }
}
