//! Validation of the claims of a verified token (RFC 7519 §4.1, RFC 8725 §3, RFC 9068 §4).

use std::time::{Duration, SystemTime};

use super::claims::{Claims, TokenType};
use super::registered::Registered;
use super::token::Verified;
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::error::{Error, ErrorKind};

/// The rules for all tokens, whatever their issuer.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) leeway: Duration,
    pub(crate) max_token_len: usize,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) types: TypeRule,
    /// Requires the type and the claims of an access token (RFC 9068 §2).
    pub(crate) rfc9068: bool,
    /// The algorithms of all issuers: others are rejected before the issuer is known.
    pub(crate) algorithms: AlgorithmSet,
}

/// The rules for the tokens of one issuer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'i> {
    pub(crate) audiences: &'i [String],
}

/// The accepted `typ` headers.
#[derive(Clone, Debug)]
pub(crate) enum TypeRule {
    /// Absent, `JWT` or `at+jwt`. So `dpop+jwt`, `logout+jwt`, `secevent+jwt` and others are rejected.
    Default,
    /// Only these.
    Only(Vec<Box<str>>),
}

impl Rules {
    /// Rejects what the header alone shows to be invalid.
    pub(crate) fn check_header(
        &self,
        algorithm: Algorithm,
        typ: Option<&str>,
    ) -> Result<TokenType, Error> {
        if !self.algorithms.contains(algorithm) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        let token_type = self.types.check(typ)?;
        if self.rfc9068 && token_type != TokenType::AccessToken {
            return Err(ErrorKind::WrongTokenType.into());
        }
        Ok(token_type)
    }
}

impl TypeRule {
    /// Compares without case, and without `application/`, which may be left out (RFC 7515 §4.1.9).
    pub(super) fn check(&self, typ: Option<&str>) -> Result<TokenType, Error> {
        let token_type = TokenType::of(typ);
        let allowed = match self {
            Self::Default => !matches!(token_type, TokenType::Other(_)),
            Self::Only(types) => typ.is_some_and(|typ| {
                types
                    .iter()
                    .any(|allowed| short(allowed).eq_ignore_ascii_case(short(typ)))
            }),
        };
        if allowed {
            Ok(token_type)
        } else {
            Err(ErrorKind::WrongTokenType.into())
        }
    }
}

impl TokenType {
    fn of(typ: Option<&str>) -> Self {
        match typ.map(short) {
            None => Self::Unspecified,
            Some(jwt) if jwt.eq_ignore_ascii_case("JWT") => Self::Jwt,
            Some(access) if access.eq_ignore_ascii_case("at+jwt") => Self::AccessToken,
            Some(other) => Self::Other(other.into()),
        }
    }
}

fn short(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => {
            typ.get(PREFIX.len()..).unwrap_or_default()
        }
        _ => typ,
    }
}

impl Verified<'_> {
    /// Validates the claims. `custom` deserializes the user's type. `now` is the time since 1970.
    pub(crate) fn validate<C>(
        self,
        rules: &Rules,
        expected: Expected<'_>,
        now: Duration,
        custom: impl FnOnce(&Self) -> Result<C, Error>,
    ) -> Result<Claims<C>, Error> {
        let expires = check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)?;
        self.check_audience(expected.audiences)?;
        self.check_required(rules)?;
        // Every platform can express dates up to the year 9999.
        let expires = SystemTime::UNIX_EPOCH.checked_add(expires);
        let expires = expires.ok_or(Error::claim_of(ErrorKind::InvalidClaim, "exp"))?;
        let custom = custom(&self)?;
        Ok(Claims::new(self, custom, expires))
    }

    fn check_audience(&self, audiences: &[String]) -> Result<(), Error> {
        let named = self
            .registered
            .aud
            .as_ref()
            .ok_or(Error::claim_of(ErrorKind::MissingClaim, "aud"))?;
        let mut named = named
            .as_slice()
            .iter()
            .map(|aud| aud.resolve(self.text.payload));
        if named.any(|aud| audiences.iter().any(|ours| ours == aud)) {
            Ok(())
        } else {
            Err(ErrorKind::WrongAudience.into())
        }
    }

    fn check_required(&self, rules: &Rules) -> Result<(), Error> {
        let claims = &self.registered;
        let rfc9068 = rules.rfc9068;
        let required = [
            ("jti", claims.jti.is_some(), rfc9068),
            ("sub", claims.sub.is_some(), rfc9068),
            ("client_id", claims.has_client_id, rfc9068),
            ("iat", claims.iat.is_some(), rfc9068),
        ];
        match required
            .into_iter()
            .find(|(_, present, needed)| *needed && !present)
        {
            Some((claim, ..)) => Err(Error::claim_of(ErrorKind::MissingClaim, claim)),
            None => Ok(()),
        }
    }
}

