//! What `iss` and the claims of a tenant's token must be.

use std::borrow::Cow;
use std::sync::Arc;

use super::Tenants;
use crate::encoding::json::{self, JsonStr};
use crate::error::{Error, ErrorKind};
use crate::jwk::IssuerPattern;

/// The pattern of an issuer and the rule for its tenants.
pub(crate) struct TenantRules {
    pub(in crate::verify) pattern: IssuerPattern,
    pub(super) tenants: Tenants,
}

impl TenantRules {
    /// Returns the tenant of an issuer that fits the pattern, if it is allowed.
    pub(super) fn tenant_of<'n>(&self, issuer: &'n str) -> Option<&'n str> {
        let tenant = self.pattern.tenant_of(issuer)?;
        self.tenants.allow(tenant).then_some(tenant)
    }

    /// Returns whether `iss` is an allowed tenant's.
    pub(crate) fn allow(&self, issuer: &str) -> bool {
        self.tenant_of(issuer).is_some()
    }

    /// Requires that the claim for the tenant, if one is configured, has the tenant of `iss`.
    pub(crate) fn check_claim(&self, issuer: &str, claims: &str) -> Result<(), Error> {
        let Some(name) = &self.tenants.claim else {
            return Ok(());
        };
        let tenant = self.pattern.tenant_of(issuer);
        let value = text_member(claims, name);
        match value {
            Ok(value) if tenant == Some(&*value) => Ok(()),
            Ok(_) => Err(ErrorKind::InvalidClaim),
            Err(kind) => Err(kind),
        }
        .map_err(|kind| Error::about_named_claim(kind, Arc::clone(name)))
    }

    /// Returns the name of that claim.
    pub(crate) fn claim(&self) -> Option<&str> {
        self.tenants.claim.as_deref()
    }
}

/// Returns a claim that must be a string. The claims were checked: no name occurs twice.
fn text_member<'j>(claims: &'j str, name: &str) -> Result<Cow<'j, str>, ErrorKind> {
    if let Some(text) = json::find_text(claims, name).and_then(|range| claims.get(range)) {
        return Ok(Cow::Borrowed(text));
    }
    // The value has another type, or name or value contains an escape.
    let value = json::member(claims, name).ok_or(ErrorKind::MissingClaim)?;
    let text = serde_json::from_str::<JsonStr<'j>>(value);
    text.map(|text| text.0).map_err(|_| ErrorKind::InvalidClaim)
}
