//! What is counted.

use std::time::Duration;

use ::metrics::Label;

use super::Metrics;
use super::handles::{count, key, record};
use super::names;
use crate::{
    DpopEvent, IntrospectionEvent, IntrospectionSentEvent, IssuerKeysEvent, KeysEvent, Observe,
    ReplayEvent, ReplayKind, RequestEvent, RequirementEvent, StoreEvent, TokenCacheEvent,
    WaitEvent,
};

pub(super) const fn kind_name(kind: ReplayKind) -> &'static str {
    match kind {
        ReplayKind::Token => "token",
        _ => "proof",
    }
}

impl Observe for Metrics {
    fn request(&self, request: &RequestEvent<'_>) {
        if !self.is_recorded() {
            return;
        }
        self.issuers()
            .with(request.issuer, |counters| counters.count_request(request));
    }

    fn requirement_rejected(&self, requirement: &RequirementEvent<'_>) {
        let reason = Label::from_static_parts(names::REASON, requirement.reason());
        count(&key(names::REQUIREMENT_REJECTIONS, [reason]));
    }

    fn waited(&self, wait: &WaitEvent<'_>) {
        let wait_for = Label::from_static_parts(names::FOR, wait.wait_for.name());
        let seconds = wait.duration.as_secs_f64();
        record(&key(names::WAIT_SECONDS, [wait_for]), seconds);
    }

    fn keys_event(&self, keys: &IssuerKeysEvent<'_>) {
        let issuer = || self.issuers().label(keys.issuer);
        match keys.event {
            KeysEvent::Fetched { duration, .. } => fetched(issuer(), "ok", *duration),
            KeysEvent::FetchFailed { duration, .. } => fetched(issuer(), "error", *duration),
            KeysEvent::RefetchLimitReached => {
                count(&key(names::REFETCH_LIMIT_REACHED, [issuer()]));
            }
            KeysEvent::FilesChanged { .. } => reloaded(issuer(), "changed"),
            KeysEvent::FilesFailed { .. } => reloaded(issuer(), "failed"),
            KeysEvent::FilesRecovered { .. } => reloaded(issuer(), "recovered"),
            _ => {}
        }
    }

    fn issuer_removed(&self, issuer: &str) {
        let label = self.issuers().recorded_label(issuer);
        self.recorded_issuers().note_removed(label);
    }

    fn token_cache(&self, event: TokenCacheEvent) {
        let counters = self.token_cache_counters();
        let counter = match event {
            TokenCacheEvent::Hit => &counters.hits,
            TokenCacheEvent::Miss => &counters.misses,
            TokenCacheEvent::Skipped => &counters.skipped,
            TokenCacheEvent::Evicted => {
                let evictions = &counters.evictions;
                return evictions.increment(|| key(names::TOKEN_CACHE_EVICTIONS, []));
            }
        };
        counter.increment(|| {
            let result = Label::from_static_parts(names::RESULT, event.name());
            key(names::TOKEN_CACHE, [result])
        });
    }

    fn introspected(&self, introspection: &IntrospectionEvent<'_>) {
        self.issuers().with(introspection.issuer, |counters| {
            counters.count_introspection(introspection.outcome);
        });
    }

    fn introspection_sent(&self, sent: &IntrospectionSentEvent<'_>) {
        let issuer = self.issuers().label(sent.issuer);
        let key = key(names::INTROSPECTION_SECONDS, [issuer]);
        record(&key, sent.duration.as_secs_f64());
    }

    fn store_operation(&self, operation: &StoreEvent<'_>) {
        let store = Label::from_static_parts(names::STORE, operation.store.name());
        let name = Label::from_static_parts(names::OPERATION, operation.operation.name());
        if let Some(duration) = operation.duration {
            let labels = [store.clone(), name.clone()];
            record(&key(names::STORE_SECONDS, labels), duration.as_secs_f64());
        }
        let result = Label::from_static_parts(names::RESULT, operation.result.name());
        count(&key(names::STORE_OPERATIONS, [store, name, result]));
    }

    fn dpop_rejected(&self, rejection: &DpopEvent<'_>) {
        let reason = Label::from_static_parts(names::REASON, rejection.reason.name());
        count(&key(names::DPOP_REJECTIONS, [reason]));
    }

    fn dpop_nonce_issued(&self) {
        count(&key(names::DPOP_NONCES_ISSUED, []));
    }

    fn replay_rejected(&self, replay: &ReplayEvent<'_>) {
        let kind = Label::from_static_parts(names::KIND, kind_name(replay.kind));
        count(&key(names::REPLAYS_REJECTED, [kind]));
    }
}

fn fetched(issuer: Label, result: &'static str, duration: Duration) {
    let seconds = key(names::KEYS_FETCH_SECONDS, [issuer.clone()]);
    record(&seconds, duration.as_secs_f64());
    let result = Label::from_static_parts(names::RESULT, result);
    count(&key(names::KEYS_FETCHES, [issuer, result]));
}

fn reloaded(issuer: Label, result: &'static str) {
    let result = Label::from_static_parts(names::RESULT, result);
    count(&key(names::SECRETS_RELOADS, [issuer, result]));
}
