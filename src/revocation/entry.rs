//! A revocation as a store has it.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::hash_key::Digest;
use super::kind::{Entry, Kind};
use super::time::{MARGIN, Millis};

/// The maximum lifetime of tokens, in seconds: 366 days.
const MAX_LIFETIME: u32 = 366 * 24 * 60 * 60;

/// A revocation as a [`RevocationStore`](crate::RevocationStore) stores it: 29 bytes. Nothing of the
/// token, subject, session, client or issuer can be read in it: it has a hash.
///
/// It consists of an [id](Self::id) and the time when it [ends](Self::ends_at). Of two entries with
/// one id, the one that ends later contains the other.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
/// use tower_jwt_auth::RevocationEntry;
///
/// /// Stores entries, as a table whose primary key is the id.
/// fn store(table: &mut HashMap<[u8; 21], RevocationEntry>, entries: &[RevocationEntry]) {
///     for entry in entries {
///         let stored = table.entry(entry.id()).or_insert(*entry);
///         if stored.ends_at() < entry.ends_at() {
///             *stored = *entry;
///         }
///     }
/// }
/// # store(&mut HashMap::new(), &[]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevocationEntry {
    digest: Digest,
    kind: Kind,
    /// How long tokens live that the entry applies to, in seconds. 0 for an entry of one token.
    lifetime: u32,
    end: Millis,
}

impl RevocationEntry {
    /// The length of [`id`](Self::id).
    pub const ID_LEN: usize = 21;
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LEN: usize = 29;

    pub(super) fn new(digest: Digest, entry: Entry, max_lifetime: Duration) -> Self {
        // Rounded up, so that the entry does not end too early.
        let seconds = max_lifetime.as_millis().div_ceil(1_000);
        let seconds = u32::try_from(seconds).unwrap_or(MAX_LIFETIME);
        let lifetime = if entry.kind.is_token() {
            0
        } else {
            seconds.min(MAX_LIFETIME)
        };
        Self {
            digest,
            kind: entry.kind,
            lifetime,
            end: entry.end(Duration::from_secs(lifetime.into())),
        }
    }

    /// Returns what identifies the entry: a hash of what is revoked, its kind, and the maximum
    /// lifetime of tokens, by the [settings](crate::RevocationSettings::max_lifetime) of the list.
    #[must_use]
    pub fn id(&self) -> [u8; Self::ID_LEN] {
        let [id @ .., _, _, _, _, _, _, _, _] = self.to_bytes();
        id
    }

    /// Returns when the entry can be deleted: when the last token that it applies to has expired, 65
    /// minutes ago.
    #[must_use]
    pub fn ends_at(&self) -> SystemTime {
        let end = SystemTime::UNIX_EPOCH.checked_add(self.end.to_duration());
        // Never `None`: the times of entries are bounded.
        end.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Returns the entry as bytes: its [id](Self::id), and when it [ends](Self::ends_at) in
    /// milliseconds since 1970 (8 bytes, big-endian). The format is the same in every version.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let parts = [
            &self.digest.to_bytes()[..],
            &[self.kind.number()],
            &self.lifetime.to_be_bytes(),
            &self.end.0.to_be_bytes(),
        ];
        let parts = parts.into_iter().flatten();
        bytes
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has returned. `None` if the bytes are none of an
    /// entry. A store must then return an error: the revocation would be missing.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (digest, rest) = bytes.split_first_chunk()?;
        let ([kind], rest) = rest.split_first_chunk()?;
        let (lifetime, end) = rest.split_first_chunk()?;
        let entry = Self {
            digest: Digest::from_bytes(*digest),
            kind: Kind::from_number(*kind)?,
            lifetime: u32::from_be_bytes(*lifetime),
            end: Millis(u64::from_be_bytes(end.try_into().ok()?)),
        };
        entry.is_valid().then_some(entry)
    }

    fn is_valid(&self) -> bool {
        let lifetimes = if self.kind.is_token() {
            0..=0
        } else {
            1..=MAX_LIFETIME
        };
        let min = self.stay();
        let ends = Millis::from_duration(min)..=Millis::from_duration(Duration::MAX);
        lifetimes.contains(&self.lifetime) && ends.contains(&self.end)
    }

    /// Returns how long the entry stays after its time.
    const fn stay(&self) -> Duration {
        #[expect(clippy::as_conversions, reason = "`From` is not const")]
        MARGIN.saturating_add(Duration::from_secs(self.lifetime as u64))
    }

    pub(super) const fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn entry(&self) -> Entry {
        let time = self.end.to_duration().saturating_sub(self.stay());
        Entry {
            kind: self.kind,
            time: Millis::from_duration(time),
        }
    }

    pub(super) fn has_ended(&self, now: Duration) -> bool {
        self.end.to_duration() <= now
    }

    pub(super) fn ends_later_than(&self, other: &Self) -> bool {
        self.end > other.end
    }
}

/// Shows the kind, and when it ends.
impl fmt::Debug for RevocationEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationEntry")
            .field("kind", &self.kind.name())
            .field("ends_at", &self.ends_at())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind, time: u64) -> RevocationEntry {
        let time = Millis(time);
        let lifetime = Duration::from_millis(3_599_001);
        RevocationEntry::new(Digest(1, 2), Entry { kind, time }, lifetime)
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        for kind in (0..7).filter_map(Kind::from_number) {
            for time in [0, 1, 1_700_000_000_123] {
                let written = entry(kind, time);
                let read = RevocationEntry::from_bytes(&written.to_bytes()).unwrap();
                assert_eq!(read, written);
                assert_eq!(
                    read.entry(),
                    Entry {
                        kind,
                        time: Millis(time)
                    }
                );
                assert_eq!(read.digest(), Digest(1, 2));
                assert_eq!(read.id(), written.to_bytes()[..21]);
            }
        }
    }

    // Instances of other versions share lists, so this must never change.
    #[test]
    fn the_form_is_the_same_in_every_version() {
        let hex =
            |entry: RevocationEntry| entry.to_bytes().map(|byte| format!("{byte:02x}")).concat();
        let digest = "00000000000000010000000000000002";
        // Both end 65 minutes later; the session an hour after that.
        let token = format!("{digest}00000000000000018bd6185200");
        assert_eq!(hex(entry(Kind::Token, 1_700_100_100_000)), token);
        let session = format!("{digest}0400000e100000018bd64f4080");
        assert_eq!(hex(entry(Kind::Session, 1_700_100_100_000)), session);
    }

    #[test]
    fn what_is_no_entry_is_not_read() {
        let valid = entry(Kind::Session, 5).to_bytes();
        let with = |index: usize, byte| {
            let mut bytes = valid;
            bytes[index] = byte;
            RevocationEntry::from_bytes(&bytes)
        };
        assert!(with(16, 7).is_none(), "no such kind");
        assert!(with(16, 0).is_none(), "a token with a lifetime");
        assert!(with(17, 255).is_none(), "longer than 366 days");
        assert!(with(21, 255).is_none(), "later than any date");
        assert!(with(26, 0).is_none(), "before 1970");
        for len in 0..29 {
            assert!(RevocationEntry::from_bytes(&valid[..len]).is_none());
        }
        assert!(RevocationEntry::from_bytes(&[&valid[..], &[0]].concat()).is_none());
        assert!(RevocationEntry::from_bytes(&valid).is_some());
    }

    #[test]
    fn the_debug_output_shows_no_hash() {
        let shown = format!("{:?}", entry(Kind::Client, 5));
        assert!(
            shown.starts_with("RevocationEntry { kind: \"client\""),
            "{shown}"
        );
    }
}
