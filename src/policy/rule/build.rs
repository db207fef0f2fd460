//! Making and combining rules.

use std::time::Duration;

use serde_json::Value;

use super::authentication::Acr;
use super::condition::{Condition, Expected, MAX_ALL};
use super::{ClaimPath, Node, Rule};
use crate::config_error::ConfigError;
use crate::policy::RequiredScopes;

/// Scopes.
impl Rule {
    /// Requires nothing but a verified token.
    pub const fn authenticated() -> Self {
        Self(Node::Authenticated)
    }

    /// Requires all of these scopes. See [`Claims::scopes`](crate::Claims::scopes) for where a
    /// token names them.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if no scope is named, or one is
    /// not a scope (RFC 6749 §3.3).
    pub fn all_scopes(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Ok(Self(Node::AllScopes(required("all_scopes", scopes)?)))
    }

    /// Requires at least one of these scopes. The challenge names all of them.
    ///
    /// # Errors
    ///
    /// As [`all_scopes`](Self::all_scopes).
    pub fn any_scope(
        scopes: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Ok(Self(Node::AnyScope(required("any_scope", scopes)?)))
    }
}

/// Other claims. Strings are compared byte by byte.
impl Rule {
    /// Requires that a claim has at least one of these values: it is an array of strings with one
    /// of them, or a string that is one of them. A string is not split at spaces.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the path is not a JSON
    /// pointer, if no value is named, or if one is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ClaimPath, Rule};
    ///
    /// let editors = Rule::any_of(ClaimPath::keycloak_client_roles("shop"), ["editor", "admin"])?;
    /// # drop(editors);
    /// assert!(Rule::any_of("roles", ["editor"]).is_err(), "a pointer starts with /");
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn any_of(
        path: impl Into<ClaimPath>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Self::claim("any_of", path, |path| {
            Ok(Expected::AnyOf(texts("any_of", path, values)?))
        })
    }

    /// Requires that a claim has all of these values: it is an array of strings with each of them.
    /// A string has one value, and is not split at spaces. Maximum: 64 values.
    ///
    /// # Errors
    ///
    /// As [`any_of`](Self::any_of), and if there are more than 64 values.
    pub fn all_of(
        path: impl Into<ClaimPath>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Self::claim("all_of", path, |path| {
            let values = texts("all_of", path, values)?;
            if values.len() > MAX_ALL {
                return Err(ConfigError::invalid_setting(format!(
                    "all_of {path:?} has {} values: must have at most {MAX_ALL}",
                    values.len()
                )));
            }
            Ok(Expected::AllOf(values))
        })
    }

    /// Requires that a claim is this string, boolean or integer, of the same JSON type: `"true"` is
    /// not `true`, and an array is not its only element.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the path is not a JSON
    /// pointer, or if the value is empty or of another type.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Rule;
    ///
    /// let verified = Rule::equals("/email_verified", true)?;
    /// let tenant = Rule::equals("/tenant/id", "acme")?;
    /// # drop(verified.and(tenant));
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn equals(
        path: impl Into<ClaimPath>,
        value: impl Into<Value>,
    ) -> Result<Self, ConfigError> {
        let value = value.into();
        Self::claim("equals", path, |path| {
            let integer = || {
                let unsigned = value.as_u64().map(i128::from);
                unsigned.or(value.as_i64().map(i128::from))
            };
            match &value {
                Value::String(text) if !text.is_empty() => Some(Expected::Text((&**text).into())),
                Value::Bool(value) => Some(Expected::Bool(*value)),
                _ => integer().map(Expected::Integer),
            }
            .ok_or_else(|| {
                ConfigError::invalid_setting(format!(
                    "value of equals {path:?} is {value}: must be a string that is not empty, a \
                     boolean or an integer"
                ))
            })
        })
    }

    /// Requires that the token has a claim, of any type but `null`.
    ///
    /// Its negation is met by a token without the claim, in contrast to that of other rules.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if the path is not a JSON
    /// pointer.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Rule;
    ///
    /// // The issuer writes `suspended` only for users who may be.
    /// let not_suspended =
    ///     Rule::present("/suspended")?.not().or(Rule::equals("/suspended", false)?);
    /// # drop(not_suspended);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn present(path: impl Into<ClaimPath>) -> Result<Self, ConfigError> {
        Self::claim("present", path, |_| Ok(Expected::Present))
    }

    fn claim(
        name: &str,
        path: impl Into<ClaimPath>,
        expected: impl FnOnce(&ClaimPath) -> Result<Expected, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let path = path.into();
        let tokens = path.tokens(name)?;
        let expected = expected(&path)?;
        Ok(Self(Node::Claim(Condition {
            path,
            tokens,
            expected,
        })))
    }
}

