//! The names of the metrics, of their labels, and of the labels' values.
//!
//! They are a part of the public API: a change of one is a breaking change. Each metric has one
//! row here, and one in the guide of observability, which says what it means.
//!
//! | metric | type | labels |
//! |---|---|---|
//! | `jwt_auth_requests_total` | counter | `outcome`, `reason`, `scheme`, `issuer` |
//! | `jwt_auth_requirement_rejections_total` | counter | `reason` |
//! | `jwt_auth_wait_seconds` | histogram | `for` |
//! | `jwt_auth_keys_fetches_total` | counter | `issuer`, `result` |
//! | `jwt_auth_keys_fetch_seconds` | histogram | `issuer` |
//! | `jwt_auth_keys` | gauge | `issuer` |
//! | `jwt_auth_keys_age_seconds` | gauge | `issuer` |
//! | `jwt_auth_keys_state` | gauge | `issuer`, `state` |
//! | `jwt_auth_refetch_limit_reached_total` | counter | `issuer` |
//! | `jwt_auth_token_cache_total` | counter | `result` |
//! | `jwt_auth_token_cache_evictions_total` | counter | |
//! | `jwt_auth_token_cache_entries` | gauge | |
//! | `jwt_auth_token_cache_bytes` | gauge | |
//! | `jwt_auth_introspections_total` | counter | `issuer`, `result` |
//! | `jwt_auth_introspection_seconds` | histogram | `issuer` |
//! | `jwt_auth_dpop_rejections_total` | counter | `reason` |
//! | `jwt_auth_dpop_nonces_issued_total` | counter | |
//! | `jwt_auth_replays_rejected_total` | counter | `kind` |
//! | `jwt_auth_replay_entries` | gauge | `kind` |
//! | `jwt_auth_store_operations_total` | counter | `store`, `operation`, `result` |
//! | `jwt_auth_store_seconds` | histogram | `store`, `operation` |
//! | `jwt_auth_revocation_entries` | gauge | |
//! | `jwt_auth_revocation_staleness_seconds` | gauge | |
//! | `jwt_auth_revocation_store_failures_total` | counter | |
//! | `jwt_auth_secrets_reloads_total` | counter | `issuer`, `result` |
//! | `jwt_auth_secrets_reload_failures` | gauge | `issuer` |
//! | `jwt_auth_secret_age_seconds` | gauge | `issuer` |

