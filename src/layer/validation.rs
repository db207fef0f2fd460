//! Settings that can't work or are not safe, found while building.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::JwtAuthBuilder;
use super::gate::Forwarding;
use crate::config_error::ConfigError;
use crate::jwt::{MIN_MAX_MEMBERS, Rules, TypeRule};
use crate::policy::RequiredScopes;
use crate::request::{TokenSource, has_duplicates};

/// Clocks that differ by more are broken; a larger leeway would only prolong tokens.
pub(super) const MAX_LEEWAY: Duration = Duration::from_secs(60 * 60);
/// No valid token is shorter than the minimum. The maximum bounds the memory of a request.
const TOKEN_LEN: RangeInclusive<usize> = 64..=1024 * 1024;
/// An access token has about ten members. The maximum bounds the memory of a request.
const MEMBERS: RangeInclusive<usize> = MIN_MAX_MEMBERS..=100_000;

pub(super) fn settings<C, R>(builder: &JwtAuthBuilder<C, R>) -> Result<(), ConfigError> {
    let rules = &builder.rules;
    let invalid = |message: String| Err(ConfigError::invalid_setting(message));
    if builder.lost_checks {
        return invalid(
            "claims: must be called before authorize, check and reject_revoked, which depend on the \
             claims type"
                .to_owned(),
        );
    }
    if rules.leeway > MAX_LEEWAY {
        return invalid(format!(
            "leeway is {:?}: must be at most 1 hour",
            rules.leeway
        ));
    }
    if !TOKEN_LEN.contains(&rules.max_token_len) {
        return invalid(format!(
            "max_token_len is {}: must be between {} and {} bytes",
            rules.max_token_len,
            TOKEN_LEN.start(),
            TOKEN_LEN.end()
        ));
    }
    if !MEMBERS.contains(&rules.max_members) {
        return invalid(format!(
            "max_members is {}: must be between {} and {}",
            rules.max_members,
            MEMBERS.start(),
            MEMBERS.end()
        ));
    }
    if builder.policy.timeout.is_zero() {
        return invalid("check_timeout is 0ns: must be more than zero".to_owned());
    }
    if builder.offload_timeout.is_zero() {
        return invalid("offload_timeout is 0ns: must be more than zero".to_owned());
    }
    if builder.reject_replays == Some(0) {
        return invalid("reject_replays is 0: must be at least 1".to_owned());
    }
    if builder.reject_replays.is_some() && builder.replay_store.is_some() {
        return invalid(
            "reject_replays and replay_store exclude each other: remove one".to_owned(),
        );
    }
    check_types(rules)?;
    if let Some(implied) = &rules.implied_scopes {
        let mut names = RequiredScopes::none();
        names.add(implied.names());
        names.validate()?;
    }
    builder.scopes.validate()
}

fn check_types(rules: &Rules) -> Result<(), ConfigError> {
    let invalid = |message: &'static str| Err(ConfigError::invalid_setting(message));
    match &rules.types {
        TypeRule::Only(types) if types.is_empty() => {
            invalid("token_types is empty: must name at least one `typ`")
        }
        TypeRule::Only(_) if rules.rfc9068 => invalid(
            "token_types and access_tokens_only exclude each other: remove one (access tokens of \
             RFC 9068 have the type at+jwt)",
        ),
        _ if rules.rfc9068 && rules.allow_missing_type == Some(true) => invalid(
            "allow_missing_token_type is true: must be false with access_tokens_only, as access \
             tokens of RFC 9068 have the type at+jwt",
        ),
        TypeRule::Only(_) | TypeRule::Default | TypeRule::Logout { .. } => Ok(()),
    }
}

/// Rejects places for the token of which none is there, or two are the same.
pub(super) fn sources(sources: &[TokenSource]) -> Result<(), ConfigError> {
    if sources.is_empty() {
        let message = "token_sources is empty: must name at least one source";
        return Err(ConfigError::invalid_setting(message));
    }
    if has_duplicates(sources) {
        return Err(ConfigError::invalid_setting(format!(
            "token_sources is {sources:?}: two of them read the same token; remove one"
        )));
    }
    Ok(())
}

/// Rejects places for the token from which it can't be removed, as it is to be.
pub(super) fn removable(
    sources: &[TokenSource],
    forwarding: Forwarding,
) -> Result<(), ConfigError> {
    let all_removable = sources.iter().all(TokenSource::is_removable);
    if forwarding != Forwarding::Unchanged && !all_removable {
        return Err(ConfigError::invalid_setting(
            "strip_token and keep_token can't remove the token of TokenSource::custom: remove that \
             source, or the setting",
        ));
    }
    Ok(())
}
