//! Validation of the claims of a verified token (RFC 7519 §4.1, RFC 8725 §3, RFC 9068 §4).

use std::time::Duration;

use super::claims::Claims;
use super::rules::{Expected, Rules};
use super::times::{check_not_before, check_not_expired};
use super::token::Verified;
use crate::error::{Error, ErrorKind};

impl Verified<'_> {
    /// Validates the claims and returns them. `custom` deserializes the claims type, and is called
    /// last. `now` is the time since 1970.
    pub(crate) fn validate<C>(
        self,
        rules: &Rules,
        expected: Expected<'_>,
        now: Duration,
        custom: impl FnOnce(&Self) -> Result<C, Error>,
    ) -> Result<Claims<C>, Error> {
        let exp = check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)?;
        self.check_audience(expected.audiences)?;
        if rules.rfc9068 {
            self.check_access_token()?;
        }
        let expires_at = exp
            .to_system_time()
            .ok_or(Error::claim_of(ErrorKind::InvalidClaim, "exp"))?;
        let custom = custom(&self)?;
        Ok(Claims::new(self, custom, expires_at))
    }

    /// Requires that `aud` has one of the audiences.
    fn check_audience(&self, audiences: &[String]) -> Result<(), Error> {
        let aud = self.registered.aud.as_ref();
        let aud = aud.ok_or(Error::claim_of(ErrorKind::MissingClaim, "aud"))?;
        let is_configured = |aud: &str| audiences.iter().any(|audience| audience == aud);
        let mut values = aud.as_slice().iter();
        if values.any(|value| is_configured(value.resolve(self.payload.payload))) {
            Ok(())
        } else {
            Err(ErrorKind::WrongAudience.into())
        }
    }

    /// Requires the claims of an access token that are optional otherwise (RFC 9068 §2.2).
    fn check_access_token(&self) -> Result<(), Error> {
        let claims = &self.registered;
        let required = [
            ("jti", claims.jti.is_some()),
            ("sub", claims.sub.is_some()),
            ("client_id", claims.has_client_id),
            ("iat", claims.iat.is_some()),
        ];
        match required.into_iter().find(|(_, is_present)| !is_present) {
            Some((claim, _)) => Err(Error::claim_of(ErrorKind::MissingClaim, claim)),
            None => Ok(()),
        }
    }
}
