//! Errors that name the path of a setting.

use std::error::Error;

use crate::{ConfigError, ConfigErrorKind};

/// Adds the path of the setting to an error.
pub(super) trait At<T> {
    fn at(self, path: &str) -> Result<T, ConfigError>;
}

impl<T> At<T> for Result<T, ConfigError> {
    fn at(self, path: &str) -> Self {
        self.map_err(|error| {
            let message = format!("{path}: {}", with_sources(&error));
            ConfigError::new(error.kind(), message)
        })
    }
}

/// Returns an error about the setting with this path, which is empty for the whole configuration.
/// `problem` says what would be right.
pub(super) fn invalid(path: &str, problem: &str) -> ConfigError {
    let message = match path {
        "" => problem.to_owned(),
        path => format!("{path}: {problem}"),
    };
    ConfigError::new(ConfigErrorKind::InvalidSetting, message)
}

/// Rejects more than one of several settings that exclude each other. Returns the one that is set.
/// `path` is that of their table, and empty for the whole configuration.
pub(super) fn only_one<'n>(
    path: &str,
    settings: &[(&'n str, bool)],
) -> Result<Option<&'n str>, ConfigError> {
    let mut given = settings.iter().filter(|(_, given)| *given);
    let first = given.next().map(|(name, _)| *name);
    match (first, given.next()) {
        (Some(first), Some((second, _))) => {
            let problem = format!("excludes {first}: remove one");
            let dot = if path.is_empty() { "" } else { "." };
            Err(invalid(&format!("{path}{dot}{second}"), &problem))
        }
        _ => Ok(first),
    }
}

/// Returns whether the table at this path requires bound tokens. Has no default: it would be the
/// unsafe one, and not seen.
pub(super) fn is_required(required: Option<bool>, path: &str) -> Result<bool, ConfigError> {
    required.ok_or_else(|| {
        let problem = "is missing: true rejects tokens that are not bound, false accepts both";
        invalid(&format!("{path}.required"), problem)
    })
}

fn with_sources(error: &(dyn Error + 'static)) -> String {
    let sources = std::iter::successors(error.source(), |cause: &&dyn Error| (**cause).source());
    sources.fold(error.to_string(), |message, cause| {
        format!("{message}: {cause}")
    })
}
