//! The resource identifier as the audience of every issuer (RFC 8707, RFC 9728).

use std::sync::Arc;

use super::{Audience, Issuer};
use crate::config_error::{ConfigError, ConfigErrorKind};
use crate::jwt::AudRule;

/// What the audiences of a layer with a resource must be.
#[derive(Clone)]
pub(crate) struct ResourceAudience {
    pub(crate) identifier: Arc<str>,
    /// Whether an issuer may have another audience.
    pub(crate) allow_others: bool,
}

impl Issuer {
    /// Sets the audience that is the resource identifier. Rejects another one, unless it is
    /// allowed: clients ask for tokens for the resource, which this service would reject.
    pub(super) fn bind_to(
        &mut self,
        resource: Option<&ResourceAudience>,
    ) -> Result<(), ConfigError> {
        match resource {
            None if self.audience.is_resource() => Err(no_resource(&self.name)),
            None => Ok(()),
            Some(resource) if self.audience.is_resource() => {
                self.audience
                    .set_names(vec![resource.identifier.to_string()]);
                Ok(())
            }
            Some(resource) if resource.allow_others => Ok(()),
            Some(resource) => check(&self.name, &self.audience, &resource.identifier),
        }
    }
}

fn check(issuer: &str, audience: &Audience, resource: &str) -> Result<(), ConfigError> {
    let AudRule::AnyOf(names) = &audience.rule().aud else {
        return Err(ConfigError::invalid_setting(format!(
            "audience of issuer {issuer:?}: must be that of the resource {resource:?}, \
             Audience::resource(), unless allow_other_audiences is set"
        )));
    };
    if names.iter().any(|name| name == resource) {
        return Ok(());
    }
    let without_slash = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
    let is_same = |name: &&String| without_slash(name) == without_slash(resource);
    let hint = match names.iter().find(is_same) {
        Some(name) => format!("; {name:?} differs from it in the trailing slash"),
        None => ", unless allow_other_audiences is set".to_owned(),
    };
    Err(ConfigError::invalid_setting(format!(
        "audience of issuer {issuer:?} is {names:?}: must contain the resource {resource:?} \
         (Audience::resource() does){hint}"
    )))
}

fn no_resource(issuer: &str) -> ConfigError {
    let message = format!(
        "audience of issuer {issuer:?} is Audience::resource(), without a resource: set \
         JwtAuthBuilder::resource"
    );
    ConfigError::new(ConfigErrorKind::EmptyAudience, message)
}
