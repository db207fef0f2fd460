//! The configuration of a layer as data.

mod algorithm_name;
mod audience;
mod build;
mod dpop;
mod duration;
mod introspection;
mod issuer;
mod jwks_cache;
mod location;
mod mtls;
mod paths;
mod proxies;
mod resource;
mod rule;
mod secret_value;
mod secrets;
mod set;
mod tenants;
mod token_cache;
mod token_source;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::algorithm_name::AlgorithmName;
use self::dpop::DpopConfig;
use self::duration::Time;
use self::issuer::IssuerConfig;
use self::mtls::MtlsConfig;
use self::paths::PathsConfig;
use self::resource::ResourceConfig;
use self::rule::RuleConfig;
use self::secret_value::SecretValue;
use self::token_cache::TokenCacheConfig;
use self::token_source::TokenSourceConfig;

/// The configuration of a layer as data, which serde reads: from TOML, JSON, YAML, or a part of the
/// configuration of your program.
///
/// Each setting has the name and the default of the method of [`JwtAuthBuilder`], [`Issuer`] or
/// another type that sets it; durations are texts with a unit, such as `"60s"`. A setting of another
/// name is an error. [`guides::configuration`](crate::guides::configuration) lists all of them.
///
/// Secrets are never in it, but in files or environment variables that it names. So it can be
/// stored with the code, and `Debug` and `Serialize` show no secret.
///
/// Closures and handles are set in code: [`into_builder`](Self::into_builder) returns the builder.
///
/// [`JwtAuthBuilder`]: crate::JwtAuthBuilder
/// [`Issuer`]: crate::Issuer
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{JwtAuthConfig, JwtAuthLayer};
///
/// # fn example() -> Result<JwtAuthLayer, Box<dyn std::error::Error>> {
/// let config: JwtAuthConfig = toml::from_str(
///     r#"
///     leeway = "10s"
///
///     [[issuers]]
///     issuer = "https://login.example.com/"
///     audience = "https://api.example.com"
///     "#,
/// )?;
/// let auth = config.build()?;
/// # Ok(auth)
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
#[expect(clippy::struct_excessive_bools, reason = "each is independent")]
pub struct JwtAuthConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    leeway: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_lifetime: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_token_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_members: Option<usize>,
    allow_padding: bool,
    access_tokens_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_missing_token_type: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    require_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject_replays: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    offload: Vec<AlgorithmName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offload_timeout: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_sources: Option<Vec<TokenSourceConfig>>,
    strip_token: bool,
    keep_token: bool,
    optional: bool,
    pass_preflight: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grpc_responses: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grpc_paths: Option<PathsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_paths: Option<PathsConfig>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    implied_scopes: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_cache: Option<TokenCacheConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dpop: Option<DpopConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtls: Option<MtlsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<ResourceConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<RuleConfig>,
    issuers: Vec<IssuerConfig>,
    #[serde(skip_serializing, alias = "secrets", alias = "password")]
    secret: SecretValue,
}
