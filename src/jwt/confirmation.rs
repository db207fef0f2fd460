//! The confirmation claim `cnf` (RFC 7800 §3): the key that the sender of the token must prove to
//! have.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::registered::PayloadStr;
use crate::encoding::json::{Document, IgnoredValue, JsonStr, MemberNames};

/// The length of a SHA-256 thumbprint in base64url.
const THUMBPRINT_LEN: usize = 43;

/// The thumbprints of the key or certificate that a token is bound to.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct ConfirmationClaim {
    /// `jkt` (RFC 9449 §6.1).
    pub(super) jwk: Option<PayloadStr>,
    /// `x5t#S256` (RFC 8705 §3.1).
    pub(super) certificate: Option<PayloadStr>,
    /// Whether it has another member: a confirmation method that nothing here can check.
    pub(super) has_other: bool,
}

/// Reads `cnf`. Rejects one that is not an object, is empty, or has a thumbprint of another form: a
/// bound token must never count as one that is not bound.
pub(super) struct ReadConfirmation<'d, 'j>(pub(super) &'d mut Document<'j>);

impl<'j> DeserializeSeed<'j> for ReadConfirmation<'_, 'j> {
    type Value = ConfirmationClaim;

    fn deserialize<D>(self, deserializer: D) -> Result<ConfirmationClaim, D::Error>
    where
        D: Deserializer<'j>,
    {
        deserializer.deserialize_map(self)
    }
}

impl<'j> Visitor<'j> for ReadConfirmation<'_, 'j> {
    type Value = ConfirmationClaim;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a confirmation method")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut members: A) -> Result<ConfirmationClaim, A::Error> {
        let Self(document) = self;
        let (mut key, mut names) = (ConfirmationClaim::default(), MemberNames::new());
        let mut is_empty = true;
        while let Some(name) = document.next_name(&mut members)? {
            names.add(&name)?;
            is_empty = false;
            match &*name.0 {
                "jkt" => key.jwk = Some(thumbprint(&mut members, document)?),
                "x5t#S256" => key.certificate = Some(thumbprint(&mut members, document)?),
                _ => {
                    members.next_value_seed(IgnoredValue(document))?;
                    key.has_other = true;
                }
            }
        }
        if is_empty {
            return Err(A::Error::custom("`cnf` is empty"));
        }
        Ok(key)
    }
}

fn thumbprint<'j, A: MapAccess<'j>>(
    members: &mut A,
    document: &Document<'j>,
) -> Result<PayloadStr, A::Error> {
    let text = members.next_value::<JsonStr<'j>>()?;
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if text.0.len() == THUMBPRINT_LEN && text.0.bytes().all(is_base64url) {
        Ok(PayloadStr::of(&text, document.text()))
    } else {
        Err(A::Error::custom("the thumbprint is not one of SHA-256"))
    }
}
