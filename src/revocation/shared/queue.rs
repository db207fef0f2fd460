//! The entries that are to be stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::revocation::RevocationEntry;

/// How many entries are stored with one call.
pub(super) const MAX_BATCH: usize = 1_000;

type Id = [u8; RevocationEntry::ID_LEN];

/// The entries that are to be stored: those of the list, and no more that have ended than others.
#[derive(Default)]
pub(super) struct Queue {
    entries: Mutex<Entries>,
    added: Notify,
    /// The number of the first entry that is not stored.
    first: watch::Sender<u64>,
}

#[derive(Default)]
struct Entries {
    /// By their numbers, in the order in which they were added.
    waiting: BTreeMap<u64, RevocationEntry>,
    numbers: HashMap<Id, u64>,
    next: u64,
    /// From this number on, it is looked for entries that have ended.
    prune_at: usize,
}

impl Queue {
    pub(super) fn add(&self, entries: impl IntoIterator<Item = RevocationEntry>) {
        let mut queue = self.lock();
        for entry in entries {
            queue.add(entry);
        }
        drop(queue);
        self.added.notify_one();
    }

    /// Waits until there are entries. Returns the first ones, `max` at most, without removing them.
    pub(super) async fn batch(
        &self,
        max: usize,
        now: impl Fn() -> Option<Duration>,
    ) -> Vec<RevocationEntry> {
        loop {
            let batch = self.first(max, now());
            if !batch.is_empty() {
                return batch;
            }
            self.added.notified().await;
        }
    }

    /// Removes entries that are stored, unless they were replaced meanwhile by some that end later.
    pub(super) fn remove(&self, stored: &[RevocationEntry]) {
        let mut queue = self.lock();
        for entry in stored {
            queue.remove(entry);
        }
        self.announce(&queue);
    }

    pub(super) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Waits until all entries are stored that were added before this call.
    pub(super) async fn wait(&self) {
        let target = self.lock().next;
        let mut first = self.first.subscribe();
        // An error means that there is no list any more.
        let _ = first.wait_for(|first| *first >= target).await;
    }

    /// Returns the first entries, and removes those of them that have ended.
    fn first(&self, max: usize, now: Option<Duration>) -> Vec<RevocationEntry> {
        let mut queue = self.lock();
        let has_ended = |entry: &RevocationEntry| now.is_some_and(|now| entry.has_ended(now));
        queue.prune(has_ended);
        self.announce(&queue);
        loop {
            let first = queue.waiting.values().take(max).copied();
            let (ended, batch): (Vec<_>, Vec<_>) = first.partition(has_ended);
            if ended.is_empty() {
                return batch;
            }
            for entry in &ended {
                queue.remove(entry);
            }
            self.announce(&queue);
        }
    }