/// Requests by their outcome. Labels: [`OUTCOME`], [`REASON`], [`SCHEME`], [`ISSUER`].
pub const REQUESTS: &str = "jwt_auth_requests_total";
/// Rejections by [`RequireLayer`](crate::RequireLayer) and others below the layer. Label:
/// [`REASON`].
pub const REQUIREMENT_REJECTIONS: &str = "jwt_auth_requirement_rejections_total";
/// The time that requests have waited. Label: [`FOR`].
pub const WAIT_SECONDS: &str = "jwt_auth_wait_seconds";
/// Fetches of key sets. Labels: [`ISSUER`], [`RESULT`].
pub const KEYS_FETCHES: &str = "jwt_auth_keys_fetches_total";
/// The time that a fetch of a key set takes. Label: [`ISSUER`].
pub const KEYS_FETCH_SECONDS: &str = "jwt_auth_keys_fetch_seconds";
/// Keys of an issuer. Label: [`ISSUER`].
pub const KEYS: &str = "jwt_auth_keys";
/// The time since the last successful fetch of keys. Label: [`ISSUER`].
pub const KEYS_AGE_SECONDS: &str = "jwt_auth_keys_age_seconds";
/// 1 for the state of an issuer's keys, 0 for the other states. Labels: [`ISSUER`], [`STATE`].
pub const KEYS_STATE: &str = "jwt_auth_keys_state";
/// How many times tokens with unknown keys have reached the
/// [`refetch_limit`](crate::JwksCacheSettings::refetch_limit). Label: [`ISSUER`].
pub const REFETCH_LIMIT_REACHED: &str = "jwt_auth_refetch_limit_reached_total";
/// Look-ups in the cache of verified tokens, and tokens that it did not take. Label: [`RESULT`].
pub const TOKEN_CACHE: &str = "jwt_auth_token_cache_total";
/// Cached tokens that were removed to make room for others.
pub const TOKEN_CACHE_EVICTIONS: &str = "jwt_auth_token_cache_evictions_total";
/// Cached tokens.
pub const TOKEN_CACHE_ENTRIES: &str = "jwt_auth_token_cache_entries";
/// The size that cached tokens count as.
pub const TOKEN_CACHE_BYTES: &str = "jwt_auth_token_cache_bytes";
/// Introspected tokens. Labels: [`ISSUER`], [`RESULT`].
pub const INTROSPECTIONS: &str = "jwt_auth_introspections_total";
/// The time that a request to an introspection endpoint takes. Label: [`ISSUER`].
pub const INTROSPECTION_SECONDS: &str = "jwt_auth_introspection_seconds";
/// Requests whose DPoP proof was rejected. Label: [`REASON`].
pub const DPOP_REJECTIONS: &str = "jwt_auth_dpop_rejections_total";
/// DPoP nonces that were sent to clients.
pub const DPOP_NONCES_ISSUED: &str = "jwt_auth_dpop_nonces_issued_total";
/// Tokens and proofs that were rejected because they had been used before. Label: [`KIND`].
pub const REPLAYS_REJECTED: &str = "jwt_auth_replays_rejected_total";
/// Entries of used tokens and proofs in the memory of this process. Label: [`KIND`].
pub const REPLAY_ENTRIES: &str = "jwt_auth_replay_entries";
/// Operations of stores. Labels: [`STORE`], [`OPERATION`], [`RESULT`]: the
/// [name](crate::StoreResult::name) of the result.
pub const STORE_OPERATIONS: &str = "jwt_auth_store_operations_total";
/// The time that an operation of a store takes, if it waits. Labels: [`STORE`], [`OPERATION`].
pub const STORE_SECONDS: &str = "jwt_auth_store_seconds";
/// Entries of the list of revocations.
pub const REVOCATION_ENTRIES: &str = "jwt_auth_revocation_entries";
/// The time since the list of revocations was up to date with its store.
pub const REVOCATION_STALENESS_SECONDS: &str = "jwt_auth_revocation_staleness_seconds";
/// Failures of the store of the list of revocations.
pub const REVOCATION_STORE_FAILURES: &str = "jwt_auth_revocation_store_failures_total";
/// Reloads of watched files. Labels: [`ISSUER`], [`RESULT`].
pub const SECRETS_RELOADS: &str = "jwt_auth_secrets_reloads_total";
/// How many times in a row reading watched files has failed. Label: [`ISSUER`].
pub const SECRETS_RELOAD_FAILURES: &str = "jwt_auth_secrets_reload_failures";
/// The age of the oldest secret that is current. Label: [`ISSUER`].
pub const SECRET_AGE_SECONDS: &str = "jwt_auth_secret_age_seconds";

/// A label: `accepted`, `passed` or `rejected`.
pub const OUTCOME: &str = "outcome";
/// A label: the name of an [`ErrorKind`](crate::ErrorKind), `custom` for all kinds of your own, or
/// `none`. Of DPoP rejections, what is wrong with the proof.
pub const REASON: &str = "reason";
/// A label: `bearer`, `dpop`, or `none` without a token.
pub const SCHEME: &str = "scheme";
/// A label: the name of an issuer as it is configured, with its placeholder if it has tenants.
/// Empty if no configured issuer is known, and `other` for those beyond
/// [`max_issuers`](super::Metrics::max_issuers).
pub const ISSUER: &str = "issuer";
/// A label: `keys`, `introspection`, `store` or `offload`.
pub const FOR: &str = "for";
/// A label: how something ended.
pub const RESULT: &str = "result";
/// A label: `fresh`, `stale`, `absent` or `idle`.
pub const STATE: &str = "state";
/// A label: `token` or `proof`.
pub const KIND: &str = "kind";
/// A label: what is stored: `tokens` or `proofs`.
pub const STORE: &str = "store";
/// A label: `insert`.
pub const OPERATION: &str = "operation";
