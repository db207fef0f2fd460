//! The settings of a layer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::algorithm_name::AlgorithmName;
use super::dpop::DpopConfig;
use super::duration::Time;
use super::issuer::IssuerConfig;
use super::mtls::MtlsConfig;
use super::paths::PathsConfig;
use super::resource::ResourceConfig;
use super::rule::RuleConfig;
use super::secret_value::SecretValue;
use super::token_cache::TokenCacheConfig;
use super::token_source::TokenSourceConfig;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is independent")]
pub(super) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) leeway: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_lifetime: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_token_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_members: Option<usize>,
    pub(super) allow_padding: bool,
    pub(super) access_tokens_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allow_missing_token_type: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) require_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) check_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reject_replays: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) offload: Vec<AlgorithmName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offload_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_sources: Option<Vec<TokenSourceConfig>>,
    pub(super) strip_token: bool,
    pub(super) keep_token: bool,
    pub(super) optional: bool,
    pub(super) pass_preflight: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) realm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grpc_responses: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grpc_paths: Option<PathsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skip_paths: Option<PathsConfig>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) implied_scopes: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_cache: Option<TokenCacheConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dpop: Option<DpopConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mtls: Option<MtlsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource: Option<ResourceConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<RuleConfig>,
    pub(super) issuers: Vec<IssuerConfig>,
    #[serde(
        skip_serializing,
        alias = "secrets",
        alias = "password",
        alias = "key",
        alias = "keys",
        alias = "token",
        alias = "value"
    )]
    pub(super) secret: SecretValue,
}
