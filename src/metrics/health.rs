//! The gauges, which are set from the health of an authenticator.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::metrics::Label;

use super::handles::{key, set, set_total};
use super::issuers::Issuers;
use super::names;
use super::observe::kind_name;
use crate::{IssuerHealth, ReplayHealth, ReplayKind, RevocationHealth, TokenCacheHealth};

/// The state of an issuer's keys. The worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum KeysState {
    /// They are usable, and not past their TTL.
    Fresh,
    /// None is usable, nothing has failed, and the next request fetches them: none was made yet, or
    /// none for `idle_timeout`.
    Idle,
    /// They are past their TTL, or withdrawn, and still used.
    Stale,
    /// None is usable, and fetching has failed.
    Absent,
}

const STATES: [(KeysState, &str); 4] = [
    (KeysState::Fresh, "fresh"),
    (KeysState::Idle, "idle"),
    (KeysState::Stale, "stale"),
    (KeysState::Absent, "absent"),
];

/// What is known of the keys under one configured name: those of one issuer, or of all its tenants.
#[derive(Clone, Copy, Default)]
pub(super) struct IssuerState {
    keys: usize,
    /// `None` for an introspected issuer, which has no keys.
    state: Option<KeysState>,
    age: Option<Duration>,
    reload_failures: Option<u32>,
    secret_age: Option<Duration>,
}

impl KeysState {
    fn of(health: &IssuerHealth) -> Self {
        let Some(fetch) = &health.fetch else {
            return if health.serving {
                Self::Fresh
            } else {
                Self::Absent
            };
        };
        match (health.serving, fetch.last_error.is_some()) {
            (true, _) if fetch.stale || fetch.withdrawn => Self::Stale,
            (true, _) => Self::Fresh,
            (false, true) => Self::Absent,
            (false, false) => Self::Idle,
        }
    }
}

impl IssuerState {
    fn of(health: &IssuerHealth) -> Self {
        let fetched = health.fetch.as_ref().and_then(|fetch| fetch.age);
        let files = health.files.as_ref();
        let current = files.map(|files| files.secrets.iter().filter(|secret| secret.current));
        Self {
            keys: health.keys.len(),
            state: health
                .introspection
                .is_none()
                .then(|| KeysState::of(health)),
            age: fetched.or(files.map(|files| files.age)),
            reload_failures: files.map(|files| files.failures),
            secret_age: current.and_then(|current| current.map(|secret| secret.age).max()),
        }
    }

    /// Adds the keys of another tenant. The worse state counts, and the greater age.
    fn and(self, other: Self) -> Self {
        Self {
            keys: self.keys.saturating_add(other.keys),
            state: self.state.max(other.state),
            age: self.age.max(other.age),
            reload_failures: self.reload_failures.max(other.reload_failures),
            secret_age: self.secret_age.max(other.secret_age),
        }
    }

    /// Returns the values of the gauges, by [`GAUGES`].
    fn values(&self) -> [Option<f64>; 4] {
        let has_keys = self.state.is_some();
        let seconds = |age: Duration| age.as_secs_f64();
        [
            has_keys.then(|| number(self.keys)),
            self.age.filter(|_| has_keys).map(seconds),
            self.reload_failures.map(f64::from),
            self.secret_age.map(seconds),
        ]
    }

    /// Sets the gauges, and to 0 those that were set before and have no value now.
    fn record(&self, issuer: &Label, before: Recorded) -> Recorded {
        let values = self.values();
        let mut now = Recorded::default();
        let all = GAUGES.iter().zip(values).zip(before.gauges);
        for (((name, value), was_set), is_set) in all.zip(&mut now.gauges) {
            *is_set = value.is_some() || was_set;
            if *is_set {
                set(&key(name, [issuer.clone()]), value.unwrap_or(0.0));
            }
        }
        now.state = self.state.is_some() || before.state;
        if now.state {
            record_state(issuer, self.state);
        }
        now
    }
}

/// The gauges of an issuer's keys that have no other label.
const GAUGES: [&str; 4] = [
    names::KEYS,
    names::KEYS_AGE_SECONDS,
    names::SECRETS_RELOAD_FAILURES,
    names::SECRET_AGE_SECONDS,
];

