//! Metadata that can't work, found while building.

use std::time::Duration;

use http::Uri;

use super::ResourceMetadata;
use super::identifier::{WellKnown, well_known};
use super::members::STANDARD;
use super::settings::{NAME, Text};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::keys::jwks::secure_url;
use crate::policy::RequiredScopes;
use crate::verify::authorization_server_flaw;

const MAX_MAX_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Checks all settings. Returns where the metadata is.
pub(super) fn check(metadata: &ResourceMetadata) -> Result<WellKnown, ConfigError> {
    let well_known = well_known(&metadata.resource)?;
    check_servers(metadata)?;
    let mut scopes = RequiredScopes::none();
    scopes.add(metadata.scopes.iter().map(String::as_str));
    scopes.validate()?;
    metadata.texts.iter().try_for_each(check_text)?;
    check_signing(metadata)?;
    let types = &metadata.authorization_details_types;
    check_names("authorization_details_types", types)?;
    let mut names = metadata.members.iter().map(|(name, _)| name.as_str());
    names.try_for_each(check_member)?;
    if metadata.max_age > MAX_MAX_AGE {
        return Err(ConfigError::invalid_setting(format!(
            "max_age of the resource's metadata is {:?}: must be at most 7 days",
            metadata.max_age
        )));
    }
    Ok(well_known)
}

/// Checks what says how the resource signs.
fn check_signing(metadata: &ResourceMetadata) -> Result<(), ConfigError> {
    if let Some(url) = &metadata.jwks_uri
        && secure_url("jwks_uri", url, &[]).is_err()
    {
        let problem = "must be an https URL (http is allowed on loopback only)";
        return Err(invalid_url("jwks_uri", url, problem));
    }
    check_names("signing_algorithms", &metadata.signing_algorithms)?;
    if let Some(none) = has_none(&metadata.signing_algorithms) {
        return Err(ConfigError::invalid_setting(format!(
            "signing_algorithms has {none:?}: must be algorithms that sign (RFC 9728 section 2)"
        )));
    }
    check_signed(metadata.signed_metadata.as_deref())
}

fn check_servers(metadata: &ResourceMetadata) -> Result<(), ConfigError> {
    let Some(servers) = &metadata.authorization_servers else {
        return Ok(());
    };
    if servers.is_empty() {
        return Err(ConfigError::invalid_setting(
            "authorization_servers is empty: must name at least one, or be left out",
        ));
    }
    let flaws = servers
        .iter()
        .map(|url| (url, authorization_server_flaw(url)));
    match flaws.into_iter().find_map(|(url, flaw)| Some((url, flaw?))) {
        None => Ok(()),
        Some((url, flaw)) => Err(invalid_url("authorization_servers", url, flaw)),
    }
}

fn check_text(text: &Text) -> Result<(), ConfigError> {
    let Text {
        member,
        language,
        value,
    } = text;
    if let Some(language) = language
        && !is_language(language)
    {
        return Err(ConfigError::invalid_setting(format!(
            "language {language:?} of {member}: must be a tag of BCP 47, such as \"de\" or \"pt-BR\""
        )));
    }
    if value.is_empty() {
        return Err(ConfigError::invalid_setting(format!(
            "{member} is empty: must have a value, or be left out"
        )));
    }
    if *member != NAME && !is_page(value) {
        return Err(invalid_url(member, value, "must be an https or http URL"));
    }
    Ok(())
}

/// Returns whether the text has the form of a language tag (RFC 5646 §2.1).
fn is_language(tag: &str) -> bool {
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    tag.split('-').all(is_subtag)
}

/// Returns whether the text is the URL of a page.
fn is_page(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let has_user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some() && !has_user
}

fn check_names(setting: &str, names: &[String]) -> Result<(), ConfigError> {
    if names.iter().any(String::is_empty) {
        return Err(ConfigError::invalid_setting(format!(
            "{setting} is {names:?}: none may be empty"
        )));
    }
    Ok(())
}

fn has_none(algorithms: &[String]) -> Option<&String> {
    let mut algorithms = algorithms.iter();
    algorithms.find(|name| name.eq_ignore_ascii_case("none"))
}

/// Rejects what is not a signed JWT in its compact form (RFC 7515 §3.1).
fn check_signed(jwt: Option<&str>) -> Result<(), ConfigError> {
    let is_of_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_of_base64url);
    let has_form = |jwt: &str| jwt.split('.').count() == 3 && jwt.split('.').all(is_part);
    if jwt.is_none_or(has_form) {
        return Ok(());
    }
    Err(ConfigError::invalid_setting(
        "signed_metadata is not a signed JWT: must be three parts of base64url, separated by dots",
    ))
}

/// Rejects own members that the layer writes itself.
fn check_member(name: &str) -> Result<(), ConfigError> {
    let base = name.split('#').next().unwrap_or(name);
    if name.is_empty() || STANDARD.contains(&base) {
        return Err(ConfigError::invalid_setting(format!(
            "member {name:?}: must not be empty, or a member of RFC 9728 section 2, which has a \
             setter of its own or is filled in"
        )));
    }
    Ok(())
}

/// The text is not shown if it may contain a password.
fn invalid_url(setting: &str, url: &str, problem: &str) -> ConfigError {
    let message = if url.contains('@') {
        format!("{setting}: {problem}, without a user name and a password")
    } else {
        format!("{setting} {url:?}: {problem}")
    };
    ConfigError::new(ConfigErrorKind::InvalidUrl, message)
}
