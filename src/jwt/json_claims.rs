//! The default claims type.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::values_len::max_values_len;

/// All claims of a token as JSON: the default of `C` in [`Claims<C>`](crate::Claims).
///
/// [`Claims`](crate::Claims) itself has typed methods for the registered claims. Use this type to
/// read other claims by name. The values are made when one is read for the first time. Serializes
/// as the claims object of the token.
///
/// # Examples
///
/// ```
/// fn tenant(claims: &tower_jwt_auth::Claims) -> Option<&str> {
///     claims.get("tenant")?.as_str()
/// }
/// ```
#[derive(Clone, Default)]
pub struct JsonClaims {
    /// The JSON object that the values are made of. It was checked.
    text: Box<str>,
    all: OnceLock<Map<String, Value>>,
}

impl JsonClaims {
    /// Returns the value of a claim, registered or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map().get(name)
    }

    /// Returns all claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        self.all.get_or_init(|| {
            let all = serde_json::from_str(&self.text);
            // The default has no text.
            debug_assert!(all.is_ok() || self.text.is_empty(), "the text was checked");
            all.unwrap_or_default()
        })
    }

    /// Returns an upper bound of the memory of the values, also if they are not made yet. For
    /// another type than this one, 0: its memory is not known.
    pub(super) fn max_values_len<C: 'static>(custom: &C) -> usize {
        let custom: &dyn Any = custom;
        let this = custom.downcast_ref::<Self>();
        this.map_or(0, |this| max_values_len(&this.text))
    }

    /// Returns the claims of a checked payload as `C`, if that is this type: without reading the
    /// payload again.
    pub(super) fn of_checked<C: 'static>(payload: &str) -> Option<C> {
        if TypeId::of::<C>() != TypeId::of::<Self>() {
            return None;
        }
        let mut custom: Option<C> = None;
        let slot: &mut dyn Any = &mut custom;
        *slot.downcast_mut::<Option<Self>>()? = Some(Self {
            text: payload.into(),
            all: OnceLock::new(),
        });
        custom
    }
}

impl PartialEq for JsonClaims {
    fn eq(&self, other: &Self) -> bool {
        self.as_map() == other.as_map()
    }
}

impl Serialize for JsonClaims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_map().serialize(serializer)
    }
}

/// As a part of a claims type of your own, for example with `#[serde(flatten)]`.
impl<'de> Deserialize<'de> for JsonClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = Map::deserialize(deserializer)?;
        Ok(Self {
            text: Box::default(),
            all: OnceLock::from(all),
        })
    }
}

/// Shows no claim: claims are personal data.
impl fmt::Debug for JsonClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonClaims").finish_non_exhaustive()
    }
}
