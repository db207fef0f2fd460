//! Following the list on a connection of its own: a command that waits would hold up others.

use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, Value};
use futures::future::join3;
use futures::stream::try_unfold;
use tokio::time::{Instant, sleep, timeout};

use super::answer::{Changes, NO_CHANGE, Page, exists, position};
use super::commands::{BLOCK, Keys, MAX_CHANGES};
use crate::redis::answer::checked;
use crate::redis::connection::{Connection, Connector};
use crate::redis::failure::Failure;
use crate::{RevocationUpdate, RevocationUpdates};

/// How long an answer, and a connection, may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// After that, the list is loaded again, with all changes that were missed. A process that was
/// suspended for longer has missed changes that are no longer in the stream.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// If loading takes longer, it begins again: changes since its start may not be in the stream,
/// which has those of 10 minutes.
const MAX_LOAD_TIME: Duration = Duration::from_secs(9 * 60);
/// The minimum time between two questions, if there are no changes: a proxy may not wait for some.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// How often the server is asked whether it is still the right one, if there are changes all the
/// time.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Returns the entries, and their changes. The stream ends when the list is to be loaded again.
pub(super) fn follow(connector: Arc<dyn Connector>, keys: Keys) -> RevocationUpdates {
    let start = State::New(connector, keys);
    Box::pin(try_unfold(start, |state| async {
        let next = state.next().await?;
        Ok(next)
    }))
}

enum State {
    New(Arc<dyn Connector>, Keys),
    /// The cursor.
    Loading(Follower, String),
    Following(Follower),
}

struct Follower {
    connection: Arc<dyn Connection>,
    keys: Keys,
    /// The position of the last change that was read.
    position: String,
    /// A position of before: as long as the list is the same, this change is still there.
    anchor: String,
    /// When loading has ended; before, when it has begun.
    loaded: Instant,
    checked: Instant,
    /// Whether all changes were read that there were when the list was loaded.
    has_caught_up: bool,
    /// Whether there was a list in Redis.
    had_list: bool,
}

impl State {
    async fn next(self) -> Result<Option<(RevocationUpdate, Self)>, Failure> {
        match self {
            Self::New(connector, keys) => {
                let follower = Follower::connect(&*connector, keys).await?;
                Self::load(follower, "0").await.map(Some)
            }
            Self::Loading(follower, cursor) => Self::load(follower, &cursor).await.map(Some),
            Self::Following(mut follower) => {
                let update = follower.read().await?;
                Ok(update.map(|update| (update, Self::Following(follower))))
            }
        }
    }

    async fn load(
        mut follower: Follower,
        cursor: &str,
    ) -> Result<(RevocationUpdate, Self), Failure> {
        let page = Page::of(follower.send(follower.keys.page(cursor), TIMEOUT).await?)?;
        let state = if page.cursor == "0" {
            follower.end_load();
            Self::Following(follower)
        } else {
            Self::Loading(follower, page.cursor)
        };
        Ok((RevocationUpdate::partial(page.entries), state))
    }
}

impl Follower {
    /// Connects, and notes the position before the list is read: a later change may be in both.
    async fn connect(connector: &dyn Connector, keys: Keys) -> Result<Self, Failure> {
        let connected = timeout(TIMEOUT, connector.connect()).await;
        let now = Instant::now();
        let mut this = Self {
            connection: connected.unwrap_or(Err(Failure::TimedOut))?,
            keys,
            position: NO_CHANGE.to_owned(),
            anchor: NO_CHANGE.to_owned(),
            loaded: now,
            checked: now,
            has_caught_up: false,
            had_list: false,
        };
        this.check().await?;
        let last = this.send(this.keys.last_change(), TIMEOUT).await?;
        this.position = position(last)?;
        this.anchor.clone_from(&this.position);
        Ok(this)
    }

    fn end_load(&mut self) {
        if self.loaded.elapsed() < MAX_LOAD_TIME {
            self.loaded = Instant::now();
        }
    }

    /// Returns the next changes. `None` if the list is to be loaded again.
    async fn read(&mut self) -> Result<Option<RevocationUpdate>, Failure> {
        if self.loaded.elapsed() > MAX_AGE {
            return Ok(None);
        }
        let (waits, limit) = if self.has_caught_up {
            (true, TIMEOUT.saturating_add(BLOCK))
        } else {
            (false, TIMEOUT)
        };
        let command = self.keys.changes(&self.position, waits);
        let asked = Instant::now();
        let changes = Changes::of(self.send(command, limit).await?)?;
        let is_idle = changes.count == 0;
        if is_idle && waits {
            sleep(MIN_INTERVAL.saturating_sub(asked.elapsed())).await;
        }
        if (is_idle || self.checked.elapsed() > CHECK_INTERVAL) && !self.check().await? {
            return Ok(None);
        }
        self.position = changes.last.unwrap_or(std::mem::take(&mut self.position));
        if self.anchor == NO_CHANGE {
            self.anchor.clone_from(&self.position);
        }
        if changes.count < MAX_CHANGES {
            self.has_caught_up = true;
            Ok(Some(RevocationUpdate::up_to_date(changes.entries)))
        } else {
            Ok(Some(RevocationUpdate::partial(changes.entries)))
        }
    }

    /// Asks whether the server takes writes, and still has the list. Returns false if it was
    /// deleted, even if there is a new one by now.
    async fn check(&mut self) -> Result<bool, Failure> {
        let (written, list, change) = join3(
            self.send(self.keys.try_to_write(), TIMEOUT),
            self.send(self.keys.exists(), TIMEOUT),
            self.send(self.keys.change(&self.anchor), TIMEOUT),
        )
        .await;
        // A replica, or a primary that was cut off from its replicas: others may write elsewhere.
        written?;
        let has_list = exists(&list?)?;
        // A new list has new changes, without that one. The same list lacks it, too, if it is older
        // than 10 minutes: then the list is loaded once more than is necessary.
        let is_new = self.anchor != NO_CHANGE && position(change?)? != self.anchor;
        self.anchor.clone_from(&self.position);
        let is_gone = self.had_list && !has_list;
        self.had_list |= has_list;
        self.checked = Instant::now();
        Ok(!is_gone && !is_new)
    }

    async fn send(&self, command: Cmd, limit: Duration) -> Result<Value, Failure> {
        let answer = timeout(limit, self.connection.send(command)).await;
        checked(answer.unwrap_or(Err(Failure::TimedOut))?)
    }
}
