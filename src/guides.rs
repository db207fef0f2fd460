//! Guides for providers: the lines that work, what their access tokens look like, and the usual
//! mistake. The module has no items: it is here so that their code compiles.
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
