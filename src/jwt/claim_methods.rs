//! The registered claims of a verified token.

use std::time::SystemTime;

use super::claims::Claims;
use super::registered::OneOrMany;

/// Registered claims.
impl<C> Claims<C> {
    /// Returns `iss`, the issuer: one of the configured ones (RFC 7519 §4.1.1). For a token without
    /// `iss`, the issuer that [may omit it](crate::Issuer::allow_missing_issuer).
    #[must_use]
    pub fn issuer(&self) -> &str {
        let iss = self.registered().iss.as_ref();
        debug_assert!(iss.is_some(), "a token without issuer is not verified");
        iss.map_or("", |iss| self.resolve(iss))
    }

    /// Returns `sub`, the subject (RFC 7519 §4.1.2). It is unique only together with the
    /// [issuer](Claims::issuer). Of a number, which
    /// [`allow_numeric_subject`](crate::Issuer::allow_numeric_subject) accepts, its digits.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text(self.registered().sub.as_ref())
    }

    /// Returns `aud`, the audiences (RFC 7519 §4.1.3). One of them is a configured one, unless the
    /// issuer has another rule: see [`Audience`](crate::Audience).
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        let aud = self.registered().aud.as_ref();
        aud.into_iter()
            .flat_map(OneOrMany::as_slice)
            .map(|aud| self.resolve(aud))
    }

    /// Returns `nbf`, the time from which on the token is valid (RFC 7519 §4.1.5).
    #[must_use]
    pub fn not_before(&self) -> Option<SystemTime> {
        self.registered().nbf?.to_system_time()
    }

    /// Returns `iat`, the time at which the token was issued (RFC 7519 §4.1.6).
    #[must_use]
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.registered().iat?.to_system_time()
    }

    /// Returns `jti`, the id of the token (RFC 7519 §4.1.7).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text(self.registered().jti.as_ref())
    }

    /// Returns `client_id`, the client that the token was issued to (RFC 8693 §4.3, RFC 9068 §2.2),
    /// if it is a string.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text(self.registered().client_id.as_ref())
    }

    /// Returns `azp`, the authorized party (OpenID Connect Core §2), if it is a string. Many
    /// issuers use it in place of [`client_id`](Self::client_id).
    #[must_use]
    pub fn authorized_party(&self) -> Option<&str> {
        self.text(self.registered().azp.as_ref())
    }

    /// Returns `sid`, the id of the user's session at the issuer (OpenID Connect Front-Channel
    /// Logout §3), if it is a string.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.text(self.registered().sid.as_ref())
    }

    /// Returns `acr`, the class of the authentication (OpenID Connect Core §2, RFC 9470 §6), if it
    /// is a string.
    #[must_use]
    pub fn authentication_context_class(&self) -> Option<&str> {
        self.text(self.registered().acr.as_ref())
    }

    /// Returns `auth_time`, the time at which the user authenticated (OpenID Connect Core §2, RFC
    /// 9470 §6).
    #[must_use]
    pub fn authenticated_at(&self) -> Option<SystemTime> {
        self.registered().auth_time?.to_system_time()
    }

    /// Returns `nonce` (OpenID Connect Core §2), if it is a string. ID tokens have one.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.text(self.registered().nonce.as_ref())
    }

    /// Returns `jkt` of `cnf`, the thumbprint of the key that the token is bound to (RFC 9449
    /// §6.1): 43 characters of base64url.
    #[must_use]
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.text(self.registered().cnf.as_ref()?.jwk.as_ref())
    }

    /// Returns `x5t#S256` of `cnf`, the thumbprint of the certificate that the token is bound to
    /// (RFC 8705 §3.1): 43 characters of base64url.
    #[must_use]
    pub fn certificate_thumbprint(&self) -> Option<&str> {
        self.text(self.registered().cnf.as_ref()?.certificate.as_ref())
    }
}
