//! Guides for providers: the lines that work, what their access tokens look like, and the usual
//! mistake. The module has no items: it is here so that their code compiles.
//!
//! | provider | |
//! |---|---|
//! | Keycloak | [`keycloak`] |
//! | Auth0 | [`auth0`] |
//! | Okta | [`okta`] |

#[doc = include_str!("../docs/providers/keycloak.md")]
pub mod keycloak {}

#[doc = include_str!("../docs/providers/auth0.md")]
pub mod auth0 {}

#[doc = include_str!("../docs/providers/okta.md")]
pub mod okta {}
