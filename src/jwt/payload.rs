//! Reading the claims set of a decoded payload.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::claim::{Claim, SeenClaims};
use super::json_claims::JsonClaims;
use super::registered::Registered;
use crate::encoding::json::{Document, IgnoredValue, MemberNames, duplicate_name};
use crate::error::{Error, ErrorKind};

/// Reads the registered claims, and checks the whole payload: it must be one JSON object that
/// [`Document`] accepts.
///
/// `registered` is filled in instead of being returned, which would copy it several times.
pub(super) fn read(
    payload: &str,
    max_members: usize,
    registered: &mut Registered,
) -> Result<(), Error> {
    let mut reader = Reader {
        document: Document::new(payload, max_members),
        registered,
        current: None,
    };
    let mut deserializer = serde_json::Deserializer::from_str(payload);
    let read = reader.deserialize(&mut deserializer);
    if read.and_then(|()| deserializer.end()).is_ok() {
        return Ok(());
    }
    Err(match reader.current {
        _ if reader.document.has_too_many_members() => ErrorKind::TokenTooLarge.into(),
        Some(claim) => Error::about_claim(ErrorKind::InvalidClaim, claim.name()),
        None => ErrorKind::MalformedToken.into(),
    })
}

/// Returns the digits of `sub`, with a minus sign if it is negative, from a payload that was
/// checked. Rejects other values than integers: a fraction or an exponent would be another way to
/// write the same subject.
#[cold]
pub(super) fn numeric_subject(payload: &str) -> Result<Box<str>, Error> {
    #[derive(Deserialize)]
    struct NumericSubject {
        // With the feature `arbitrary_precision`, `serde_json` reads a number of a known type only.
        sub: i128,
    }
    let subject: Result<NumericSubject, _> = serde_json::from_str(payload);
    let subject = subject.map_err(|_| Error::about_claim(ErrorKind::InvalidClaim, "sub"))?;
    Ok(subject.sub.to_string().into())
}

/// Deserializes a claims type from a payload that was checked.
///
/// A pass of its own: whatever the type does, the registered claims are not affected.
#[inline]
pub(super) fn custom<C: DeserializeOwned + 'static>(payload: &str) -> Result<C, Error> {
    if let Some(claims) = JsonClaims::of_checked(payload) {
        return Ok(claims);
    }
    serde_json::from_str(payload).map_err(|_| ErrorKind::InvalidClaim.into())
}

struct Reader<'r, 'j> {
    document: Document<'j>,
    registered: &'r mut Registered,
    /// The claim whose value is being read. An error names it.
    current: Option<Claim>,
}

impl<'j> DeserializeSeed<'j> for &mut Reader<'_, 'j> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'j> Visitor<'j> for &mut Reader<'_, 'j> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<(), A::Error> {
        let document = &mut self.document;
        // The names of the other claims.
        let mut names = MemberNames::new();
        let mut seen = SeenClaims::default();
        while let Some(name) = document.next_name(&mut members)? {
            let Some(claim) = Claim::of(&name.0) else {
                names.add(&name)?;
                members.next_value_seed(IgnoredValue(document))?;
                continue;
            };
            if !seen.add(claim) {
                return Err(duplicate_name());
            }
            self.current = Some(claim);
            self.registered.read_value(claim, &mut members, document)?;
            self.current = None;
        }
        Ok(())
    }
}
