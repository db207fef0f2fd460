//! An observer that writes down what it is told.

use std::sync::{Arc, Mutex};

use tower_jwt_auth::{
    DpopEvent, IntrospectionEvent, IntrospectionSentEvent, IssuerKeysEvent, KeysEvent, Observe,
    ReplayEvent, RequestEvent, RequirementEvent, StoreEvent, TokenCacheEvent, WaitEvent,
};

/// Clones share what was told.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// Returns what was told since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Returns those lines that start with a word, and forgets the others.
    pub(crate) fn take_only(&self, word: &str) -> Vec<String> {
        let mut lines = self.take();
        lines.retain(|line| line.split(' ').next() == Some(word));
        lines
    }
}

impl Observe for Recorder {
    fn request(&self, request: &RequestEvent<'_>) {
        self.add(format!(
            "request {} {} {} {:?}",
            request.outcome.name(),
            request.reason(),
            request.scheme_name(),
            request.issuer
        ));
    }

    fn requirement_rejected(&self, requirement: &RequirementEvent<'_>) {
        self.add(format!("requirement {}", requirement.reason()));
    }

    fn waited(&self, wait: &WaitEvent<'_>) {
        let (name, millis) = (wait.wait_for.name(), wait.duration.as_millis());
        self.add(format!("wait {name} {:?} {millis} ms", wait.issuer));
    }

    fn keys_event(&self, keys: &IssuerKeysEvent<'_>) {
        let issuer = keys.issuer;
        let event = match keys.event {
            KeysEvent::Fetched { duration, .. } => format!("fetched {} ms", duration.as_millis()),
            KeysEvent::FetchFailed { duration, .. } => {
                format!("failed {} ms", duration.as_millis())
            }
            KeysEvent::FilesChanged { .. } => "files changed".to_owned(),
            other => {
                let name = format!("{other:?}");
                name.split([' ', '{']).next().unwrap().to_owned()
            }
        };
        self.add(format!("keys {issuer} {event}"));
    }

    fn issuer_removed(&self, issuer: &str) {
        self.add(format!("removed {issuer}"));
    }

    fn token_cache(&self, event: TokenCacheEvent) {
        self.add(format!("token_cache {event:?}"));
    }

    fn introspected(&self, introspection: &IntrospectionEvent<'_>) {
        let (issuer, outcome) = (introspection.issuer, introspection.outcome.name());
        self.add(format!("introspected {issuer} {outcome}"));
    }

    fn introspection_sent(&self, sent: &IntrospectionSentEvent<'_>) {
        let (issuer, duration) = (sent.issuer, sent.duration);
        self.add(format!("sent {issuer} {} ms", duration.as_millis()));
    }

    fn store_operation(&self, operation: &StoreEvent<'_>) {
        assert!(!operation.issuer.is_empty());
        let duration = operation.duration.map(|duration| duration.as_millis());
        self.add(format!(
            "store {} {} {} {duration:?}",
            operation.store.name(),
            operation.operation.name(),
            operation.result.name(),
        ));
    }

    fn dpop_rejected(&self, rejection: &DpopEvent<'_>) {
        assert!(!rejection.issuer.is_empty());
        self.add(format!("dpop {}", rejection.reason.name()));
    }

    fn dpop_nonce_issued(&self) {
        self.add("nonce".to_owned());
    }

    fn replay_rejected(&self, replay: &ReplayEvent<'_>) {
        assert!(!replay.issuer.is_empty());
        self.add(format!("replay {:?}", replay.kind));
    }
}
