//! How many entries of a store each key of a client has.

use std::collections::HashMap;
use std::num::NonZeroU32;

/// A keyed hash of an owner. Two owners with the same one share a quota: rare, and neither can be
/// chosen. Small, since each entry has one.
pub(super) type Owner = NonZeroU32;

/// The number of entries of each owner.
#[derive(Default)]
pub(super) struct Owners {
    entries: HashMap<Owner, u32>,
}

impl Owners {
    /// Returns the number of entries of an owner.
    pub(super) fn entries(&self, owner: Owner) -> u64 {
        self.entries.get(&owner).copied().unwrap_or(0).into()
    }

    pub(super) fn add(&mut self, owner: Owner) {
        let entries = self.entries.entry(owner).or_insert(0);
        *entries = entries.saturating_add(1);
    }

    /// Removes one entry. An owner without entries takes no memory.
    pub(super) fn remove(&mut self, owner: Owner) {
        if let Some(entries) = self.entries.get_mut(&owner) {
            *entries = entries.saturating_sub(1);
            if *entries == 0 {
                self.entries.remove(&owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_counted_while_it_has_entries() {
        let mut owners = Owners::default();
        let (one, other) = (Owner::MIN, Owner::MAX);
        owners.add(one);
        owners.add(one);
        owners.add(other);
        assert_eq!((owners.entries(one), owners.entries(other)), (2, 1));
        owners.remove(one);
        owners.remove(other);
        assert_eq!((owners.entries(one), owners.entries(other)), (1, 0));
        owners.remove(other);
        assert_eq!(owners.entries.len(), 1);
    }
}
