//! `--config`: the layer from a TOML file.

use std::fs;
use std::path::Path;

use tower_jwt_auth::{ConfigError, JwtAuthBuilder, JwtAuthConfig};

use crate::options::Options;
use crate::usage_error::UsageError;

/// Returns a builder with the settings in a file. An error names the line, or the path of the
/// setting.
pub(crate) fn builder(file: &Path) -> Result<JwtAuthBuilder, UsageError> {
    let builder = read(file)?.into_builder();
    builder.map_err(|error| invalid(file, &error))
}

/// Returns the error of a layer that was built from a file, with the path of the issuer that is the
/// cause.
pub(crate) fn named(file: &Path, error: &ConfigError) -> UsageError {
    match read(file).map(JwtAuthConfig::build) {
        Ok(Ok(_)) => invalid(file, error),
        Ok(Err(error)) => invalid(file, &error),
        Err(error) => error,
    }
}

fn invalid(file: &Path, error: &ConfigError) -> UsageError {
    UsageError::with_options(&format_args!("--config {}", file.display()), error)
}

fn read(file: &Path) -> Result<JwtAuthConfig, UsageError> {
    let failed =
        |problem: String| UsageError::new(format!("--config {}: {problem}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        // `Display` shows the line itself, which may hold what is secret.
        let message = error.message();
        // The error about a setting has its path in place of a line.
        let before = error.span().and_then(|span| text.get(..span.start));
        failed(match before {
            Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
            None => message.to_owned(),
        })
    })
}

impl Options {
    /// Rejects options whose settings are in the file.
    pub(crate) fn check_config(&self) -> Result<(), UsageError> {
        let in_file = [
            ("--issuer", !self.issuers.is_empty()),
            ("--audience", !self.audiences.is_empty()),
            ("--resource", self.resource.is_some()),
            ("--algorithms", !self.algorithms.is_empty()),
            ("--leeway", self.leeway.is_some()),
            ("--token-type", self.token_type.is_some()),
            ("--dpop", self.dpop.is_on()),
        ];
        let given = in_file.iter().find(|(_, given)| *given);
        given.map_or(Ok(()), |(option, _)| {
            Err(UsageError::new(format!(
                "{option}: excludes --config; set it in the file"
            )))
        })
    }
}
