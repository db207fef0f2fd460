//! The verifier of all tokens, for layer and authenticator.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::check::NotVerified;
use super::token_cache::{CachedToken, TokenCache};
use super::{ConfiguredIssuer, Offload, Progress};
use crate::clock::since_epoch;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Claims, Compact, Rules, decoded_payload};
use crate::policy::Unchecked;

pub(crate) struct Engine<C> {
    pub(crate) issuers: Vec<Arc<ConfiguredIssuer>>,
    pub(crate) rules: Rules,
    pub(crate) token_cache: Option<TokenCache<C>>,
    pub(crate) offload: Option<Offload>,
}

/// The claims of a verified token, and what the verification depends on.
pub(crate) struct Verification<'e, C> {
    pub(crate) claims: Claims<C>,
    pub(crate) issuer: &'e Arc<ConfiguredIssuer>,
    /// The id of the key set that the signing key was in.
    pub(crate) key_set_id: u64,
}

impl<C> Engine<C> {
    /// Returns the time since 1970.
    pub(super) fn now(&self) -> Duration {
        since_epoch(&*self.rules.clock)
    }
}

impl<C: DeserializeOwned + 'static> Engine<C> {
    /// Verifies a token as far as that is possible on this thread without waiting. `token` may be
    /// any bytes, `now` is the time since 1970.
    pub(super) fn verify(&self, token: &[u8], now: Duration) -> Progress<C> {
        if let Some(claims) = self.cached(token, now) {
            return Progress::Done(Ok(Unchecked::new(claims)));
        }
        if self.offload_for(token).is_some() {
            return Progress::Offload;
        }
        self.verify_here(token, now)
    }

    /// Verifies a token that is not cached, whether its algorithm is offloaded or not.
    pub(super) fn verify_here(&self, token: &[u8], now: Duration) -> Progress<C> {
        match self.verify_uncached(token, now) {
            Ok(verification) => {
                if let Some(cache) = &self.token_cache {
                    cache.insert(token, &verification, &self.rules, now);
                }
                Progress::Done(Ok(Unchecked::new(verification.claims)))
            }
            Err(NotVerified::NeedsKeys(needs_keys)) => Progress::NeedsKeys(needs_keys),
            Err(NotVerified::Rejected(error)) => Progress::Done(Err(error)),
        }
    }

    /// Returns the offload for the token's signature, or `None` if it is checked on this thread. A
    /// token whose header alone leads to a rejection is not offloaded.
    pub(super) fn offload_for(&self, token: &[u8]) -> Option<&Offload> {
        let offload = self.offload.as_ref()?;
        let token = self.parse(token).ok()?;
        let (header, _) = self.rules.read_header(token.header).ok()?;
        offload.applies_to(header.algorithm).then_some(offload)
    }

    fn verify_uncached(
        &self,
        token: &[u8],
        now: Duration,
    ) -> Result<Verification<'_, C>, NotVerified> {
        let token = self.parse(token)?;
        decoded_payload::with_buffer(|buffer| self.check(&token, buffer, now))
    }

    fn parse<'t>(&self, token: &'t [u8]) -> Result<Compact<'t>, Error> {
        if token.len() > self.rules.max_token_len {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        Compact::parse(token)
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
        let keys = issuer.keys.source().current()?;
        if keys.id() != *key_set_id {
            return None;
        }
        issuer.keys.mark_used();
        Some(claims.clone())
    }
}
