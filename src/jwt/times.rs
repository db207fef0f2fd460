//! The times of a token (RFC 7519 §4.1.4 to §4.1.6).
//!
//! Sums and differences saturate: leeway, maximum lifetime and clock may have any value, and a date
//! that is out of range is as far away as possible.

use std::time::Duration;

use super::numeric_date::NumericDate;
use super::registered::Registered;
use super::rules::Rules;
use crate::error::{Error, ErrorKind};

/// Requires that `exp` is present, unless there is a maximum age, has not passed, and is within the
/// maximum lifetime. Returns `exp`.
pub(super) fn check_not_expired(
    claims: &Registered,
    rules: &Rules,
    now: Duration,
) -> Result<NumericDate, Error> {
    let exp = expiry(claims, rules)?;
    if now >= exp.0.saturating_add(rules.leeway) {
        return Err(ErrorKind::Expired.into());
    }
    if let Some(max) = rules.max_lifetime {
        check_lifetime(claims, exp, max)?;
    }
    if let Some(revocations) = &rules.revocations {
        check_revocable(claims, exp, revocations.max_lifetime, now)?;
    }
    Ok(exp)
}

/// Returns when the token expires: `exp`, or earlier if it is too old then.
fn expiry(claims: &Registered, rules: &Rules) -> Result<NumericDate, Error> {
    let missing = |claim| Error::about_claim(ErrorKind::MissingClaim, claim);
    let Some(max_age) = rules.max_age else {
        return claims.exp.ok_or_else(|| missing("exp"));
    };
    let iat = claims.iat.ok_or_else(|| missing("iat"))?;
    let too_old = NumericDate(iat.0.saturating_add(max_age));
    Ok(claims.exp.map_or(too_old, |exp| exp.min(too_old)))
}

/// Requires that there are at most `max` between `iat` and `exp`.
fn check_lifetime(claims: &Registered, exp: NumericDate, max: Duration) -> Result<(), Error> {
    let iat = claims
        .iat
        .ok_or(Error::about_claim(ErrorKind::MissingClaim, "iat"))?;
    if exp.0.saturating_sub(iat.0) > max {
        return Err(Error::about_claim(ErrorKind::InvalidClaim, "exp"));
    }
    Ok(())
}

/// Requires that there are at most `max` between `iat` and `exp`, or from now on if there is no
/// `iat`: a revocation does not stay longer.
fn check_revocable(
    claims: &Registered,
    exp: NumericDate,
    max: Duration,
    now: Duration,
) -> Result<(), Error> {
    let issued_at = claims.iat.map_or(now, |iat| iat.0);
    if exp.0.saturating_sub(issued_at) > max {
        return Err(Error::about_claim(ErrorKind::InvalidClaim, "exp"));
    }
    Ok(())
}

/// Requires that `nbf` and `iat`, if present, are not in the future.
pub(super) fn check_not_before(
    claims: &Registered,
    rules: &Rules,
    now: Duration,
) -> Result<(), Error> {
    let latest = now.saturating_add(rules.leeway);
    for (claim, date) in [("nbf", claims.nbf), ("iat", claims.iat)] {
        if date.is_some_and(|date| date.0 > latest) {
            return Err(Error::about_claim(ErrorKind::NotYetValid, claim));
        }
    }
    Ok(())
}

/// Returns the range of times, since 1970 and without its end, in which [`check_not_expired`] and
/// [`check_not_before`] accept the claims, whose lifetime was checked.
pub(super) fn validity(claims: &Registered, rules: &Rules) -> (Duration, Duration) {
    // Without `exp` there is no such time.
    let exp = claims.exp.map_or(Duration::ZERO, |exp| exp.0);
    let starts = [claims.nbf.map(|nbf| nbf.0), claims.iat.map(|iat| iat.0)];
    let start = starts.into_iter().flatten().max().unwrap_or(Duration::ZERO);
    (
        start.saturating_sub(rules.leeway),
        exp.saturating_add(rules.leeway),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::{BindingRules, TypeRule};

    #[test]
    fn the_validity_is_when_the_checks_pass() {
        let seconds = Duration::from_secs;
        let dates = [None, Some(90), Some(100), Some(110)]
            .map(|date| date.map(|date| NumericDate(seconds(date))));
        for (nbf, iat) in dates
            .iter()
            .flat_map(|nbf| dates.iter().map(move |iat| (*nbf, *iat)))
        {
            let claims = Registered {
                exp: Some(NumericDate(seconds(120))),
                nbf,
                iat,
                ..Registered::default()
            };
            let rules = rules();
            let (from, until) = validity(&claims, &rules);
            for now in (0..200).map(seconds) {
                let passes = check_not_expired(&claims, &rules, now).is_ok()
                    && check_not_before(&claims, &rules, now).is_ok();
                assert_eq!(passes, from <= now && now < until, "{now:?}");
            }
        }
    }

    fn rules() -> Rules {
        Rules {
            leeway: Duration::from_secs(7),
            max_token_len: 100,
            padded: false,
            max_members: 100,
            max_lifetime: None,
            max_age: None,
            revocations: None,
            implied_scopes: None,
            types: TypeRule::Default,
            allow_missing_type: None,
            rfc9068: false,
            bindings: BindingRules::default(),
            clock: std::sync::Arc::new(crate::clock::SystemClock),
        }
    }
}
