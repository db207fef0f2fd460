//! The default claims type.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// All claims of a token as JSON: the default of `C` in [`Claims<C>`](crate::Claims).
///
/// [`Claims`](crate::Claims) itself has typed methods for the registered claims. Use this type to
/// read other claims by name. It serializes as the claims object of the token.
///
/// # Examples
///
/// ```
/// fn tenant(claims: &tower_jwt_auth::Claims) -> Option<&str> {
///     claims.get("tenant")?.as_str()
/// }
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonClaims {
    all: Map<String, Value>,
}

impl JsonClaims {
    /// Returns the value of a claim, registered or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }

    /// Returns all claims.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.all
    }
}

/// Shows the number of claims only: claims are personal data.
impl fmt::Debug for JsonClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonClaims")
            .field("count", &self.all.len())
            .finish_non_exhaustive()
    }
}
