//! Validation of the claims of a verified token (RFC 7519 §4.1, RFC 8725 §3, RFC 9068 §4).

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::audience_rule::{AudRule, AudienceRule};
use super::claims::Claims;
use super::claims_set::ClaimsSet;
use super::payload;
use super::rules::{Expected, Rules, TypeRule};
use super::times::{check_not_before, check_not_expired};
use super::token::Verified;
use super::token_type::TokenType;
use crate::error::{Error, ErrorKind};

impl Verified<'_> {
    /// Validates the claims and returns them. The claims type is deserialized last. `now` is the
    /// time since 1970.
    pub(crate) fn validate<C: DeserializeOwned + 'static>(
        self,
        rules: &Rules,
        expected: Expected<'_>,
        now: Duration,
    ) -> Result<Claims<C>, Error> {
        let exp = check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)?;
        let claims = self.claims_set();
        claims.check_purpose(rules, expected)?;
        claims.check_audience(expected)?;
        claims.check_access_token(rules)?;
        let expires_at = exp
            .to_system_time()
            .ok_or(Error::about_claim(ErrorKind::InvalidClaim, "exp"))?;
        let custom = payload::custom(self.payload.payload)?;
        let lacking_scope = claims.lacking_scope(expected.audience).map(Arc::clone);
        let may_be_unproven = expected.exceptions.accept_bound;
        Ok(Claims::new(
            self,
            custom,
            expires_at,
            rules,
            may_be_unproven,
            lacking_scope,
            expected.issuer,
        ))
    }
}

impl ClaimsSet<'_> {
    /// Rejects an ID token, a refresh token or a security event, by the claims.
    pub(super) fn check_purpose(self, rules: &Rules, expected: Expected<'_>) -> Result<(), Error> {
        // The policy of the endpoint checks all claims that tell logout tokens from others.
        if matches!(rules.types, TypeRule::Logout { .. }) {
            return Ok(());
        }
        self.check_no_event(rules)?;
        if self.registered.purpose.is_unknown() {
            return Ok(());
        }
        // A type that is neither the usual one nor that of an access token is a configured one.
        let has_own_type = matches!(self.token_type, TokenType::Other(_));
        let is_refresh = self.registered.purpose.is_refresh_token();
        let is_id = self.is_id_token(expected.audience) && !expected.exceptions.allow_id_tokens;
        if (is_refresh || is_id) && !has_own_type {
            return Err(ErrorKind::WrongTokenType.into());
        }
        Ok(())
    }

    fn is_id_token(self, audience: &AudienceRule) -> bool {
        let purpose = self.registered.purpose;
        let is_access_token = *self.token_type == TokenType::AccessToken;
        // Some issuers write these into access tokens, too, so that only `aud` tells which they
        // are.
        let is_of_sign_in = purpose.is_of_sign_in() && matches!(audience.aud, AudRule::Any);
        purpose.is_id_token() || !is_access_token && (purpose.is_entra_id_token() || is_of_sign_in)
    }

    /// Rejects a security event token (RFC 8417 §2.2), such as a logout token, unless its `typ` is
    /// a configured one. Needed because such a token may have no `typ`.
    fn check_no_event(self, rules: &Rules) -> Result<(), Error> {
        let is_event = self.registered.has_events || self.registered.purpose.is_logout_token();
        if is_event && !self.has_listed_type(rules) {
            return Err(ErrorKind::WrongTokenType.into());
        }
        Ok(())
    }

    /// Returns whether the token has a `typ` that the configuration names. Its header was checked.
    fn has_listed_type(self, rules: &Rules) -> bool {
        matches!(rules.types, TypeRule::Only(_))
            && !matches!(
                self.token_type,
                TokenType::Unspecified | TokenType::Introspected
            )
    }

    /// Requires the claims of an access token that are optional otherwise (RFC 9068 §2.2), if the
    /// configuration does.
    pub(super) fn check_access_token(self, rules: &Rules) -> Result<(), Error> {
        if !rules.rfc9068 {
            return Ok(());
        }
        let claims = self.registered;
        let required = [
            ("jti", claims.jti.is_some()),
            ("sub", claims.sub.is_some()),
            ("client_id", claims.client_id.is_some()),
            ("iat", claims.iat.is_some()),
        ];
        match required.into_iter().find(|(_, is_present)| !is_present) {
            Some((claim, _)) => Err(Error::about_claim(ErrorKind::MissingClaim, claim)),
            None => Ok(()),
        }
    }
}
