//! Tokens that their issuer is asked about (RFC 7662).
//!
//! Whether a token is introspected depends on its form and the configuration only, and is decided
//! before anything else: a token is introspected or verified with keys, never both, and no failure
//! leads from one to the other.
//!
//! An answer is cached by a keyed hash of the whole token. All checks but the question itself run
//! at every use: times, audience, binding, policy. Each question runs in a task of its own, and
//! requests with the same token share it.

mod answer_cache;
mod build;
mod circuit;
mod client_assertion;
mod credentials;
mod endpoint;
mod engine;
mod exchange;
mod failure;
mod introspector;
mod issuer;
mod needs_answer;
mod outcomes;
mod request;
mod settings;
mod signed_response;
mod single_flight;
mod token_form;

pub(super) use self::build::Parts;
pub use self::client_assertion::ClientAssertion;
pub use self::credentials::IntrospectionCredentials;
pub(super) use self::introspector::Introspector;
pub(super) use self::issuer::IntrospectionOrigin;
pub(super) use self::needs_answer::NeedsAnswer;
pub use self::settings::IntrospectionSettings;
pub(super) use self::token_form::is_jwt_form;