/// How and when the user has authenticated (RFC 9470).
impl Rule {
    /// Requires that `acr` is one of these values, which are in order of preference (RFC 9470 §3).
    /// They are compared byte by byte: no value counts as higher than another one. To compare
    /// levels, use [`acr_fn`](Self::acr_fn).
    ///
    /// Otherwise, also without `acr`, the caller gets 401 `insufficient_user_authentication`, and
    /// can send the user to the issuer with these values.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if there is no value, or if one
    /// is empty or has a space, `"`, `\` or a character that is not visible ASCII: a challenge
    /// separates the values by spaces.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Rule;
    ///
    /// let strong = Rule::acr(["phrh", "phr"])?;
    /// # drop(strong);
    /// assert!(Rule::acr(["two words"]).is_err());
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn acr(values: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, ConfigError> {
        Ok(Self(Node::Acr(Acr::any_of(values)?)))
    }

    /// Requires that a predicate over `acr` returns true, such as one that compares levels. The
    /// values are those that the challenge asks for.
    ///
    /// # Errors
    ///
    /// As [`acr`](Self::acr).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Rule;
    ///
    /// /// The levels are those of this service (RFC 9470 §2).
    /// fn level(acr: &str) -> u8 {
    ///     match acr {
    ///         "gold" => 3,
    ///         "silver" => 2,
    ///         _ => 0,
    ///     }
    /// }
    ///
    /// let at_least_silver = Rule::acr_fn(["silver"], |acr| level(acr) >= 2)?;
    /// # drop(at_least_silver);
    /// # Ok::<_, tower_jwt_auth::ConfigError>(())
    /// ```
    pub fn acr_fn(
        values: impl IntoIterator<Item = impl Into<String>>,
        is_enough: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        Ok(Self(Node::Acr(Acr::matching(values, is_enough)?)))
    }

    /// Requires that the user has authenticated within this time: `auth_time` is there, is not in
    /// the future, and is no longer ago, by the layer's [`clock`](crate::JwtAuthBuilder::clock) and
    /// with its [`leeway`](crate::JwtAuthBuilder::leeway) on both sides.
    ///
    /// Otherwise the caller gets 401 `insufficient_user_authentication`, and can have the user
    /// authenticate again.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if it is not whole seconds: a
    /// challenge shows an integer (RFC 9470 §3).
    pub fn max_age(max_age: Duration) -> Result<Self, ConfigError> {
        if max_age.subsec_nanos() > 0 {
            return Err(ConfigError::invalid_setting(format!(
                "max_age is {max_age:?}: must be whole seconds (RFC 9470 section 3)"
            )));
        }
        Ok(Self(Node::MaxAge(max_age)))
    }
}

/// Combinations.
impl Rule {
    /// Requires both rules.
    pub fn and(self, other: Self) -> Self {
        match self.0 {
            Node::All(mut rules) => {
                rules.push(other);
                Self(Node::All(rules))
            }
            node => Self(Node::All(vec![Self(node), other])),
        }
    }

    /// Requires at least one of both rules.
    pub fn or(self, other: Self) -> Self {
        match self.0 {
            Node::Any(mut rules) => {
                rules.push(other);
                Self(Node::Any(rules))
            }
            node => Self(Node::Any(vec![Self(node), other])),
        }
    }

    /// Requires that the rule is not met. A claim that is absent, or of another type, does not meet
    /// the negation either.
    #[expect(
        clippy::should_implement_trait,
        reason = "`!rule` is easily overlooked in a policy"
    )]
    pub fn not(self) -> Self {
        Self(Node::Not(Box::new(self)))
    }
}

/// Returns the scopes that a rule requires: at least one, and each of them a scope.
fn required(
    name: &str,
    scopes: impl IntoIterator<Item = impl Into<String>>,
) -> Result<RequiredScopes, ConfigError> {
    let mut required = RequiredScopes::none();
    required.add(scopes);
    if required.is_empty() {
        return Err(ConfigError::invalid_setting(format!(
            "{name} is empty: must name at least one scope"
        )));
    }
    required.validate()?;
    Ok(required)
}

fn texts(
    name: &str,
    path: &ClaimPath,
    values: impl IntoIterator<Item = impl Into<String>>,
) -> Result<Box<[Box<str>]>, ConfigError> {
    let values = values.into_iter().map(|value| value.into().into());
    let values: Box<[Box<str>]> = values.collect();
    if values.is_empty() || values.iter().any(|value| value.is_empty()) {
        return Err(ConfigError::invalid_setting(format!(
            "values of {name} {path:?} are {values:?}: must be at least one, none of them empty"
        )));
    }
    Ok(values)
}
