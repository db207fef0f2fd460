//! The registered claims of a token, as ranges of its payload; and the claims type for people who want none of their own.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::audience::OneOrMany;
use super::names::Text;
use super::numeric_date::NumericDate;
use super::payload::Payload;
use crate::error::Error;

/// A string of the payload: where it stands, or a copy where it held escapes.
#[derive(Clone)]
pub(super) enum Piece {
    At(Range<usize>),
    Copy(Box<str>),
}

impl Piece {
    fn of(text: Text<'_>, payload: &str) -> Self {
        match text.0 {
            std::borrow::Cow::Owned(copy) => Self::Copy(copy.into()),
            std::borrow::Cow::Borrowed(text) => {
                // A borrowed text is a part of the payload, so it starts at or after it; were it not, `get` below
                // would find nothing.
                let start = text.as_ptr().addr().wrapping_sub(payload.as_ptr().addr());
                Self::At(start..start.saturating_add(text.len()))
            }
        }
    }

    pub(super) fn of_payload<'p>(&'p self, payload: &'p str) -> &'p str {
        match self {
            Self::At(range) => payload.get(range.clone()).unwrap_or_default(),
            Self::Copy(copy) => copy,
        }
    }
}

/// The claims that are checked here; the strings are pieces of the payload that they were read from.
pub(super) struct Registered {
    pub(super) iss: Option<Piece>,
    pub(super) sub: Option<Piece>,
    pub(super) aud: Option<OneOrMany<Piece>>,
    pub(super) exp: Option<NumericDate>,
    pub(super) nbf: Option<NumericDate>,
    pub(super) iat: Option<NumericDate>,
    pub(super) jti: Option<Piece>,
    pub(super) has_client_id: bool,
    pub(super) scope: Option<OneOrMany<Piece>>,
}

impl Registered {
    pub(super) fn read(payload: &str) -> Result<Self, Error> {
        let read = Payload::parse(payload)?;
        let piece = |text| Piece::of(text, payload);
        Ok(Self {
            iss: read.iss.map(piece),
            sub: read.sub.map(piece),
            aud: read.aud.map(|aud| aud.map(piece)),
            exp: read.exp,
            nbf: read.nbf,
            iat: read.iat,
            jti: read.jti.map(piece),
            has_client_id: read.has_client_id,
            scope: read.scope.map(|scope| scope.map(piece)),
        })
    }
}

/// All claims of a token as JSON: the default for `C` in [`Claims<C>`](crate::Claims).
///
/// The registered claims are typed on [`Claims`](crate::Claims) itself, where they are checked; what else the token
/// holds is read here by name. Serializes as the token's claims object.
///
/// ```
/// # fn handler(claims: &tower_jwt_auth::Claims) {
/// let subject = claims.subject();                        // typed, checked
/// let tenant = claims.get("tenant").and_then(|tenant| tenant.as_str()); // as JSON
/// # }
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonClaims {
    all: Map<String, Value>,
}

impl JsonClaims {
    /// The claim of that name, registered or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }

    /// All claims.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.all
    }
}

/// Claims are personal: only how many there are is shown.
impl std::fmt::Debug for JsonClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonClaims").field("count", &self.all.len()).finish_non_exhaustive()
    }
}
