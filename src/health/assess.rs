//! From the state of the issuers to a [`Readiness`].

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::issuer::problems;
use super::{
    IssuerReadiness, IssuerState, Readiness, ReadinessReason, ReadinessReasonKind, ReadinessStatus,
    ReadyWhen,
};
use crate::keys::IssuerHealth;
use crate::revocation::RevocationHealth;

/// The maximum number of issuers that are listed, and of reasons.
pub(super) const MAX_LISTED: usize = 100;

/// The state of an authenticator, as far as it is assessed.
pub(super) struct Facts {
    /// `None` for an issuer whose tenants have keys of their own.
    pub(super) issuers: Vec<(String, Option<IssuerHealth>)>,
    pub(super) revocations: Option<RevocationHealth>,
}

impl Facts {
    pub(super) fn assess(&self, rule: &ReadyWhen) -> Readiness {
        let mut reasons = Vec::new();
        let mut issuers = Vec::with_capacity(self.issuers.len());
        for (name, health) in &self.issuers {
            let issuer = match health {
                Some(health) => IssuerReadiness::of(name, health),
                None => IssuerReadiness::by_tenant(name),
            };
            let kinds = health
                .iter()
                .flat_map(|health| problems(issuer.state, health));
            reasons.extend(kinds.map(|kind| ReadinessReason::of_issuer(kind, name)));
            issuers.push(issuer);
        }
        reasons.extend(self.revocation_reasons());
        let is_ready = Self::is_ready(rule, &issuers, &mut reasons);
        summary(is_ready, reasons, issuers)
    }

    /// Applies the rule. Adds the reasons that come from it.
    fn is_ready(
        rule: &ReadyWhen,
        issuers: &[IssuerReadiness],
        reasons: &mut Vec<ReadinessReason>,
    ) -> bool {
        if issuers.is_empty() {
            reasons.push(ReadinessReason::new(ReadinessReasonKind::NoIssuer));
        }
        let is_able = |issuer: &IssuerReadiness| issuer.state != IssuerState::Absent;
        match rule {
            ReadyWhen::AnyIssuer => issuers.is_empty() || issuers.iter().any(is_able),
            ReadyWhen::AllIssuers => issuers.iter().all(is_able),
            ReadyWhen::Issuers(names) => {
                let known = issuers.iter().map(|issuer| issuer.issuer.as_str());
                let known: HashSet<_, RandomState> = known.collect();
                let is_unknown = |name: &&String| !known.contains(name.as_str());
                let unknown: Vec<_> = names.iter().filter(is_unknown).collect();
                let kind = ReadinessReasonKind::UnknownIssuer;
                reasons.extend(
                    unknown
                        .iter()
                        .map(|name| ReadinessReason::of_issuer(kind, name)),
                );
                let counted = rule.counted();
                let mut counted = issuers
                    .iter()
                    .filter(|issuer| counted.contains(&issuer.issuer));
                unknown.is_empty() && counted.all(is_able)
            }
        }
    }

    fn revocation_reasons(&self) -> impl Iterator<Item = ReadinessReason> {
        let list = self.revocations.as_ref();
        let is_stale = list
            .and_then(|list| list.shared.as_ref())
            .is_some_and(|shared| shared.stale);
        let is_full = list.is_some_and(|list| list.full);
        let stale = is_stale.then_some(ReadinessReasonKind::RevocationsStale);
        let full = is_full.then_some(ReadinessReasonKind::RevocationsFull);
        stale.into_iter().chain(full).map(ReadinessReason::new)
    }
}

fn summary(
    is_ready: bool,
    mut reasons: Vec<ReadinessReason>,
    mut issuers: Vec<IssuerReadiness>,
) -> Readiness {
    let status = match (is_ready, reasons.is_empty()) {
        (false, _) => ReadinessStatus::NotReady,
        (true, false) => ReadinessStatus::Degraded,
        (true, true) => ReadinessStatus::Ready,
    };
    // Those that may make it not ready come first. Both sorts are stable: otherwise, the order is
    // that in which the issuers were added.
    reasons.sort_by_key(|reason| reason.kind);
    reasons.truncate(MAX_LISTED);
    issuers.sort_by_key(|issuer| std::cmp::Reverse(issuer.state));
    let more_issuers = issuers.len().saturating_sub(MAX_LISTED);
    issuers.truncate(MAX_LISTED);
    Readiness {
        status,
        reasons,
        issuers,
        more_issuers,
    }
}
