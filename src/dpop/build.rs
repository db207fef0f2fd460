//! The checks of the settings of DPoP.

use std::sync::Arc;
use std::time::Duration;

use super::key_cache::KeyCache;
use super::parts::Limits;
use super::settings::Dpop;
use super::targets::Targets;
use super::verifier::ProofVerifier;
use crate::algorithm::Algorithm;
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::NEEDS_FEATURE;
use crate::replay::{MemoryReplayStore, ReplayStore};

/// The age that RFC 9449 §11.1 calls "on the order of seconds or minutes".
pub(super) const DEFAULT_MAX_AGE: Duration = Duration::from_secs(60);
const MIN_MAX_AGE: Duration = Duration::from_secs(5);
pub(super) const MAX_MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// The difference of clocks that is tolerated in proofs, whatever the leeway for tokens is.
const MAX_LEEWAY: Duration = Duration::from_secs(60);

const DEFAULT_MAX_REPLAY_ENTRIES: u64 = 1_000_000;

/// The algorithms of proofs, those that clients prefer first. Without ML-DSA, which is off by
/// default.
const DEFAULT_ALGORITHMS: [Algorithm; 10] = [
    Algorithm::ES256,
    Algorithm::Ed25519,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];

pub(super) fn build(settings: Dpop, leeway: Duration) -> Result<ProofVerifier, ConfigError> {
    let algorithms = algorithms(settings.algorithms.as_deref())?;
    if !(MIN_MAX_AGE..=MAX_MAX_AGE).contains(&settings.max_age) {
        return Err(ConfigError::invalid_setting(format!(
            "max_age of Dpop {:?}: must be 5 s to 5 min",
            settings.max_age
        )));
    }
    if let Some(nonces) = &settings.nonces {
        nonces.check()?;
    }
    check_forwarded_fields(&settings.targets)?;
    let allowed = algorithms.iter().copied().collect();
    Ok(ProofVerifier {
        is_required: settings.is_required,
        algorithms: allowed,
        algorithm_names: names(&algorithms).into(),
        limits: Limits::of(allowed),
        max_age: settings.max_age,
        leeway: leeway.min(MAX_LEEWAY),
        nonces: settings.nonces,
        targets: settings.targets,
        store: store(settings.max_replay_entries, settings.replay_store)?,
        keys: KeyCache::new(),
    })
}

/// Rejects a setting that has no effect.
fn check_forwarded_fields(targets: &Targets) -> Result<(), ConfigError> {
    match (&targets.fields, &targets.proxies) {
        (Some(fields), None) => Err(ConfigError::invalid_setting(format!(
            "forwarded_fields of Dpop {fields:?}: requires trusted_proxies"
        ))),
        _ => Ok(()),
    }
}

/// Returns the allowed algorithms, each once.
fn algorithms(configured: Option<&[Algorithm]>) -> Result<Vec<Algorithm>, ConfigError> {
    let symmetric = configured
        .unwrap_or_default()
        .iter()
        .find(|one| one.is_symmetric());
    if let Some(symmetric) = symmetric {
        return Err(ConfigError::invalid_setting(format!(
            "algorithms of Dpop {symmetric}: must be asymmetric, since a proof contains its public \
             key"
        )));
    }
    let mut algorithms = Vec::new();
    for algorithm in configured.unwrap_or(&DEFAULT_ALGORITHMS) {
        if !algorithm.is_supported() {
            return Err(ConfigError::invalid_setting(format!(
                "algorithms of Dpop: {algorithm} {NEEDS_FEATURE}"
            )));
        }
        if !algorithms.contains(algorithm) {
            algorithms.push(*algorithm);
        }
    }
    if algorithms.is_empty() {
        let message = "algorithms of Dpop is empty: must have at least one";
        return Err(ConfigError::new(ConfigErrorKind::NoAlgorithms, message));
    }
    Ok(algorithms)
}

/// Returns the names for `algs`, for Ed25519 both that it has: clients know one of them.
fn names(algorithms: &[Algorithm]) -> String {
    let names = algorithms.iter().map(|algorithm| match algorithm {
        Algorithm::Ed25519 => "EdDSA Ed25519",
        algorithm => algorithm.name(),
    });
    names.collect::<Vec<_>>().join(" ")
}

fn store(
    max_entries: Option<u64>,
    store: Option<Arc<dyn ReplayStore>>,
) -> Result<Arc<dyn ReplayStore>, ConfigError> {
    let invalid = |message| Err(ConfigError::invalid_setting(message));
    match (max_entries, store) {
        (Some(_), Some(_)) => {
            invalid("max_replay_entries and replay_store of Dpop exclude each other: remove one")
        }
        (Some(0), None) => invalid("max_replay_entries of Dpop is 0: must be at least 1"),
        (None, Some(store)) => Ok(store),
        (max_entries, None) => {
            let max_entries = max_entries.unwrap_or(DEFAULT_MAX_REPLAY_ENTRIES);
            Ok(Arc::new(MemoryReplayStore::new(max_entries)?))
        }
    }
}
