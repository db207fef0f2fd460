//! The verifier of all tokens, for layer and authenticator.
//!
//! A token that is not cached takes one of two paths, which have the same outcome. The fast path is
//! for tokens whose header is cached with the issuer's keys, as nearly all are: it checks the
//! signature first, and then reads the payload, in one pass. Every other token takes the slow path,
//! which reads header and payload before it looks for a key.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::token_cache::TokenCache;
use super::{ConfiguredIssuer, NeedsKeys, Offload, Progress};
use crate::clock::{Clock, since_epoch};
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;
use crate::jwt::{Claims, Compact, Rules, decoded_payload};
use crate::policy::Policy;

pub(crate) struct Engine<C> {
    pub(crate) issuers: Vec<Arc<ConfiguredIssuer>>,
    pub(crate) rules: Rules,
    pub(crate) policy: Policy<C>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) token_cache: Option<TokenCache<C>>,
    pub(crate) offload: Option<Offload>,
}

/// The claims of a verified token, and what the verification depends on.
pub(crate) struct Verification<'e, C> {
    pub(crate) claims: Claims<C>,
    pub(crate) issuer: &'e Arc<ConfiguredIssuer>,
    /// The id of the key set that the signing key was in.
    pub(crate) key_set: u64,
}

impl<C> Engine<C> {
    /// Returns the time since 1970.
    pub(super) fn now(&self) -> Duration {
        since_epoch(&*self.clock)
    }
}

impl<C: DeserializeOwned> Engine<C> {
    /// Verifies a token as far as that is possible without waiting. `token` may be any bytes.
    pub(super) fn verify(&self, token: &[u8]) -> Progress<C> {
        let now = self.now();
        if let Some(claims) = self.cached(token, now) {
            return Progress::Done(self.check_policy(claims, now));
        }
        if self.offload_for(token).is_some() {
            return Progress::Offload;
        }
        self.verify_here(token, now)
    }

    /// Verifies a token that is not cached, on this thread.
    pub(super) fn verify_here(&self, token: &[u8], now: Duration) -> Progress<C> {
        match self.verify_uncached(token, now) {
            Ok(Ok(verification)) => {
                if let Some(cache) = &self.token_cache {
                    cache.insert(token, &verification, &self.rules, now);
                }
                Progress::Done(self.check_policy(verification.claims, now))
            }
            Ok(Err(needs_keys)) => Progress::NeedsKeys(needs_keys),
            Err(error) => Progress::Done(Err(error)),
        }
    }

    /// Returns the offload for the token's signature, or `None` if it is checked on this thread. A
    /// token whose header alone leads to a rejection is not offloaded.
    pub(super) fn offload_for(&self, token: &[u8]) -> Option<&Offload> {
        let offload = self.offload.as_ref()?;
        if token.len() > self.rules.max_token_len {
            return None;
        }
        let token = Compact::parse(token).ok()?;
        let check = |algorithm, typ: Option<&str>| self.rules.check_header(algorithm, typ);
        let (header, _) = Header::read(token.header, check).ok()?;
        offload.applies_to(header.algorithm).then_some(offload)
    }

    /// Returns the rejection as the outer error. The inner error is a missing key.
    fn verify_uncached(
        &self,
        token: &[u8],
        now: Duration,
    ) -> Result<Result<Verification<'_, C>, NeedsKeys>, Error> {
        if token.len() > self.rules.max_token_len {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        let token = Compact::parse(token)?;
        decoded_payload::with_buffer(|buffer| match self.fast_path(&token, buffer, now) {
            Ok(outcome) => outcome.map(Ok),
            Err(fallback) => self.slow_path(&token, fallback, buffer, now),
        })
    }

    /// Returns the claims of a token that was verified before with the keys that are still current.
    fn cached(&self, token: &[u8], now: Duration) -> Option<Claims<C>> {
        self.token_cache.as_ref()?.get(token, now, |entry| {
            let keys = entry.issuer.keys.source().current();
            let still_valid = keys.is_some_and(|keys| keys.id() == entry.key_set);
            if still_valid {
                entry.issuer.keys.mark_used();
            }
            still_valid
        })
    }

    fn check_policy(&self, claims: Claims<C>, now: Duration) -> Result<Claims<C>, Error> {
        self.policy.check(&claims, now).map(|()| claims)
    }
}
