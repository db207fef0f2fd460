//! Which bindings of tokens to their sender are checked, and what a request has proven of them.

use std::fmt;

use super::registered::Registered;
use crate::error::{Error, ErrorKind};

/// What a layer does about one kind of binding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BindingRule {
    /// A token that is bound so is rejected.
    #[default]
    Unsupported,
    /// A token may be bound so. Then the request must prove it.
    Optional,
    /// A token must be bound so.
    Required,
}

/// What a layer does about each kind of binding.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BindingRules {
    /// `jkt` (RFC 9449 §6.1).
    pub(crate) dpop: BindingRule,
    /// `x5t#S256` (RFC 8705 §3.1).
    pub(crate) mtls: BindingRule,
}

/// The bindings of a token that its request has proven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proven {
    pub(crate) key: bool,
    pub(crate) certificate: bool,
}

impl Proven {
    pub(crate) const NOTHING: Self = Self {
        key: false,
        certificate: false,
    };
}

impl Registered {
    /// Rejects a token whose binding the layer can't check, unless `may_be_unproven`, and one that
    /// lacks a binding which the layer requires. Whether the request proves it is not known here.
    pub(super) fn check_binding(
        &self,
        rules: BindingRules,
        may_be_unproven: bool,
    ) -> Result<(), Error> {
        let (key, certificate, has_other) =
            self.cnf.as_ref().map_or((false, false, false), |cnf| {
                (cnf.jwk.is_some(), cnf.certificate.is_some(), cnf.has_other)
            });
        let bindings = [(rules.dpop, key), (rules.mtls, certificate)];
        if bindings.contains(&(BindingRule::Required, false)) {
            return Err(Error::about_claim(ErrorKind::UnboundToken, "cnf"));
        }
        // The issuer says that it is bound to a key, and not to which.
        let is_incomplete = self.purpose.is_dpop() && self.cnf.is_none();
        let is_unknown =
            has_other || is_incomplete || bindings.contains(&(BindingRule::Unsupported, true));
        if is_unknown && !may_be_unproven {
            return Err(Error::about_claim(ErrorKind::UnprovenBinding, "cnf"));
        }
        Ok(())
    }
}

/// What the sender of a request has proven to have: the key or the certificate that its token is
/// bound to. [`Claims::confirmation`](crate::Claims::confirmation) returns it.
///
/// A token may be bound to both. `Debug` shows which, and no thumbprint.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Claims;
///
/// /// Payments need a token that is of no use to others.
/// fn may_pay(claims: &Claims) -> bool {
///     !claims.confirmation().is_none()
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Confirmation<'c> {
    key: Option<&'c str>,
    certificate: Option<&'c str>,
}

impl<'c> Confirmation<'c> {
    pub(super) const fn new(key: Option<&'c str>, certificate: Option<&'c str>) -> Self {
        Self { key, certificate }
    }

    /// Returns the thumbprint of the key of the request's DPoP proof (RFC 9449 §6.1, RFC 7638): 43
    /// characters of base64url. `None` if the token came as a bearer token.
    #[must_use]
    pub const fn key_thumbprint(&self) -> Option<&'c str> {
        self.key
    }

    /// Returns the thumbprint of the client's certificate (RFC 8705 §3.1): 43 characters of
    /// base64url. `None` if the token is not bound to a certificate.
    #[must_use]
    pub const fn certificate_thumbprint(&self) -> Option<&'c str> {
        self.certificate
    }

    /// Returns whether nothing was proven: any client that has the token could have sent it.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.key.is_none() && self.certificate.is_none()
    }
}

/// Shows no thumbprint.
impl fmt::Debug for Confirmation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation")
            .field("key", &self.key.is_some())
            .field("certificate", &self.certificate.is_some())
            .finish()
    }
}
