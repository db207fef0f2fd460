//! What a handler requires of the user's authentication, in its signature.

use std::time::Duration;

use super::authentication::check_age;
use super::needs::Needs;
use crate::error::Error;
use crate::jwt::Claims;
use crate::policy::scopes::{are_scopes, is_scope};

/// Names the authentication that a handler requires (RFC 9470), for [`Claims::require_step_up`]
/// and, with feature `axum`, the extractor `SteppedUp`.
///
/// Does not compile where it is used if it names neither [`ACR_VALUES`](Self::ACR_VALUES) nor
/// [`MAX_AGE`](Self::MAX_AGE), or if a value is invalid. To combine it with roles, or to compare
/// levels, see [`Rule`](crate::Rule).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_jwt_auth::StepUp;
///
/// /// A passkey, used within the last five minutes.
/// struct Refund;
///
/// impl StepUp for Refund {
///     const ACR_VALUES: &'static [&'static str] = &["phrh", "phr"];
///     const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
///     const SCOPES: &'static [&'static str] = &["orders:write"];
/// }
/// ```
pub trait StepUp {
    /// The values of `acr`, one of which is required, in order of preference. Default: any. See
    /// [`Rule::acr`](crate::Rule::acr).
    const ACR_VALUES: &'static [&'static str] = &[];

    /// The maximum time since the user's authentication, in whole seconds. Default: any. See
    /// [`Rule::max_age`](crate::Rule::max_age).
    const MAX_AGE: Option<Duration> = None;

    /// The scopes, all of which are required. Default: none. If both the authentication and a scope
    /// are missing, one response names both.
    const SCOPES: &'static [&'static str] = &[];
}

impl<C> Claims<C> {
    /// Rejects claims that do not have the authentication and the scopes that `N` names.
    ///
    /// # Errors
    ///
    /// [`InsufficientUserAuthentication`](crate::ErrorKind::InsufficientUserAuthentication) if the
    /// user must authenticate in another way or again, else
    /// [`InsufficientScope`](crate::ErrorKind::InsufficientScope).
    pub fn require_step_up<N: StepUp>(&self) -> Result<(), Error> {
        const { assert_valid::<N>() }
        let lacks_acr = !N::ACR_VALUES.is_empty() && {
            let acr = self.authentication_context_class();
            !acr.is_some_and(|acr| N::ACR_VALUES.contains(&acr))
        };
        let lacks_age = N::MAX_AGE.is_some_and(|max_age| !check_age(self, max_age).is_met());
        let lacks_scope = !N::SCOPES.iter().all(|scope| self.has_scope(scope));
        if !(lacks_acr || lacks_age || lacks_scope) {
            return Ok(());
        }
        let needs = Needs::of_step_up::<N>(lacks_scope, lacks_acr || lacks_age);
        Err(needs.into_error(self))
    }
}

const fn assert_valid<N: StepUp>() {
    assert!(
        !N::ACR_VALUES.is_empty() || N::MAX_AGE.is_some(),
        "`StepUp` must name `ACR_VALUES` or `MAX_AGE`"
    );
    let mut values = N::ACR_VALUES;
    while let [value, rest @ ..] = values {
        assert!(
            is_scope(value),
            "each of `StepUp::ACR_VALUES` must be visible ASCII characters other than \" and \\"
        );
        values = rest;
    }
    if let Some(max_age) = N::MAX_AGE {
        assert!(
            max_age.subsec_nanos() == 0,
            "`StepUp::MAX_AGE` must be whole seconds (RFC 9470 section 3)"
        );
    }
    assert!(
        N::SCOPES.is_empty() || are_scopes(N::SCOPES),
        "each of `StepUp::SCOPES` must be a scope (RFC 6749 section 3.3)"
    );
}
