//! The guides of `docs/providers`: the lines that each shows, run against a mock of its provider.
//!
//! A guide `docs/providers/NAME.md` has a test file `NAME.rs`, with the same functions, word for
//! word. There, `JwtAuthLayer` is the one of [`site`], whose HTTP client is the mock and whose clock
//! is that of the test. The guide's token is read from the guide: only its times are moved.

mod auth0;
mod documents;
mod guide;
mod keycloak;
mod log;
mod okta;
mod site;
#[path = "../../support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with other tests")]
mod support;
mod token;