/// Which gauges of a label have been set.
#[derive(Clone, Copy, Default)]
struct Recorded {
    gauges: [bool; 4],
    state: bool,
}

/// The labels of issuers whose gauges have been set, so that those without a value any more are set
/// to 0: exporters repeat a gauge for ever.
#[derive(Default)]
pub(super) struct RecordedIssuers(Mutex<State>);

#[derive(Default)]
struct State {
    by_label: BTreeMap<Label, Recorded>,
    /// Those of issuers that have been removed since.
    removed: BTreeSet<Label>,
}

impl RecordedIssuers {
    /// Has the gauges of a removed issuer set to 0 when the health is recorded the next time.
    pub(super) fn note_removed(&self, issuer: Label) {
        self.lock().removed.insert(issuer);
    }

    /// To be called before the configured issuers are read: what is removed later counts the next
    /// time.
    pub(super) fn take_removed(&self) -> BTreeSet<Label> {
        mem::take(&mut self.lock().removed)
    }

    /// Sets the gauges of each label, and to 0 those of labels that were removed.
    pub(super) fn record(&self, states: &BTreeMap<Label, IssuerState>, removed: &BTreeSet<Label>) {
        let mut all = self.lock();
        for label in removed.iter().filter(|label| !states.contains_key(label)) {
            if let Some(before) = all.by_label.remove(label) {
                IssuerState::default().record(label, before);
            }
        }
        for (label, state) in states {
            let before = all.by_label.get(label).copied().unwrap_or_default();
            all.by_label
                .insert(label.clone(), state.record(label, before));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record_state(issuer: &Label, current: Option<KeysState>) {
    for (state, name) in STATES {
        let label = Label::from_static_parts(names::STATE, name);
        let value = f64::from(u8::from(current == Some(state)));
        set(&key(names::KEYS_STATE, [issuer.clone(), label]), value);
    }
}

/// Returns the state of each configured issuer. One of whose tenants none is cached is idle. Those
/// that share a label are one.
pub(super) fn states_of(
    issuers: &Issuers,
    configured: &[String],
    health: &[IssuerHealth],
) -> BTreeMap<Label, IssuerState> {
    let mut states = BTreeMap::<&str, IssuerState>::new();
    for issuer in health {
        let name = issuer.pattern.as_deref().unwrap_or(&issuer.issuer);
        let state = IssuerState::of(issuer);
        let all = states.get(name).map_or(state, |others| others.and(state));
        states.insert(name, all);
    }
    let mut by_label = BTreeMap::<Label, IssuerState>::new();
    for name in configured {
        let without_tenants = IssuerState {
            state: Some(KeysState::Idle),
            ..IssuerState::default()
        };
        let state = *states.get(&**name).unwrap_or(&without_tenants);
        let label = issuers.label(name);
        let all = by_label
            .get(&label)
            .map_or(state, |others| others.and(state));
        by_label.insert(label, all);
    }
    by_label
}

pub(super) fn record_token_cache(health: TokenCacheHealth) {
    let TokenCacheHealth { entries, bytes, .. } = health;
    set(&key(names::TOKEN_CACHE_ENTRIES, []), number(entries));
    set(&key(names::TOKEN_CACHE_BYTES, []), number(bytes));
}

pub(super) fn record_replays(health: ReplayHealth) {
    let entries = [
        (ReplayKind::Token, health.token_entries),
        (ReplayKind::Proof, health.proof_entries),
    ];
    for (kind, entries) in entries {
        let Some(entries) = entries else { continue };
        let kind = Label::from_static_parts(names::KIND, kind_name(kind));
        set(&key(names::REPLAY_ENTRIES, [kind]), number(entries));
    }
}

pub(super) fn record_revocations(health: &RevocationHealth) {
    set(&key(names::REVOCATION_ENTRIES, []), number(health.entries));
    let Some(shared) = &health.shared else { return };
    let staleness = shared.age.map_or(f64::INFINITY, |age| age.as_secs_f64());
    set(&key(names::REVOCATION_STALENESS_SECONDS, []), staleness);
    set_total(&key(names::REVOCATION_STORE_FAILURES, []), shared.failures);
}

/// The facade has no other gauges.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "exact up to 2^53, which no memory holds"
)]
const fn number(number: usize) -> f64 {
    number as f64
}
