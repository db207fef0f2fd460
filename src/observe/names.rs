//! The names of the issuers that observers are told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::IssuerId;

/// The length of the first block. Each further one is twice as long as all before it.
const FIRST_LEN: usize = 8;
/// The number of blocks: room for 2^31 names, which no memory holds.
const BLOCKS: usize = 28;

type Block = Box<[OnceLock<Arc<str>>]>;

/// The configured names of issuers, each once. They are only added, so that they are read without a
/// lock.
#[derive(Default)]
pub(super) struct IssuerNames {
    blocks: [OnceLock<Block>; BLOCKS],
    /// The ids of all names. Locked while one is added.
    ids: Mutex<HashMap<Arc<str>, IssuerId>>,
}

impl IssuerNames {
    /// Returns the id of a name, which is added unless it is there.
    pub(super) fn id_of(&self, name: &str) -> IssuerId {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = ids.get(name) {
            return *id;
        }
        let (index, name) = (ids.len(), Arc::from(name));
        let is_stored = |slot: &OnceLock<_>| slot.set(Arc::clone(&name)).is_ok();
        if !self.slot(index).is_some_and(is_stored) {
            return IssuerId::NONE;
        }
        let id = IssuerId::at(index);
        ids.insert(name, id);
        id
    }

    /// Returns the name with an id, or an empty one.
    pub(super) fn get(&self, id: IssuerId) -> &str {
        id.index()
            .and_then(|index| self.at(index))
            .unwrap_or_default()
    }

    fn at(&self, index: usize) -> Option<&str> {
        let (block, offset, _) = slot_of(index)?;
        Some(self.blocks.get(block)?.get()?.get(offset)?.get()?)
    }

    fn slot(&self, index: usize) -> Option<&OnceLock<Arc<str>>> {
        let (block, offset, len) = slot_of(index)?;
        let block = self.blocks.get(block)?;
        let block = block.get_or_init(|| (0..len).map(|_| OnceLock::new()).collect());
        block.get(offset)
    }
}

/// Returns the block of an index, the slot in it, and its length. Blocks of 8, 8, 16, 32, …: the
/// highest bit of an index names its block.
fn slot_of(index: usize) -> Option<(usize, usize, usize)> {
    let scaled = index.div_euclid(FIRST_LEN);
    let Some(power) = scaled.checked_ilog2() else {
        return Some((0, index, FIRST_LEN));
    };
    let start = FIRST_LEN.checked_shl(power)?;
    let block = usize::try_from(power).ok()?.checked_add(1)?;
    Some((block, index.checked_sub(start)?, start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_one_id_however_many_there_are() {
        let names = IssuerNames::default();
        let name = |number: usize| format!("https://{number}.example.com");
        let ids: Vec<_> = (0..1000).map(|number| names.id_of(&name(number))).collect();
        for (number, id) in ids.iter().enumerate() {
            assert_eq!(names.get(*id), name(number));
            assert_eq!(names.id_of(&name(number)), *id);
        }
        assert_eq!(names.get(IssuerId::NONE), "");
        assert_eq!(names.get(IssuerId::at(1000)), "");
    }

    #[test]
    fn blocks_follow_one_another_without_a_gap() {
        let slots = (0..10_000).map(|index| slot_of(index).unwrap());
        let mut expected = (0, 0);
        for (block, offset, len) in slots {
            assert_eq!((block, offset), expected);
            expected = if offset + 1 == len {
                (block + 1, 0)
            } else {
                (block, offset + 1)
            };
        }
    }
}
