//! The guides of `docs/providers`: the lines that each shows, run against a mock of its provider.
//!
//! A guide `docs/providers/NAME.md` has a test file `NAME.rs`, with the same functions, word for
//! word. There, `JwtAuthLayer` is the one of [`site`], whose HTTP client is the mock and whose clock
//! is that of the test. The guide's token is read from the guide: only its times are moved.
//!
//! `browsers` is for the code of `docs/browsers.md`.

mod apple;
mod auth0;
mod aws_load_balancer;
mod browsers;
mod clerk;
mod cloudflare_access;
mod cognito;
mod documents;
mod entra;
mod firebase;
mod github_actions;
mod google;
mod guide;
mod keycloak;
mod kubernetes;
mod log;
mod migration;
mod okta;
mod ory_hydra;
mod site;
mod supabase;
#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
mod token;
mod zitadel;