    fn announce(&self, queue: &Entries) {
        let first = queue.waiting.keys().next().copied();
        let first = first.unwrap_or(queue.next);
        self.first.send_if_modified(|before| {
            let has_changed = *before != first;
            *before = first;
            has_changed
        });
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// Keeps the number of an entry that waits already: who waits for it waits for this one, too.
    fn add(&mut self, entry: RevocationEntry) {
        let number = *self.numbers.entry(entry.id()).or_insert(self.next);
        let waiting = self.waiting.entry(number).or_insert(entry);
        if entry.ends_later_than(waiting) {
            *waiting = entry;
        }
        if number == self.next {
            self.next = self.next.saturating_add(1);
        }
    }

    /// Removes the entries that have ended, if their number has doubled: the list has removed them,
    /// too, and those in front of them may wait for long.
    fn prune(&mut self, has_ended: impl Fn(&RevocationEntry) -> bool) {
        if self.waiting.len() < self.prune_at {
            return;
        }
        let numbers = &mut self.numbers;
        self.waiting.retain(|_, entry| {
            let has_ended = has_ended(entry);
            if has_ended {
                numbers.remove(&entry.id());
            }
            !has_ended
        });
        let doubled = self.waiting.len().saturating_mul(2);
        self.prune_at = doubled.max(MAX_BATCH.saturating_mul(2));
    }

    fn remove(&mut self, stored: &RevocationEntry) {
        let Some(number) = self.numbers.get(&stored.id()) else {
            return;
        };
        let waiting = self.waiting.get(number);
        if waiting.is_some_and(|waiting| !waiting.ends_later_than(stored)) {
            self.waiting.remove(number);
            self.numbers.remove(&stored.id());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::revocation::hash_key::Digest;
    use crate::revocation::kind::{Entry, Kind};
    use crate::revocation::time::Millis;

    fn entry(id: u64, time: u64) -> RevocationEntry {
        let (kind, time) = (Kind::Session, Millis(time));
        RevocationEntry::new(
            Digest(id, id),
            Entry { kind, time },
            Duration::from_secs(60),
        )
    }

    fn batch(queue: &Queue) -> Option<Vec<RevocationEntry>> {
        queue.batch(MAX_BATCH, || None).now_or_never()
    }

    #[test]
    fn entries_wait_in_their_order_until_they_are_removed() {
        let queue = Queue::default();
        assert_eq!(batch(&queue), None);
        queue.add([entry(2, 1), entry(1, 1)]);
        assert_eq!(batch(&queue), Some(vec![entry(2, 1), entry(1, 1)]));
        queue.remove(&[entry(2, 1), entry(3, 1)]);
        assert_eq!(batch(&queue), Some(vec![entry(1, 1)]));
        queue.remove(&[entry(1, 1)]);
        assert_eq!((batch(&queue), queue.len()), (None, 0));
    }

    #[test]
    fn of_two_with_one_id_the_one_that_ends_later_waits() {
        let queue = Queue::default();
        queue.add([entry(1, 5), entry(1, 7), entry(1, 6)]);
        assert_eq!(batch(&queue), Some(vec![entry(1, 7)]));
        // It was replaced while the earlier one was being stored.
        queue.remove(&[entry(1, 5)]);
        assert_eq!(batch(&queue), Some(vec![entry(1, 7)]));
    }

    #[test]
    fn what_was_added_before_is_waited_for_and_nothing_else() {
        let queue = Queue::default();
        assert!(queue.wait().now_or_never().is_some());
        queue.add([entry(1, 1), entry(2, 1)]);
        let mut both = Box::pin(queue.wait());
        assert!(both.as_mut().now_or_never().is_none());
        queue.add([entry(3, 1)]);
        queue.remove(&[entry(2, 1)]);
        assert!(both.as_mut().now_or_never().is_none());
        queue.remove(&[entry(1, 1)]);
        assert!(both.as_mut().now_or_never().is_some());
        assert!(queue.wait().now_or_never().is_none());
    }

    #[test]
    fn a_batch_is_bounded_and_has_none_that_has_ended() {
        let queue = Queue::default();
        queue.add((0..1_500).map(|id| entry(id, 1)));
        assert_eq!(batch(&queue).unwrap().len(), MAX_BATCH);
        let end = Duration::from_secs(60 + 65 * 60 + 1);
        assert!(
            queue
                .batch(MAX_BATCH, || Some(end))
                .now_or_never()
                .is_none()
        );
        assert_eq!(queue.len(), 0);
        assert!(queue.wait().now_or_never().is_some());
    }

    #[test]
    fn entries_that_have_ended_are_removed_also_behind_others() {
        let queue = Queue::default();
        let (long, short) = (100_000_000, 1);
        queue.add((0..1_000).map(|id| entry(id, long)));
        let end = Duration::from_secs(60 + 65 * 60 + 1);
        for round in 1..=100 {
            let ids = round * 1_000..round * 1_000 + 1_000;
            queue.add(ids.map(|id| entry(id, short)));
            assert_eq!(
                queue
                    .batch(MAX_BATCH, || Some(end))
                    .now_or_never()
                    .unwrap()
                    .len(),
                MAX_BATCH
            );
            assert!(queue.len() <= 4_000, "{}", queue.len());
        }
    }
}
