//! The tenants whose keys are cached, found by the name of their issuer.

use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;

use crate::verify::ConfiguredIssuer;
use crate::verify::issuers::ByName;

/// A change copies one shard, and a request reads it without a lock.
const SHARDS: usize = 64;

type Shard = HashSet<ByName, RandomState>;

pub(super) struct TenantCache {
    shards: Box<[ArcSwap<Shard>]>,
    /// Seeded at random, since a token chooses the name that is looked up.
    hasher: RandomState,
}

impl TenantCache {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
            hasher: RandomState::default(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<ConfiguredIssuer>> {
        let shard = self.shard(name)?.load();
        shard.get(name).map(|ByName(issuer)| Arc::clone(issuer))
    }

    /// Adds an issuer. To be called by one thread at a time, as is `retain`.
    #[expect(
        clippy::mutable_key_type,
        reason = "the name, which is hashed, does not change"
    )]
    pub(super) fn insert(&self, issuer: &Arc<ConfiguredIssuer>) {
        if let Some(shard) = self.shard(&issuer.name) {
            let mut changed = Shard::clone(&shard.load());
            changed.insert(ByName(Arc::clone(issuer)));
            shard.store(Arc::new(changed));
        }
    }

    /// Removes the issuers for which `keep` returns false, and returns them.
    pub(super) fn retain(
        &self,
        keep: impl Fn(&ConfiguredIssuer) -> bool,
    ) -> Vec<Arc<ConfiguredIssuer>> {
        let mut removed = Vec::new();
        for shard in &self.shards {
            let current = shard.load();
            if current.iter().all(|ByName(issuer)| keep(issuer)) {
                continue;
            }
            let (kept, others): (Shard, Shard) = current
                .iter()
                .cloned()
                .partition(|ByName(issuer)| keep(issuer));
            shard.store(Arc::new(kept));
            removed.extend(others.into_iter().map(|ByName(issuer)| issuer));
        }
        removed
    }

    pub(super) fn all(&self) -> Vec<Arc<ConfiguredIssuer>> {
        let shards = self.shards.iter().map(ArcSwap::load_full);
        let issuers = |shard: Arc<Shard>| -> Vec<_> {
            shard
                .iter()
                .map(|ByName(issuer)| Arc::clone(issuer))
                .collect()
        };
        shards.flat_map(issuers).collect()
    }

    fn shard(&self, name: &str) -> Option<&ArcSwap<Shard>> {
        let hash = usize::try_from(self.hasher.hash_one(name) >> 40).ok()?;
        self.shards.get(hash.checked_rem(SHARDS)?)
    }
}
