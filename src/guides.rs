//! Guides for providers: the lines that work, what their access tokens look like, and the usual
//! mistake. The module has no items: it is here so that their code compiles.
//!
//! | provider | |
//! |---|---|
//! | Keycloak | [`keycloak`] |

#[doc = include_str!("../docs/providers/keycloak.md")]
pub mod keycloak {}
