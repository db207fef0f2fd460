//! Checking the configuration of an issuer whose tokens are introspected.

use super::super::issuer::KeyOrigin;
use super::super::{ConfiguredIssuer, Issuer};
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::outcomes::Outcomes;
use super::signed_response::SignedResponses;
use super::{IntrospectionOrigin, IntrospectionSettings, Introspector};
use crate::config_error::ConfigError;
use crate::keys::{HttpClient, Observer};
use crate::observe::IssuerObservers;

/// The parts of an issuer that its introspector is made from.
pub(in crate::verify) struct Parts<'i> {
    pub(in crate::verify) name: &'i str,
    pub(in crate::verify) metadata_url: Option<&'i str>,
    pub(in crate::verify) settings: IntrospectionSettings,
    pub(in crate::verify) client: HttpClient,
    pub(in crate::verify) observer: Option<Observer>,
    pub(in crate::verify) observers: &'i IssuerObservers,
}

impl IntrospectionOrigin {
    pub(in crate::verify) fn build(self, parts: Parts<'_>) -> Result<Introspector, ConfigError> {
        let Parts {
            name,
            metadata_url,
            mut settings,
            client,
            observer,
            observers,
        } = parts;
        settings.validate()?;
        self.credentials.validate(name)?;
        let endpoint = match &self.url {
            Some(url) => Endpoint::at(url)?,
            None => Endpoint::of_metadata(name, metadata_url, &self.credentials)?,
        };
        let signer = settings.signed_responses.take();
        let exchange = Exchange {
            issuer: name.to_owned(),
            client,
            endpoint,
            credentials: self.credentials,
            signed: signer
                .map(|signer| build_signer(*signer, name, observers))
                .transpose()?,
            max_body_len: settings.max_body_len,
        };
        let outcomes = Outcomes::new(name, observer, observers.clone());
        Ok(Introspector::new(settings, exchange, outcomes))
    }
}

fn build_signer(
    signer: Issuer,
    name: &str,
    observers: &IssuerObservers,
) -> Result<SignedResponses, ConfigError> {
    let problem = if signer.name != name {
        "must have the same name"
    } else if matches!(signer.keys, KeyOrigin::Introspection(_)) || signer.tenants.is_some() {
        "must have keys, and no tenants"
    } else {
        let signer: ConfiguredIssuer = signer.build(None, observers)?;
        return Ok(SignedResponses(signer));
    };
    Err(ConfigError::invalid_setting(format!(
        "signed_responses of issuer {name:?} is an issuer {:?}: {problem}",
        signer.name
    )))
}

impl Issuer {
    /// Rejects settings about signed tokens for an introspected issuer, and the reverse.
    pub(in crate::verify) fn check_introspection(&self) -> Result<(), ConfigError> {
        if !matches!(self.keys, KeyOrigin::Introspection(_)) {
            return match self.introspection {
                None => Ok(()),
                Some(_) => Err(self.invalid_introspection(
                    "introspection_settings",
                    "has no effect on an issuer with keys; use Issuer::introspection, or remove it",
                )),
            };
        }
        let rule = self.audience.rule();
        let set = [
            ("algorithms", self.algorithms.is_some()),
            ("add_secrets", self.secrets.is_some()),
            ("allow_missing_issuer", self.exceptions.allow_missing_issuer),
            (
                "audience with a header parameter",
                !rule.header_parameters.is_empty(),
            ),
            ("tenants", self.tenants.is_some()),
        ];
        match set.into_iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((setting, _)) => Err(self.invalid_introspection(
                setting,
                "is about signed tokens, and this issuer is asked about its tokens; remove it",
            )),
        }
    }

    fn invalid_introspection(&self, setting: &str, problem: &str) -> ConfigError {
        ConfigError::invalid_setting(format!("{setting} of issuer {:?}: {problem}", self.name))
    }
}
