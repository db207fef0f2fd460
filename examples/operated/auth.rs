//! The layer.

use std::time::Duration;

use tower_jwt_auth::{
    Algorithm, Dpop, DpopNonces, IntrospectionCredentials, Issuer, JwksCacheSettings,
    JwtAuthBuilder, JwtAuthLayer, OnRedisOutage, OnStaleRevocations, RedisReplayStore,
    RedisRevocationStore, RevocationSettings, Revocations, Secret, SecretEncoding, SecretFiles,
    TokenCacheSettings,
};

use crate::Result;
use crate::options::Options;
use crate::telemetry::Telemetry;

/// The issuer of tokens that are signed with shared secrets.
const INTERNAL_ISSUER: &str = "https://internal.example";
const REDIS_PREFIX: &str = "operated";

/// The layer, and the store that its health depends on.
pub(crate) struct Auth {
    pub(crate) layer: JwtAuthLayer,
    pub(crate) redis: Option<RedisReplayStore>,
}

pub(crate) fn build(options: &Options, telemetry: &Telemetry) -> Result<Auth> {
    let issuer = options.issuer.as_deref().unwrap_or_default();
    let issuer = Issuer::discovery(issuer, options.audience.as_str());
    let issuer = issuer.jwks_cache(key_settings(options));
    let mut builder = JwtAuthLayer::builder(issuer)
        .add_observer(telemetry.metrics.clone())
        .token_cache(token_cache(options));
    if let Some(issuer) = internal_issuer(options)? {
        builder = builder.add_issuer(issuer);
    }
    if let Some(issuer) = introspected_issuer(options)? {
        builder = builder.add_issuer(issuer);
    }
    let (builder, redis) = with_stores(builder, options)?;
    let layer = builder.build()?;
    Ok(Auth { layer, redis })
}

/// Used DPoP proofs are stored in Redis, or else in the memory of this process.
fn with_stores(
    builder: JwtAuthBuilder,
    options: &Options,
) -> Result<(JwtAuthBuilder, Option<RedisReplayStore>)> {
    let dpop = match nonces(options)? {
        Some(nonces) => Dpop::optional().nonces(nonces),
        None => Dpop::optional(),
    };
    let Some(url) = &options.redis else {
        return Ok((builder.dpop(dpop), None));
    };
    let store = RedisReplayStore::builder(url, REDIS_PREFIX, OnRedisOutage::Reject).build()?;
    let revoked = RedisRevocationStore::builder(url, REDIS_PREFIX).build()?;
    let mut settings = RevocationSettings::default().store(revoked, OnStaleRevocations::Reject);
    if options.is_fast {
        settings = settings.max_staleness(Duration::from_secs(10));
    }
    let list = Revocations::with_settings(settings)?;
    let builder = builder.dpop(dpop.replay_store(store.clone()));
    Ok((builder.revocations(&list), Some(store)))
}

/// Instances that share Redis must share the key of nonces, too: otherwise, a client needs a second
/// request whenever it gets to another instance.
fn nonces(options: &Options) -> Result<Option<DpopNonces>> {
    if let Some(file) = &options.nonce_key {
        let key = Secret::from_encoded_file(file, SecretEncoding::Base64url)?;
        return Ok(Some(DpopNonces::with_keys([key])?));
    }
    Ok(options.redis.is_none().then(DpopNonces::random))
}

fn internal_issuer(options: &Options) -> Result<Option<Issuer>> {
    let Some(folder) = &options.secrets else {
        return Ok(None);
    };
    let mut files =
        SecretFiles::watch(folder, Algorithm::HS256).encoding(SecretEncoding::Base64url);
    if options.is_fast {
        files = files.interval(Duration::from_secs(1));
    }
    let audience = options.audience.as_str();
    let issuer = Issuer::from_key_source(INTERNAL_ISSUER, files.build()?, audience);
    Ok(Some(issuer))
}

fn introspected_issuer(options: &Options) -> Result<Option<Issuer>> {
    let Some(url) = &options.introspection else {
        return Ok(None);
    };
    let client = std::env::var("OPERATED_CLIENT")?;
    let (id, secret) = client
        .split_once(':')
        .ok_or("OPERATED_CLIENT: must be id:secret")?;
    let parsed = url::Url::parse(url)?;
    let name = parsed.origin().ascii_serialization();
    let credentials = IntrospectionCredentials::client_secret(id, secret);
    let issuer = Issuer::introspection(name, url, credentials, options.audience.as_str());
    Ok(Some(issuer))
}

/// With `--fast`, keys are stale after seconds without their issuer, whatever its `Cache-Control`
/// says, and expire 30 s later.
fn key_settings(options: &Options) -> JwksCacheSettings {
    let settings = JwksCacheSettings::default();
    if !options.is_fast {
        return settings;
    }
    settings
        .min_ttl(Duration::from_secs(1))
        .max_ttl(Duration::from_secs(6))
        .default_ttl(Duration::from_secs(6))
        .stale_if_error(Duration::from_secs(30))
        .withdrawal_grace(Duration::from_secs(60))
        .backoff(Duration::from_millis(500), Duration::from_secs(2))
}

/// With `--fast`, the cache is so small that it evicts tokens.
fn token_cache(options: &Options) -> TokenCacheSettings {
    let settings = TokenCacheSettings::default();
    if options.is_fast {
        settings.max_entries(8)
    } else {
        settings
    }
}
