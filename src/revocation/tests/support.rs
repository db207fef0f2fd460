//! A list with a clock that is set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::revocation::{RevocationSettings, RevocationState, Revocations, TokenIds};

pub(super) const ISSUER: &str = "https://login.example.com";
pub(super) const HOUR: u64 = 60 * 60;

/// In seconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct ManualClock(Arc<AtomicU64>);

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        time(self.0.load(Ordering::Relaxed))
    }
}

pub(super) struct Clocked {
    pub(super) list: Revocations,
    clock: ManualClock,
}

pub(super) fn time(seconds: u64) -> SystemTime {
    let since_epoch = Duration::from_secs(seconds);
    SystemTime::UNIX_EPOCH.checked_add(since_epoch).unwrap()
}

/// A list at the time 1,000,000, whose tokens live for an hour.
pub(super) fn clocked(settings: RevocationSettings) -> Clocked {
    let list = Revocations::with_settings(settings).unwrap();
    let clock = ManualClock(Arc::new(AtomicU64::new(1_000_000)));
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let (lifetime, leeway) = (Duration::from_secs(HOUR), Duration::from_secs(60));
    list.bind(&shared, Some(lifetime), leeway).unwrap();
    Clocked { list, clock }
}

/// The ids of a token that has all of them, and was issued at that second.
pub(super) fn ids(issued_at: u64) -> TokenIds<'static> {
    TokenIds {
        issuer: ISSUER,
        id: Some("token"),
        text: "{}",
        subject: Some("subject"),
        session: Some("session"),
        clients: [Some("client"), Some("azp")],
        issued_at: Some(Duration::from_secs(issued_at)),
    }
}

/// What a list says about a token at that second.
pub(super) fn state(list: &Revocations, ids: &TokenIds<'_>, now: u64) -> RevocationState {
    list.state(&list.revocable(ids), Duration::from_secs(now))
}

impl Clocked {
    pub(super) fn set(&self, seconds: u64) {
        self.clock.0.store(seconds, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.0.load(Ordering::Relaxed)
    }

    /// What the list says about a token now.
    pub(super) fn state(&self, ids: TokenIds<'static>) -> RevocationState {
        state(&self.list, &ids, self.now())
    }
}
