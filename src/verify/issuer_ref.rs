//! The issuer of a token that is being verified.

use std::ops::Deref;
use std::sync::Arc;

use super::ConfiguredIssuer;

/// A configured issuer, or one of a tenant. The first is not counted as a reference, since all
/// cores share the count.
pub(crate) enum IssuerRef<'s> {
    Configured(&'s Arc<ConfiguredIssuer>),
    Tenant(Arc<ConfiguredIssuer>),
}

impl Clone for IssuerRef<'_> {
    fn clone(&self) -> Self {
        match self {
            Self::Configured(issuer) => Self::Configured(issuer),
            Self::Tenant(issuer) => Self::Tenant(Arc::clone(issuer)),
        }
    }
}

impl Deref for IssuerRef<'_> {
    type Target = Arc<ConfiguredIssuer>;

    fn deref(&self) -> &Arc<ConfiguredIssuer> {
        match self {
            Self::Configured(issuer) => issuer,
            Self::Tenant(issuer) => issuer,
        }
    }
}
