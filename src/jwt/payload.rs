//! Reading a claims set. The claims type takes what it needs, and the registered claims are
//! recorded in the same pass.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::observing_deserializer::{Observed, ObservingDeserializer};
use super::registered::Registered;
use crate::error::{Error, ErrorKind};

/// Reads a decoded payload as `C`, and the registered claims into `registered`.
///
/// Returns `None` if the payload is not a JSON object in which each member name occurs once, or if
/// `C` can't be deserialized from it. Then [`registered`] returns the error.
///
/// Fills in `registered` instead of returning it, which would copy 200 bytes several times.
pub(super) fn read<'de, C: Deserialize<'de>>(
    json: &'de str,
    registered: &mut Registered,
) -> Option<C> {
    let mut observed = Observed::new(json, registered, false);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let custom = C::deserialize(ObservingDeserializer {
        inner: &mut deserializer,
        observed: &mut observed,
    })
    .ok()?;
    deserializer.end().ok()?;
    // A claims type may ignore an error and go on. Then claims may not have been recorded.
    (!observed.failed).then_some(custom)
}

/// Reads only the registered claims of a decoded payload.
pub(super) fn registered(json: &str) -> Result<Registered, Error> {
    let mut registered = Registered::default();
    let mut observed = Observed::new(json, &mut registered, true);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = IgnoredObject::deserialize(ObservingDeserializer {
        inner: &mut deserializer,
        observed: &mut observed,
    });
    match read.and_then(|IgnoredObject| deserializer.end()) {
        Ok(()) => Ok(registered),
        Err(_) => Err(match observed.current {
            Some(claim) => Error::claim_of(ErrorKind::InvalidClaim, claim.name()),
            None => ErrorKind::MalformedToken.into(),
        }),
    }
}

/// Reads an object to its end and keeps none of it.
struct IgnoredObject;

impl<'de> Deserialize<'de> for IgnoredObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for IgnoredObject {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}
