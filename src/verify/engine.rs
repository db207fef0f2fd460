//! The verifier of all tokens, for layer and authenticator.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::check::{NotVerified, Task};
use super::choice::{Named, named_issuer};
use super::issuer_ref::IssuerRef;
use super::issuers::Lookup;
use super::token_cache::{CachedToken, Inserted, TokenCache};
use super::{ConfiguredIssuer, IssuerSet, Offload, Progress, Registry};
use crate::clock::since_epoch;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;
use crate::jwt::{AudienceRule, Claims, Compact, Expected, Rules, decoded_payload};
use crate::observe::{Observers, TokenCacheEvent};
use crate::policy::Unchecked;

pub(crate) struct Engine<C> {
    pub(crate) issuers: Arc<Registry>,
    pub(crate) rules: Rules,
    /// In place of the issuers' audiences.
    pub(crate) audience: Option<AudienceRule>,
    pub(crate) token_cache: Option<TokenCache<C>>,
    pub(crate) offload: Option<Offload>,
    pub(crate) observers: Observers,
}

/// The claims of a verified token, and what the verification depends on.
pub(crate) struct Verification<'s, C> {
    pub(crate) claims: Claims<C>,
    pub(crate) issuer: IssuerRef<'s>,
    /// The id of the key set that the signing key was in.
    pub(crate) key_set_id: u64,
}

impl<C> Engine<C> {
    /// Returns the time since 1970.
    pub(super) fn now(&self) -> Duration {
        since_epoch(&*self.rules.clock)
    }

    /// Returns what the tokens of an issuer must contain.
    pub(super) fn expected<'e>(&'e self, issuer: &'e ConfiguredIssuer) -> Expected<'e> {
        let of_issuer = issuer.expected();
        Expected {
            audience: self.audience.as_ref().unwrap_or(of_issuer.audience),
            ..of_issuer
        }
    }

    pub(super) fn parse<'t>(&self, token: &'t [u8]) -> Result<Compact<'t>, Error> {
        if token.len() > self.rules.max_token_len {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        let token = Compact::parse(token)?;
        Ok(if self.rules.padded {
            token.without_padding()
        } else {
            token
        })
    }
}

