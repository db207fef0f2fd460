//! The names of the issuers that observers are told.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::IssuerId;

/// The length of the first block. Each further one is twice as long as all before it.
const FIRST_LEN: usize = 8;
/// The number of blocks: room for 2^31 names, which no memory holds.
const BLOCKS: usize = 28;

type Block = Box<[OnceLock<Box<str>>]>;

/// The configured names of issuers, each once. They are only added, so that they are read without a
/// lock.
#[derive(Default)]
pub(super) struct IssuerNames {
    blocks: [OnceLock<Block>; BLOCKS],
    /// The number of names. Locked while one is added.
    len: Mutex<usize>,
}

impl IssuerNames {
    /// Returns the id of a name, which is added unless it is there.
    pub(super) fn id_of(&self, name: &str) -> IssuerId {
        let mut len = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (0..*len).find(|index| self.at(*index) == Some(name));
        if let Some(index) = known {
            return IssuerId::at(index);
        }
        let index = *len;
        if self
            .slot(index)
            .is_none_or(|slot| slot.set(name.into()).is_err())
        {
            return IssuerId::NONE;
        }
        *len = index.saturating_add(1);
        IssuerId::at(index)
    }

    /// Returns the name with an id, or an empty one.
    pub(super) fn get(&self, id: IssuerId) -> &str {
        id.index()
            .and_then(|index| self.at(index))
            .unwrap_or_default()
    }

    fn at(&self, index: usize) -> Option<&str> {
        let (block, offset, _) = place(index)?;
        Some(self.blocks.get(block)?.get()?.get(offset)?.get()?)
    }

    fn slot(&self, index: usize) -> Option<&OnceLock<Box<str>>> {
        let (block, offset, len) = place(index)?;
        let block = self.blocks.get(block)?;
        let block = block.get_or_init(|| (0..len).map(|_| OnceLock::new()).collect());
        block.get(offset)
    }
}

/// Returns the block of an index, the place in it, and its length. Blocks of 8, 8, 16, 32, …: the
/// highest bit of an index names its block.
fn place(index: usize) -> Option<(usize, usize, usize)> {
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
        let places = (0..10_000).map(|index| place(index).unwrap());
        let mut expected = (0, 0);
        for (block, offset, len) in places {
            assert_eq!((block, offset), expected);
            expected = if offset + 1 == len {
                (block + 1, 0)
            } else {
                (block, offset + 1)
            };
        }
    }
}
