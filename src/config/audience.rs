//! The audience of an issuer's tokens.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::location::{invalid, only_one};
use crate::{Audience, ConfigError};

/// One name, a list of names, or a table with a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum AudienceConfig {
    Name(String),
    Names(Vec<String>),
    Rule(Box<AudienceRule>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AudienceRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    any_of: Option<Vec<String>>,
    resource: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header_parameter: Option<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dangerous_any_with_scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dangerous_any_with_claim: Option<Member>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    and_claim: Vec<Member>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    and_claim_present: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    and_header_parameter: Vec<Member>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    and_scope: Vec<String>,
}

/// A claim or a header parameter, and the values that it may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    name: String,
    any_of: Vec<String>,
}

impl AudienceConfig {
    pub(super) fn audience(self, path: &str) -> Result<Audience, ConfigError> {
        match self {
            Self::Name(name) => Ok(Audience::from(name)),
            Self::Names(names) => Ok(Audience::from(names)),
            Self::Rule(rule) => rule.audience(path),
        }
    }
}

impl AudienceRule {
    fn audience(self, path: &str) -> Result<Audience, ConfigError> {
        let given = [
            ("any_of", self.any_of.is_some()),
            ("resource", self.resource),
            ("claim", self.claim.is_some()),
            ("header_parameter", self.header_parameter.is_some()),
            (
                "dangerous_any_with_scope",
                self.dangerous_any_with_scope.is_some(),
            ),
            (
                "dangerous_any_with_claim",
                self.dangerous_any_with_claim.is_some(),
            ),
        ];
        only_one(path, &given)?;
        let rule = [
            self.any_of.map(Audience::from),
            self.resource.then(Audience::resource),
            self.claim
                .map(|claim| Audience::claim(claim.name, claim.any_of)),
            self.header_parameter
                .map(|parameter| Audience::header_parameter(parameter.name, parameter.any_of)),
            self.dangerous_any_with_scope
                .map(Audience::dangerous_any_with_scope),
            self.dangerous_any_with_claim
                .map(|claim| Audience::dangerous_any_with_claim(claim.name, claim.any_of)),
        ];
        let mut audience = rule.into_iter().flatten().next().ok_or_else(|| {
            let names = given.map(|(name, _)| name).join(", ");
            invalid(path, &format!("must have one of {names}"))
        })?;
        for claim in self.and_claim {
            audience = audience.and_claim(claim.name, claim.any_of);
        }
        for claim in self.and_claim_present {
            audience = audience.and_claim_present(claim);
        }
        for parameter in self.and_header_parameter {
            audience = audience.and_header_parameter(parameter.name, parameter.any_of);
        }
        let scopes = self.and_scope.into_iter();
        Ok(scopes.fold(audience, Audience::and_scope))
    }
}

impl<'de> Deserialize<'de> for AudienceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AudienceVisitor)
    }
}

struct AudienceVisitor;

impl<'de> Visitor<'de> for AudienceVisitor {
    type Value = AudienceConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of texts, or a table with a rule")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(AudienceConfig::Name(name.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Self::Value, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(names)).map(AudienceConfig::Names)
    }

    fn visit_map<A: MapAccess<'de>>(self, rule: A) -> Result<Self::Value, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(rule)).map(AudienceConfig::Rule)
    }
}