/// Returns `exp`. Rejects claims without it, expired ones, and those that expire too far in the
/// future.
pub(super) fn check_not_expired(
    claims: &Registered,
    rules: &Rules,
    now: Duration,
) -> Result<Duration, Error> {
    let expires = claims
        .exp
        .ok_or(Error::claim_of(ErrorKind::MissingClaim, "exp"))?
        .0;
    if now >= expires.saturating_add(rules.leeway) {
        return Err(ErrorKind::Expired.into());
    }
    let too_far = |life: Duration| expires > now.saturating_add(life).saturating_add(rules.leeway);
    if rules.max_lifetime.is_some_and(too_far) {
        return Err(Error::claim_of(ErrorKind::InvalidClaim, "exp"));
    }
    Ok(expires)
}

/// Rejects claims whose `nbf` or `iat` lies in the future.
pub(super) fn check_not_before(
    claims: &Registered,
    rules: &Rules,
    now: Duration,
) -> Result<(), Error> {
    let latest = now.saturating_add(rules.leeway);
    let future = |(claim, date): (&'static str, Option<super::numeric_date::NumericDate>)| {
        date.is_some_and(|date| date.0 > latest).then_some(claim)
    };
    match [("nbf", claims.nbf), ("iat", claims.iat)]
        .into_iter()
        .find_map(future)
    {
        Some(claim) => Err(Error::claim_of(ErrorKind::NotYetValid, claim)),
        None => Ok(()),
    }
}

/// Returns when [`check_not_expired`] and [`check_not_before`] accept the claims: from the first
/// time on, until before the second.
pub(super) fn validity(claims: &Registered, rules: &Rules) -> (Duration, Duration) {
    let expires = claims.exp.map(|exp| exp.0).unwrap_or_default();
    let not_too_far = rules.max_lifetime.map(|life| expires.saturating_sub(life));
    let begins = [
        claims.nbf.map(|nbf| nbf.0),
        claims.iat.map(|iat| iat.0),
        not_too_far,
    ];
    let from = begins.into_iter().flatten().max().unwrap_or_default();
    (
        from.saturating_sub(rules.leeway),
        expires.saturating_add(rules.leeway),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::numeric_date::NumericDate;

    #[test]
    fn the_validity_is_when_the_checks_pass() {
        let seconds = Duration::from_secs;
        let dates = [None, Some(90), Some(100), Some(110)]
            .map(|date| date.map(|date| NumericDate(seconds(date))));
        for (nbf, iat, life) in dates.iter().flat_map(|nbf| {
            dates.iter().flat_map(move |iat| {
                [None, Some(5), Some(1000)].map(|life| (*nbf, *iat, life.map(seconds)))
            })
        }) {
            let claims = Registered {
                exp: Some(NumericDate(seconds(120))),
                nbf,
                iat,
                ..Registered::default()
            };
            let rules = Rules {
                max_lifetime: life,
                ..rules()
            };
            let (from, until) = validity(&claims, &rules);
            for now in (0..200).map(seconds) {
                let passes = check_not_expired(&claims, &rules, now).is_ok()
                    && check_not_before(&claims, &rules, now).is_ok();
                assert_eq!(passes, from <= now && now < until, "{now:?} {life:?}");
            }
        }
    }

    fn rules() -> Rules {
        Rules {
            leeway: Duration::from_secs(7),
            max_token_len: 100,
            max_lifetime: None,
            types: TypeRule::Default,
            rfc9068: false,
            algorithms: AlgorithmSet::asymmetric(),
        }
    }
}
