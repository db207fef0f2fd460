//! The metadata of the protected resource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::duration::Time;
use super::set::{set, set_times, turn_on};
use crate::ResourceMetadata;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceConfig {
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_servers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    documentation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_algorithms: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_metadata: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<Time>,
    #[serde(default)]
    allow_other_audiences: bool,
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    name_in: Texts,
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    documentation_in: Texts,
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    policy_uri_in: Texts,
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    tos_uri_in: Texts,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    add_member: BTreeMap<String, Value>,
}

/// Texts by language.
type Texts = BTreeMap<String, String>;
type AddText = fn(ResourceMetadata, String, String) -> ResourceMetadata;

impl ResourceConfig {
    pub(super) fn metadata(self) -> ResourceMetadata {
        let metadata = ResourceMetadata::new(self.resource);
        set!(
            metadata,
            self,
            authorization_servers,
            scopes,
            name,
            documentation
        );
        set!(
            metadata,
            self,
            policy_uri,
            tos_uri,
            jwks_uri,
            signing_algorithms
        );
        set!(metadata, self, authorization_details_types, signed_metadata);
        set_times!(metadata, self, max_age);
        turn_on!(metadata, self, allow_other_audiences);
        let by_language: [(Texts, AddText); 4] = [
            (self.name_in, ResourceMetadata::name_in),
            (self.documentation_in, ResourceMetadata::documentation_in),
            (self.policy_uri_in, ResourceMetadata::policy_uri_in),
            (self.tos_uri_in, ResourceMetadata::tos_uri_in),
        ];
        let metadata = by_language
            .into_iter()
            .fold(metadata, |metadata, (texts, add)| {
                let texts = texts.into_iter();
                texts.fold(metadata, |metadata, (language, text)| {
                    add(metadata, language, text)
                })
            });
        let members = self.add_member.into_iter();
        members.fold(metadata, |metadata, (name, value)| {
            metadata.add_member(name, value)
        })
    }
}
