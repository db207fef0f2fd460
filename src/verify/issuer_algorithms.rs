//! The algorithms that an issuer may use, and the secrets beside its fetched keys.

use super::Issuer;
use super::issuer::KeyOrigin;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::crypto::NEEDS_FEATURE;
use crate::jwk::Key;
use crate::keys::KeyFiles;

impl Issuer {
    /// Rejects secrets that would not be used, and keys that are not secret.
    pub(super) fn check_secrets(&self) -> Result<(), ConfigError> {
        let Some(secrets) = &self.secrets else {
            return Ok(());
        };
        let problem = if !self.keys.is_fetched() {
            "is for an issuer whose other keys are fetched; pass the secrets with its other keys"
        } else if secrets.is_empty() {
            "is empty: must have at least one secret"
        } else if !secrets.iter().all(Key::is_secret) {
            "has a public key: must have secrets only, as the other keys are fetched"
        } else if self
            .secret_algorithms()
            .intersection(self.wanted())
            .is_empty()
        {
            "has no effect, as algorithms has none of theirs: add one, or remove the secrets"
        } else {
            return Ok(());
        };
        Err(ConfigError::invalid_setting(format!(
            "add_secrets of issuer {:?}: {problem}",
            self.name
        )))
    }

    /// Returns the algorithms of the secrets beside fetched keys.
    fn secret_algorithms(&self) -> AlgorithmSet {
        let secrets = self.secrets.iter().flatten();
        let algorithms = secrets.map(Key::algorithms);
        algorithms.fold(AlgorithmSet::EMPTY, AlgorithmSet::union)
    }

    fn supported(&self) -> AlgorithmSet {
        match &self.keys {
            KeyOrigin::Fixed(keys) => keys.algorithms(),
            KeyOrigin::Source(_) | KeyOrigin::File(_) => Algorithm::all().collect(),
            KeyOrigin::Introspection(_) => AlgorithmSet::EMPTY,
            KeyOrigin::Discovery | KeyOrigin::Jwks(_) => {
                let public = Algorithm::all().filter(|algorithm| !algorithm.is_symmetric());
                public
                    .collect::<AlgorithmSet>()
                    .union(self.secret_algorithms())
            }
        }
    }

    /// Returns the algorithms that are configured, or else the default, which has no ML-DSA.
    fn wanted(&self) -> AlgorithmSet {
        self.algorithms.unwrap_or_else(|| {
            let default = match &self.keys {
                KeyOrigin::Source(source) => source
                    .key_files()
                    .map_or_else(AlgorithmSet::asymmetric, KeyFiles::algorithms),
                _ => self.supported(),
            };
            default.on_by_default()
        })
    }

    pub(super) fn allowed_algorithms(&self) -> Result<AlgorithmSet, ConfigError> {
        let (supported, wanted) = (self.supported(), self.wanted());
        let mut symmetric = wanted.iter().filter(|algorithm| algorithm.is_symmetric());
        if self.keys.is_fetched()
            && let Some(symmetric) = symmetric.find(|algorithm| !supported.contains(*algorithm))
        {
            return Err(ConfigError::invalid_setting(format!(
                "algorithms of issuer {:?}: {symmetric} needs a shared secret (add_secrets or \
                 Issuer::from_keys), and a fetched JWK set holds public keys only",
                self.name
            )));
        }
        if let Some(missing) = wanted.iter().find(|algorithm| !algorithm.is_supported()) {
            return Err(ConfigError::invalid_setting(format!(
                "algorithms of issuer {:?}: {missing} {NEEDS_FEATURE}",
                self.name
            )));
        }
        let allowed = wanted.intersection(supported);
        let has_keys = !matches!(self.keys, KeyOrigin::Introspection(_));
        if allowed.is_empty() && has_keys {
            return Err(self.no_algorithms(wanted, supported));
        }
        Ok(allowed)
    }

    fn no_algorithms(&self, wanted: AlgorithmSet, supported: AlgorithmSet) -> ConfigError {
        let (name, supported) = (&self.name, names(supported));
        let message = match self.algorithms {
            None => format!(
                "algorithms of issuer {name:?} is not set, and its keys are for {supported}, which \
                 is off by default: must contain it"
            ),
            Some(_) => format!(
                "algorithms of issuer {name:?} is {}: must contain one that its keys support, \
                 which are {supported}",
                names(wanted)
            ),
        };
        ConfigError::new(ConfigErrorKind::NoAlgorithms, message)
    }
}

fn names(algorithms: AlgorithmSet) -> String {
    let names: Vec<_> = algorithms.iter().map(Algorithm::name).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
