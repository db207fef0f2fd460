//! Which issuers have a secret from a source now.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::jwk::KeyDigest;
use crate::verify::ConfiguredIssuer;

/// Finds an issuer that shares a secret with another one without comparing it with all of them.
#[derive(Default)]
pub(super) struct SecretOwners<'s> {
    by_digest: HashMap<KeyDigest, Owners<'s>, RandomState>,
    /// The number of issuers that were added.
    added: usize,
}

/// The issuers that have one secret. The first two are enough to find another one than any issuer.
struct Owners<'s> {
    first: Owner<'s>,
    second: Option<Owner<'s>>,
}

#[derive(Clone, Copy)]
struct Owner<'s> {
    position: usize,
    issuer: &'s ConfiguredIssuer,
}

impl<'s> SecretOwners<'s> {
    /// Adds an issuer if its keys come from a source.
    pub(super) fn add(&mut self, issuer: &'s ConfiguredIssuer) {
        if !issuer.keys.is_source() {
            return;
        }
        let position = self.added;
        self.added = position.saturating_add(1);
        let owner = Owner { position, issuer };
        for digest in issuer.secret_digests() {
            let owners = self.by_digest.entry(digest);
            owners
                .and_modify(|owners| owners.add(owner))
                .or_insert(Owners {
                    first: owner,
                    second: None,
                });
        }
    }

    /// Returns the first other issuer that has one of these secrets.
    pub(super) fn other_with(
        &self,
        issuer: &ConfiguredIssuer,
        digests: &[KeyDigest],
    ) -> Option<(&'s ConfiguredIssuer, KeyDigest)> {
        let others = digests.iter().filter_map(|digest| {
            let other = self.by_digest.get(digest)?.other_than(issuer)?;
            Some((other, *digest))
        });
        let (other, digest) = others.min_by_key(|(other, _)| other.position)?;
        Some((other.issuer, digest))
    }
}

impl<'s> Owners<'s> {
    fn add(&mut self, owner: Owner<'s>) {
        if self.second.is_none() && self.first.issuer.name != owner.issuer.name {
            self.second = Some(owner);
        }
    }

    fn other_than(&self, issuer: &ConfiguredIssuer) -> Option<Owner<'s>> {
        if self.first.issuer.name == issuer.name {
            self.second
        } else {
            Some(self.first)
        }
    }
}