impl<C: DeserializeOwned + 'static> Engine<C> {
    /// Verifies the token of a request as far as that is possible on this thread without waiting.
    /// `token` may be any bytes, `now` is the time since 1970.
    pub(super) fn verify(&self, token: &[u8], now: Duration) -> Progress<C> {
        let observed = self.token_cache.is_some() && !self.observers.is_empty();
        self.verify_or_wait(token, now, observed)
    }

    /// The same, without telling observers of the look-up in the cache: for a token that is
    /// verified again after a wait, or not of a request.
    pub(super) fn verify_unobserved(&self, token: &[u8], now: Duration) -> Progress<C> {
        self.verify_or_wait(token, now, false)
    }

    fn verify_or_wait(&self, token: &[u8], now: Duration, is_told: bool) -> Progress<C> {
        if let Some(claims) = self.cached(token, now) {
            if is_told {
                self.tell_look_up(TokenCacheEvent::Hit);
            }
            return Progress::Done(Ok(Unchecked::new(claims)));
        }
        // Logout tokens are verified with keys only.
        if self.audience.is_none()
            && self.issuers.is_introspecting()
            && let issuers = self.issuers.load()
            && let Some((issuer, introspector)) = issuers.to_ask(token)
        {
            return self.introspect(issuer, introspector, token, now);
        }
        // What is not a JWT is never cached.
        if is_told && self.parse(token).is_ok() {
            self.tell_look_up(TokenCacheEvent::Miss);
        }
        if self.needs_offload(token) {
            return Progress::Offload;
        }
        self.verify_here(token, now)
    }

    /// Verifies a token that is not cached, whether its algorithm is offloaded or not.
    pub(super) fn verify_here(&self, token: &[u8], now: Duration) -> Progress<C> {
        let issuers = self.issuers.load();
        match self.verify_uncached(&issuers, token, now) {
            Ok(verification) => {
                if let Some(cache) = &self.token_cache {
                    let inserted = cache.insert(token, &verification, &self.rules, now);
                    self.tell_insert(inserted);
                }
                Progress::Done(Ok(Unchecked::new(verification.claims)))
            }
            Err(NotVerified::NeedsKeys(needs_keys)) => Progress::NeedsKeys(needs_keys),
            Err(NotVerified::Rejected(error)) => Progress::Done(Err(error)),
        }
    }

    /// Tells observers whether a token was cached.
    fn tell_look_up(&self, event: TokenCacheEvent) {
        self.observers.each(|observer| observer.token_cache(event));
    }

    /// Tells observers what a token that is cached from now on has replaced.
    fn tell_insert(&self, inserted: Inserted) {
        if !inserted.is_cached {
            let skipped = TokenCacheEvent::Skipped;
            self.observers
                .each(|observer| observer.token_cache(skipped));
        }
        for _ in 0..inserted.evicted {
            let evicted = TokenCacheEvent::Evicted;
            self.observers
                .each(|observer| observer.token_cache(evicted));
        }
    }

    /// Returns whether the token's signature is to be checked on another thread. A token whose
    /// header or form of signature is rejected, or that no issuer has a key for, takes no place in
    /// the queue.
    fn needs_offload(&self, token: &[u8]) -> bool {
        let Some(offload) = self.offload.as_ref().filter(|_| Offload::is_available()) else {
            return false;
        };
        let Ok(token) = self.parse(token) else {
            return false;
        };
        let issuers = self.issuers.load();
        let header = self.rules.read_header(token.header, issuers.algorithms());
        header.is_ok_and(|(header, _)| {
            offload.applies_to(header.algorithm)
                && token.check_signature_form(header.algorithm).is_ok()
                && may_have_key(&issuers, &token, &header)
        })
    }

    fn verify_uncached<'s>(
        &self,
        issuers: &'s IssuerSet,
        token: &[u8],
        now: Duration,
    ) -> Result<Verification<'s, C>, NotVerified> {
        let token = &self.parse(token)?;
        let task = Task {
            issuers,
            token,
            now,
        };
        decoded_payload::with_buffer(|buffer| self.check(task, buffer))
    }

    /// Returns the claims of a token that was verified before with the keys that are still current.
    fn cached(&self, token: &[u8], now: Duration) -> Option<Claims<C>> {
        let entry = self.token_cache.as_ref()?.get(token, now)?;
        let CachedToken {
            claims,
            issuer,
            key_set_id,
            ..
        } = &entry.header.header;
        if !issuer.still_issues(claims) {
            return None;
        }
        if self.issuers.is_changed() && !self.issuers.load().is_current(issuer, claims.issuer()) {
            return None;
        }
        // Only tokens that a key has verified are cached here.
        let algorithm = claims.algorithm()?;
        let keys = issuer.source_for(algorithm).current()?;
        let shares_secret = || self.issuers.check_secrets(issuer).is_err();
        if keys.id() != *key_set_id || algorithm.is_symmetric() && shares_secret() {
            return None;
        }
        issuer.mark_used(algorithm);
        Some(claims.clone())
    }
}

/// Returns whether the issuer that a token names has a key that may have signed it. Where it does
/// not show without reading all claims, it is the issuer of tokens without `iss`.
fn may_have_key(issuers: &IssuerSet, token: &Compact<'_>, header: &Header) -> bool {
    let (key_id, algorithm) = (header.key_id.as_deref(), header.algorithm);
    let has_key = |issuer: &ConfiguredIssuer| {
        let keys = issuer.source_for(algorithm).current();
        issuer.algorithms.contains(algorithm)
            && keys.is_some_and(|keys| keys.candidates(key_id, algorithm).next().is_some())
    };
    if let Some(issuer) = issuers.sole() {
        return has_key(issuer);
    }
    decoded_payload::with_buffer(|buffer| match named_issuer(issuers, token, buffer) {
        Named::By { lookup, .. } => match lookup {
            Lookup::Found(issuer) => has_key(issuer),
            Lookup::Tenant(issuer) => has_key(&issuer),
            Lookup::NewTenant(_) | Lookup::Unknown => false,
        },
        // A token that writes `iss` with escapes, which no issuer does, is verified on this thread.
        Named::Unclear => issuers.nameless().is_some_and(|issuer| has_key(issuer)),
        Named::Malformed => false,
    })
}
