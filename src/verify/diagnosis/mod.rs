//! Why a token is rejected, for developers.
//!
//! Reads the token a second time, more leniently than verification, and only to describe it. The
//! outcome of each check comes from what verification uses, or from its error.

mod audience;
mod audience_hints;
mod authenticator;
mod claims;
mod differences;
mod examination;
mod facts;
mod form_hints;
mod hints;
mod introspected;
mod keys;
mod log;
mod missing_keys;
mod quoted;
mod report;
mod times;
mod token_text;

use std::fmt;

pub(super) use self::log::{log, log_audience_scope, log_binding, log_policy, log_scope};
use crate::error::Error;

/// The outcome of each check of a token, as
/// [`Authenticator::diagnose`](crate::Authenticator::diagnose) returns it.
///
/// For tools and tests. Of the token it contains only: `iss`, `aud`, `alg`, `typ`, `kid`, the times,
/// the claims `typ`, `token_use` and `token_type`, its length, its number of parts and the length of
/// its signature; and, if one of
/// them is compared in place of `aud`, `azp`, `appid`, `cid`, `client`, `client_id` or `signer`. Of
/// other claims it contains the JSON type. An `iss` with `@`, and a value with an e-mail address, are
/// replaced by "an e-mail address". Strings are quoted and escaped; at most 128 bytes of each, and
/// four of a list, are shown. Show it to developers, not to callers. Displays as one line for each
/// check.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    pub(super) checks: Vec<DiagnosisCheck>,
    pub(super) error: Option<Error>,
}

/// One check of a [`Diagnosis`].
///
/// Displays as its name and what was found; for a failed check also what was expected, and the usual
/// cause.
#[derive(Clone, Debug)]
pub struct DiagnosisCheck {
    pub(super) name: &'static str,
    pub(super) status: DiagnosisStatus,
    pub(super) found: Option<String>,
    pub(super) expected: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) error: Option<Error>,
}

/// The outcome of one check of a [`Diagnosis`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagnosisStatus {
    /// The token passes the check.
    Passed,
    /// The token does not pass the check.
    Failed,
    /// The check depends on another one that failed, or is not a part of the configuration.
    NotRun,
}

impl Diagnosis {
    /// Returns the checks, in this order: `form`, `header`, `algorithm`, `type`, `payload`,
    /// `issuer`, `subject`, `key`, `signature`, `expiry`, `valid from`, `purpose`, `audience`,
    /// `tenant` ([`tenant_claim`](crate::Tenants::tenant_claim)), `access token` (RFC 9068),
    /// `binding` (`cnf`), and `claims`: your claims type, and whatever else rejects the token. Then
    /// `revocation`, `scopes`, `authorization` and `single use`: each is there once per configured
    /// check, and not at all otherwise.
    #[must_use]
    pub fn checks(&self) -> &[DiagnosisCheck] {
        &self.checks
    }

    /// Returns why the token is rejected: the error of the first check that fails when a request
    /// has the token, which need not be the first one here. `None` if no check failed: a request
    /// may still be rejected because it does not prove the binding of the token, as a replay, or by a
    /// check that reads the request.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }
}

impl DiagnosisCheck {
    /// Returns the name, such as `audience`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the outcome.
    #[must_use]
    pub const fn status(&self) -> DiagnosisStatus {
        self.status
    }

    /// Returns what the token has, if it may be shown: quoted, escaped and cut. `None` for checks
    /// without one, such as `subject`.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        self.found.as_deref()
    }

    /// Returns what the configuration requires. `None` unless the check failed.
    #[must_use]
    pub fn expected(&self) -> Option<&str> {
        self.expected.as_deref()
    }

    /// Returns the usual cause of the failure, or what to do about it. `None` if the check did not
    /// fail, or no cause is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the error with which a request would be rejected if this were the only check that
    /// fails. `None` unless it failed.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let status = match check.status {
                DiagnosisStatus::Passed => "passed",
                DiagnosisStatus::Failed => "FAILED",
                DiagnosisStatus::NotRun => "not run",
            };
            writeln!(f, "{status:7} {check}")?;
        }
        Ok(())
    }
}

impl fmt::Display for DiagnosisCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(found) = &self.found {
            write!(f, ": found {found}")?;
        }
        if self.status != DiagnosisStatus::Failed {
            return Ok(());
        }
        match (&self.found, &self.expected, &self.error) {
            (Some(_), Some(expected), _) => write!(f, ", expected {expected}")?,
            (None, Some(expected), _) => write!(f, ": expected {expected}")?,
            (None, None, Some(error)) => write!(f, ": {error}")?,
            (_, None, _) => {}
        }
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}
