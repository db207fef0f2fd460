//! Where a claim is in the payload.

use std::fmt;

use crate::config_error::ConfigError;
use crate::encoding::json::{escape, reference_tokens};

/// Where a claim is in the payload: a JSON pointer (RFC 6901), such as `/realm_access/roles`.
///
/// In a pointer, `/` in the name of a claim is written as `~1`, and `~` as `~0`. The methods return
/// the paths at which common providers write roles, groups and permissions.
///
/// | provider | claim | |
/// |---|---|---|
/// | Keycloak | `realm_access.roles` | [`keycloak_realm_roles`](Self::keycloak_realm_roles) |
/// | Keycloak | `resource_access.<client>.roles` | [`keycloak_client_roles`](Self::keycloak_client_roles) |
/// | Microsoft Entra ID | `roles`, `groups` | [`entra_roles`](Self::entra_roles), [`entra_groups`](Self::entra_groups) |
/// | Auth0 | `permissions` | [`auth0_permissions`](Self::auth0_permissions) |
/// | Amazon Cognito | `cognito:groups` | [`cognito_groups`](Self::cognito_groups) |
/// | any, by the name of the claim | such as `https://app.example/roles` | [`claim`](Self::claim) |
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ClaimPath, Rule};
///
/// let editor = Rule::any_of("/realm_access/roles", ["editor"])?;
/// let same = Rule::any_of(ClaimPath::keycloak_realm_roles(), ["editor"])?;
/// assert_eq!(format!("{editor:?}"), format!("{same:?}"));
///
/// let namespaced = ClaimPath::claim("https://app.example/roles");
/// assert_eq!(namespaced.as_str(), "/https:~1~1app.example~1roles");
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClaimPath(Box<str>);

impl ClaimPath {
    /// Returns the path of the claim with this name, which may contain `/` and `~`.
    #[must_use]
    pub fn claim(name: &str) -> Self {
        Self(format!("/{}", escape(name)).into())
    }

    /// Returns the path of Keycloak's roles of the realm: `realm_access.roles`.
    #[must_use]
    pub fn keycloak_realm_roles() -> Self {
        Self::from("/realm_access/roles")
    }

    /// Returns the path of Keycloak's roles of a client, by its client id:
    /// `resource_access.<client>.roles`.
    #[must_use]
    pub fn keycloak_client_roles(client_id: &str) -> Self {
        Self(format!("/resource_access/{}/roles", escape(client_id)).into())
    }

    /// Returns the path of Microsoft Entra ID's app roles: `roles`.
    #[must_use]
    pub fn entra_roles() -> Self {
        Self::from("/roles")
    }

    /// Returns the path of Microsoft Entra ID's groups: `groups`, with their object ids.
    ///
    /// Entra leaves the claim out if the user is in too many groups (more than 200 for a JWT). Then
    /// no rule about it is met.
    #[must_use]
    pub fn entra_groups() -> Self {
        Self::from("/groups")
    }

    /// Returns the path of Auth0's permissions, with RBAC enabled for the API: `permissions`.
    #[must_use]
    pub fn auth0_permissions() -> Self {
        Self::from("/permissions")
    }

    /// Returns the path of Amazon Cognito's groups: `cognito:groups`.
    #[must_use]
    pub fn cognito_groups() -> Self {
        Self::from("/cognito:groups")
    }

    /// Returns the pointer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the reference tokens of the pointer.
    pub(super) fn tokens(&self, rule: &str) -> Result<Box<[Box<str>]>, ConfigError> {
        match reference_tokens(&self.0) {
            Some(tokens) => Ok(tokens.into()),
            None => Err(ConfigError::invalid_setting(format!(
                "path of {rule} is {self:?}: must be a JSON pointer, which starts with / and has ~ only \
                 as ~0 or ~1 (RFC 6901 section 3)"
            ))),
        }
    }
}

/// Takes a JSON pointer. The rule that is built with it rejects one that is invalid.
impl From<&str> for ClaimPath {
    fn from(pointer: &str) -> Self {
        Self(pointer.into())
    }
}

/// Takes a JSON pointer, as `From<&str>` does.
impl From<String> for ClaimPath {
    fn from(pointer: String) -> Self {
        Self(pointer.into())
    }
}

/// Shows the pointer, quoted.
impl fmt::Debug for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
