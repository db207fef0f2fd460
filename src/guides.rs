//! Guides for providers: the configuration, what their access tokens look like, and the usual
//! mistake; and how to see why a token was rejected. The modules are empty: they exist for
//! documentation, and so that the guides' code compiles.
//!
//! | provider | |
//! |---|---|
//! | Keycloak | [`keycloak`] |
//! | Auth0 | [`auth0`] |
//! | Okta | [`okta`] |
//! | Microsoft Entra ID | [`entra`] |
//! | Amazon Cognito | [`cognito`] |
//! | Google | [`google`] |
//! | Firebase | [`firebase`] |
//! | Supabase | [`supabase`] |
//! | Clerk | [`clerk`] |
//! | Zitadel | [`zitadel`] |
//! | Ory Hydra | [`ory_hydra`] |
//! | Kubernetes service accounts | [`kubernetes`] |
//! | GitHub Actions | [`github_actions`] |
//! | Cloudflare Access | [`cloudflare_access`] |
//! | AWS load balancer | [`aws_load_balancer`] |
//! | Apple | [`apple`] |
//!
//! [`diagnosis`] says how to see the log that the guides quote: why a token was rejected.
//!
//! What the client sees and what the log says, by their exact texts: [`troubleshooting`]. Every
//! setting in a file, with its default: [`configuration`]. Which cryptography is built in, FIPS,
//! and builds without aws-lc: [`cryptography`].
//!
//! Tokens that are bound to their client, by DPoP or mTLS, with the settings of proxies:
//! [`sender_constrained`].
//!
//! Scripts of web pages as callers, and tokens beside API keys or sessions: [`browsers`].
//!
//! Logout, with one instance or several: [`revocation`]. What instances share in Redis or
//! Valkey: [`redis`].
//!
//! Opaque tokens, whose issuer is asked about them: [`introspection`].
//!
//! Roles, groups and scopes as rules, step-up authentication, and tools of MCP servers: [`rules`].
//!
//! Servers of the Model Context Protocol, with a scope for each tool: [`mcp`].
//!
//! What clients learn about the service before they have a token, as MCP requires:
//! [`resource_metadata`].
//!
//! Metrics, log events and health: [`observability`].
//!
//! hyper, AWS Lambda, and frameworks without tower, such as actix-web: [`frameworks`].
//!
//! Shared secrets and key files: how to generate, store, rotate and separate them: [`secrets`].
//!
//! Post-quantum signatures: ML-DSA, and the limits of headers that its tokens and proofs meet:
//! [`post_quantum`].
//!
//! Probes of load balancers, readiness, and how to start while an issuer is down: [`health`].
//!
//! For those who move from another crate: the same program before and after, where each setting
//! went, and what behaves differently.
//!
//! | from | |
//! |---|---|
//! | `jwt-authorizer` | [`migration_jwt_authorizer`] |
//! | `axum-jwt-auth` | [`migration_axum_jwt_auth`] |
//! | `tower-oauth2-resource-server` | [`migration_tower_oauth2_resource_server`] |
//! | `jsonwebtoken`, by hand | [`migration_jsonwebtoken`] |

#[doc = include_str!("../docs/diagnosis.md")]
pub mod diagnosis {}

/// [diagnosis]: diagnosis
/// [introspection]: introspection
/// [redis]: redis
/// [secrets]: secrets
#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

/// [secrets]: secrets
#[doc = include_str!("../docs/configuration.md")]
pub mod configuration {}

#[doc = include_str!("../docs/cryptography.md")]
pub mod cryptography {}

/// [Diagnosis]: diagnosis
/// [Health]: health
/// [directory]: https://github.com/tower-jwt-auth/tower-jwt-auth/tree/main/docs/observability
#[doc = include_str!("../docs/observability.md")]
pub mod observability {}

// Of two definitions of a link, the first one counts: these are for rustdoc, those of the file for
// readers of the file.
/// [browsers]: browsers
/// [diagnosis]: diagnosis
/// [post_quantum]: post_quantum#headers-grow
/// [tonic]: crate::tonic
#[doc = include_str!("../docs/sender-constrained.md")]
pub mod sender_constrained {}

/// [bound]: sender_constrained
/// [diagnosis]: diagnosis
/// [rules]: rules
#[doc = include_str!("../docs/browsers.md")]
pub mod browsers {}

/// [redis]: redis#revocations
#[doc = include_str!("../docs/revocation.md")]
pub mod revocation {}

/// [revocation]: revocation
#[doc = include_str!("../docs/redis.md")]
pub mod redis {}

#[doc = include_str!("../docs/introspection.md")]
pub mod introspection {}

/// [mcp]: mcp
#[doc = include_str!("../docs/rules.md")]
pub mod rules {}

/// [resource_metadata]: resource_metadata
#[doc = include_str!("../docs/mcp.md")]
pub mod mcp {}

/// [browsers]: browsers#cors
/// [rules]: rules#scopes-in-challenges
#[doc = include_str!("../docs/resource-metadata.md")]
pub mod resource_metadata {}

#[doc = include_str!("../docs/health.md")]
pub mod health {}

#[doc = include_str!("../docs/secrets.md")]
pub mod secrets {}

#[doc = include_str!("../docs/post-quantum.md")]
pub mod post_quantum {}

#[doc = include_str!("../docs/providers/keycloak.md")]
pub mod keycloak {}

#[doc = include_str!("../docs/providers/auth0.md")]
pub mod auth0 {}

#[doc = include_str!("../docs/providers/okta.md")]
pub mod okta {}

#[doc = include_str!("../docs/providers/entra.md")]
pub mod entra {}

#[doc = include_str!("../docs/providers/cognito.md")]
pub mod cognito {}

#[doc = include_str!("../docs/providers/google.md")]
pub mod google {}

#[doc = include_str!("../docs/providers/firebase.md")]
pub mod firebase {}

#[doc = include_str!("../docs/providers/supabase.md")]
pub mod supabase {}

#[doc = include_str!("../docs/providers/clerk.md")]
pub mod clerk {}

#[doc = include_str!("../docs/providers/zitadel.md")]
pub mod zitadel {}

#[doc = include_str!("../docs/providers/ory_hydra.md")]
pub mod ory_hydra {}

#[doc = include_str!("../docs/providers/kubernetes.md")]
pub mod kubernetes {}

#[doc = include_str!("../docs/providers/github_actions.md")]
pub mod github_actions {}

#[doc = include_str!("../docs/providers/cloudflare_access.md")]
pub mod cloudflare_access {}

#[doc = include_str!("../docs/providers/aws_load_balancer.md")]
pub mod aws_load_balancer {}

#[doc = include_str!("../docs/providers/apple.md")]
pub mod apple {}

#[doc = include_str!("../docs/frameworks.md")]
pub mod frameworks {}

#[doc = include_str!("../docs/migration/jwt_authorizer.md")]
pub mod migration_jwt_authorizer {}

#[doc = include_str!("../docs/migration/axum_jwt_auth.md")]
pub mod migration_axum_jwt_auth {}

#[doc = include_str!("../docs/migration/tower_oauth2_resource_server.md")]
pub mod migration_tower_oauth2_resource_server {}

#[doc = include_str!("../docs/migration/jsonwebtoken.md")]
pub mod migration_jsonwebtoken {}
