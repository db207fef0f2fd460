//! The commands.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::redis::{Cmd, cmd};

use crate::RevocationEntry;

/// How many entries are asked for at once.
const PAGE: usize = 1_000;
/// How many changes are asked for at once, each of up to a thousand entries.
pub(super) const MAX_CHANGES: usize = 100;
/// How long Redis waits for changes.
pub(super) const BLOCK: Duration = Duration::from_secs(1);

/// Stores entries, and removes those that have ended by the clocks of both Redis and the instance:
/// a clock that is ahead must not remove entries that other instances need, nor have the keys
/// expire before these end. Keys: list, changes. Arguments: the time of the instance in ms; the
/// change; end and id of each entry. `ZADD` is the first command that writes: after one that needs
/// no memory, a script is not stopped when the memory is full. A new list begins with a new stream
/// of changes, so that an instance that has read the old one notices it.
const ADD: &str = "\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local is_new = redis.call('EXISTS', KEYS[1]) == 0
for i = 3, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 'GT', ARGV[i], ARGV[i + 1])
end
if is_new then redis.call('PEXPIRE', KEYS[2], 0) end
local earlier = math.min(now, tonumber(ARGV[1]))
local ended = string.format('%.0f', earlier)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ended)
local first = string.format('%.0f', now - 600000)
redis.call('XADD', KEYS[2], 'MINID', '~', first, '*', 'e', ARGV[2])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
local ttl = string.format('%.0f', (last or now) - earlier + 600000)
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('PEXPIRE', KEYS[2], ttl)
return redis.status_reply('OK')";

/// The names of the keys. The part in braces puts both into one slot of a cluster.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    list: Arc<str>,
    changes: Arc<str>,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            list: format!("{{{prefix}:revocations}}:list").into(),
            changes: format!("{{{prefix}:revocations}}:changes").into(),
        }
    }

    /// Stores entries.
    pub(super) fn add(&self, entries: &[RevocationEntry]) -> Cmd {
        let change: Vec<u8> = entries.iter().flat_map(RevocationEntry::to_bytes).collect();
        let mut command = cmd("EVAL");
        command.arg(ADD).arg(2).arg(&*self.list).arg(&*self.changes);
        command.arg(millis(SystemTime::now())).arg(change);
        for entry in entries {
            command.arg(millis(entry.ends_at())).arg(&entry.id()[..]);
        }
        command
    }

    /// Asks for a change.
    pub(super) fn change(&self, position: &str) -> Cmd {
        let mut command = cmd("XREVRANGE");
        command.arg(&*self.changes).arg(position).arg(position);
        command.arg("COUNT").arg(1);
        command
    }

    /// Asks for the last change.
    pub(super) fn last_change(&self) -> Cmd {
        let mut command = cmd("XREVRANGE");
        command.arg(&*self.changes).arg("+").arg("-");
        command.arg("COUNT").arg(1);
        command
    }

    /// Asks for the next entries.
    pub(super) fn page(&self, cursor: &str) -> Cmd {
        let mut command = cmd("ZSCAN");
        command.arg(&*self.list).arg(cursor);
        command.arg("COUNT").arg(PAGE);
        command
    }

    /// Asks for the changes after one, and waits for some.
    pub(super) fn changes(&self, after: &str, waits: bool) -> Cmd {
        let mut command = cmd("XREAD");
        command.arg("COUNT").arg(MAX_CHANGES);
        if waits {
            let block = u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX);
            command.arg("BLOCK").arg(block);
        }
        command.arg("STREAMS").arg(&*self.changes).arg(after);
        command
    }

    /// Asks whether there is a list.
    pub(super) fn exists(&self) -> Cmd {
        let mut command = cmd("EXISTS");
        command.arg(&*self.list);
        command
    }

    /// Removes what ended before 1970, which is nothing: a replica rejects it.
    pub(super) fn try_to_write(&self) -> Cmd {
        let mut command = cmd("ZREMRANGEBYSCORE");
        command.arg(&*self.list).arg("-inf").arg("(0");
        command
    }
}

/// Since 1970.
fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
