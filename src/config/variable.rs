//! Secrets in environment variables that the configuration names.

use std::env;

use super::location::{At as _, invalid};
use crate::{ConfigError, ConfigErrorKind, Secret, SecretEncoding};

/// Returns the secret in the variable, or in the file that the variable with `_FILE` names. An
/// error shows the name only if the variable is set: what is configured may be the secret itself.
pub(super) fn secret_in_variable(
    name: &str,
    encoding: SecretEncoding,
    path: &str,
) -> Result<Secret, ConfigError> {
    if !is_variable(name) {
        let problem = "must be the name of an environment variable: letters, digits, `_`, `-` \
                       and `.`";
        return Err(invalid(path, problem));
    }
    if env::var_os(name).is_none() && env::var_os(format!("{name}_FILE")).is_none() {
        let message = format!(
            "{path}: the environment has no variable of this name, nor of this name and `_FILE`: \
             one of them must be set"
        );
        return Err(ConfigError::new(ConfigErrorKind::UnusableFile, message));
    }
    Secret::from_encoded_env(name, encoding).at(path)
}

fn is_variable(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    name.chars().all(is_part) && !name.is_empty()
}
