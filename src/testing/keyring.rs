//! The keys of an issuer.

use serde_json::{Value, json};

use super::key::TestKey;
use crate::algorithm::Algorithm;

/// A kind of key rotation: see [`TestIssuer::rotate`](crate::testing::TestIssuer::rotate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// New keys sign. The old ones stay published until
    /// [`retire_old_keys`](crate::testing::TestIssuer::retire_old_keys).
    Overlapping,
    /// New keys sign. No old key is published.
    Hard,
}

pub(super) struct Keyring {
    /// The keys that sign: one for each algorithm.
    current: Vec<TestKey>,
    /// Former keys that are still published.
    old: Vec<TestKey>,
    /// Published in place of the keys.
    raw: Option<String>,
}

impl Keyring {
    pub(super) fn new(current: Vec<TestKey>) -> Self {
        Self {
            current,
            old: Vec::new(),
            raw: None,
        }
    }

    pub(super) fn current(&self) -> &[TestKey] {
        &self.current
    }

    pub(super) fn find(&self, algorithm: Algorithm) -> Option<&TestKey> {
        self.current.iter().find(|key| key.algorithm() == algorithm)
    }

    pub(super) fn rotate(&mut self, rotation: Rotation, new: Vec<TestKey>) {
        let replaced = std::mem::replace(&mut self.current, new);
        match rotation {
            Rotation::Overlapping => self.old.extend(replaced),
            Rotation::Hard => self.old.clear(),
        }
    }

    /// Replaces the keys that sign. Does not publish them as old keys.
    pub(super) fn replace(&mut self, new: Vec<TestKey>) {
        self.current = new;
    }

    pub(super) fn retire_old(&mut self) {
        self.old.clear();
    }

    pub(super) fn set_raw(&mut self, raw: Option<String>) {
        self.raw = raw;
    }

    /// Returns the published JWKs. The keys that sign come first.
    pub(super) fn jwks(&self) -> Vec<Value> {
        self.current
            .iter()
            .chain(&self.old)
            .map(TestKey::jwk)
            .collect()
    }

    /// Returns the published key set.
    pub(super) fn body(&self) -> String {
        self.raw
            .clone()
            .unwrap_or_else(|| json!({"keys": self.jwks()}).to_string())
    }
}
