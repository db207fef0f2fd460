//! The keys of an issuer, and how they change.

use serde_json::{Value, json};

use super::key::TestKey;
use crate::algorithm::Algorithm;

/// How an issuer changes its keys: [`TestIssuer::rotate`](crate::testing::TestIssuer::rotate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// New keys sign; the old ones are still published, until
    /// [`retire_old_keys`](crate::testing::TestIssuer::retire_old_keys).
    Overlapping,
    /// New keys sign; no older key is published any more.
    Hard,
}

pub(super) struct Keyring {
    /// One per algorithm asked for: these sign.
    current: Vec<TestKey>,
    /// Still published.
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

    /// The replaced ones are published no more; older ones still are.
    pub(super) fn replace(&mut self, new: Vec<TestKey>) {
        self.current = new;
    }

    pub(super) fn retire_old(&mut self) {
        self.old.clear();
    }

    pub(super) fn set_raw(&mut self, raw: Option<String>) {
        self.raw = raw;
    }

    /// The public JWKs, those that sign first.
    pub(super) fn jwks(&self) -> Vec<Value> {
        self.current
            .iter()
            .chain(&self.old)
            .map(TestKey::jwk)
            .collect()
    }

    /// The body of the key set.
    pub(super) fn body(&self) -> String {
        self.raw
            .clone()
            .unwrap_or_else(|| json!({"keys": self.jwks()}).to_string())
    }
}
