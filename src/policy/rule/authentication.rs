//! How and when the user has authenticated (RFC 9470).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::outcome::Outcome;
use crate::config_error::ConfigError;
use crate::jwt::Claims;
use crate::policy::scopes::is_scope;

/// The values of `acr` that are enough.
#[derive(Clone)]
pub(super) struct Acr {
    /// Those that the challenge names, in order of preference.
    pub(super) values: Box<[Box<str>]>,
    /// What decides in place of the values.
    is_enough: Option<Predicate>,
}

type Predicate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

impl Acr {
    pub(super) fn any_of(
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        let values = values.into_iter().map(|value| value.into().into());
        let values: Box<[Box<str>]> = values.collect();
        if values.is_empty() || !values.iter().all(|value| is_scope(value)) {
            return Err(ConfigError::invalid_setting(format!(
                "acr values {values:?}: must be at least one, each of visible ASCII characters \
                 other than \" and \\ (RFC 9470 section 3)"
            )));
        }
        let is_enough = None;
        Ok(Self { values, is_enough })
    }

    pub(super) fn matching(
        values: impl IntoIterator<Item = impl Into<String>>,
        is_enough: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        let is_enough: Option<Predicate> = Some(Arc::new(is_enough));
        let Self { values, .. } = Self::any_of(values)?;
        Ok(Self { values, is_enough })
    }

    pub(super) fn check<C>(&self, claims: &Claims<C>) -> Outcome {
        let Some(acr) = claims.authentication_context_class() else {
            return Outcome::Unknown;
        };
        match &self.is_enough {
            Some(is_enough) => is_enough(acr).into(),
            None => self.values.iter().any(|value| **value == *acr).into(),
        }
    }
}

impl fmt::Debug for Acr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_enough.is_some() {
            "acr_fn"
        } else {
            "acr"
        };
        write!(f, "{name}({:?})", self.values)
    }
}

/// Returns whether the user has authenticated within `max_age`. A time in the future is a mistake
/// of the issuer: as an age, it would pass for ever.
pub(super) fn check_age<C>(claims: &Claims<C>, max_age: Duration) -> Outcome {
    let Some(authenticated_at) = claims.authenticated_at() else {
        return Outcome::Unknown;
    };
    let leeway = claims.leeway();
    match claims.now().duration_since(authenticated_at) {
        Ok(age) => (age <= max_age.saturating_add(leeway)).into(),
        Err(ahead) => (ahead.duration() <= leeway).into(),
    }
}
