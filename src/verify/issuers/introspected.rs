//! The issuers whose tokens are introspected, and the choice among them by the form of a token.

use std::sync::Arc;

use super::set::{IssuerSet, Lookup};
use crate::config_error::ConfigError;
use crate::jwt::{Compact, decoded_payload};
use crate::verify::ConfiguredIssuer;
use crate::verify::choice::{Named, named_issuer};
use crate::verify::introspection::{Introspector, is_jwt_form};

/// The introspected issuers of a set.
#[derive(Clone, Default)]
pub(super) struct Introspected(Vec<Arc<ConfiguredIssuer>>);

impl Introspected {
    /// Adds an issuer, if it is introspected. Rejects one whose opaque tokens could be another's.
    pub(super) fn add(&mut self, issuer: &Arc<ConfiguredIssuer>) -> Result<(), ConfigError> {
        let Some(introspector) = issuer.keys.introspector() else {
            return Ok(());
        };
        for other in &self.0 {
            if are_ambiguous(introspector.prefix(), prefix_of(other)) {
                return Err(ambiguous(&other.name, &issuer.name));
            }
        }
        self.0.push(Arc::clone(issuer));
        Ok(())
    }

    /// Returns the issuer of opaque tokens like this one.
    fn of_opaque(&self, token: &[u8]) -> Option<&Arc<ConfiguredIssuer>> {
        let has_prefix = |issuer: &&Arc<ConfiguredIssuer>| starts_with_prefix_of(token, issuer);
        let has_none = |issuer: &&Arc<ConfiguredIssuer>| prefix_of(issuer).is_none();
        let mut issuers = self.0.iter();
        issuers
            .find(has_prefix)
            .or_else(|| self.0.iter().find(has_none))
    }
}

/// Returns what the opaque tokens of an issuer start with, if that is configured.
fn prefix_of(issuer: &ConfiguredIssuer) -> Option<&str> {
    issuer.keys.introspector().and_then(Introspector::prefix)
}

fn starts_with_prefix_of(token: &[u8], issuer: &ConfiguredIssuer) -> bool {
    prefix_of(issuer).is_some_and(|prefix| token.starts_with(prefix.as_bytes()))
}

impl IssuerSet {
    /// Returns whether there is an issuer to ask about tokens.
    pub(super) const fn is_introspecting(&self) -> bool {
        !self.introspected.0.is_empty()
    }

    /// Returns the issuer that is to be asked about a token, which is then not verified with keys.
    pub(crate) fn to_ask(&self, token: &[u8]) -> Option<(&Arc<ConfiguredIssuer>, &Introspector)> {
        if !self.is_introspecting() {
            return None;
        }
        let issuer = if is_jwt_form(token) {
            self.to_ask_about_jwt(token)?
        } else {
            self.introspected.of_opaque(token)?
        };
        Some((issuer, issuer.keys.introspector()?))
    }

    /// Returns the issuer of a token in the form of a JWT, if all of its tokens are introspected.
    fn to_ask_about_jwt(&self, token: &[u8]) -> Option<&Arc<ConfiguredIssuer>> {
        let takes_jwts = |issuer: &&Arc<ConfiguredIssuer>| {
            let introspector = issuer.keys.introspector();
            introspector.is_some_and(Introspector::takes_jwts)
        };
        if let Some(sole) = self.sole() {
            return Some(sole).filter(takes_jwts);
        }
        if !self.introspected.0.iter().any(|issuer| takes_jwts(&issuer)) {
            return None;
        }
        let mut candidates = self.introspected.0.iter().filter(takes_jwts);
        let by_prefix = candidates.find(|issuer| starts_with_prefix_of(token, issuer));
        by_prefix.or_else(|| self.named_by(token).filter(takes_jwts))
    }

    fn named_by(&self, token: &[u8]) -> Option<&Arc<ConfiguredIssuer>> {
        let token = Compact::parse(token).ok()?;
        decoded_payload::with_buffer(|buffer| match named_issuer(self, &token, buffer) {
            Named::By {
                lookup: Lookup::Found(issuer),
                ..
            } => Some(issuer),
            _ => None,
        })
    }
}

/// Returns whether a token could be of both.
fn are_ambiguous(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
        // The one with a prefix comes first.
        _ => false,
    }
}

fn ambiguous(one: &str, other: &str) -> ConfigError {
    ConfigError::invalid_setting(format!(
        "token_prefix of issuers {one:?} and {other:?}: must be set for at least one of them, and \
         neither may start with the other, since only the start of an opaque token says whose it is"
    ))
}
