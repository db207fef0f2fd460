//! The members of a token, read leniently and unchecked.

use serde_json::{Map, Value};

use super::token_text::Text;
use crate::encoding::base64url;
use crate::jwt::Rules;

/// The maximum number of values of `aud` that are compared for a hint.
const MAX_AUDIENCES: usize = 16;

/// The members of a token that was not verified. Only for describing it.
pub(super) struct Facts {
    /// The number of parts between dots.
    pub(super) parts: usize,
    /// Whether it has padding that the settings do not allow.
    pub(super) has_padding: bool,
    pub(super) text: Text,
    /// The length in bytes of the third part once it is decoded, if that is possible.
    pub(super) signature_len: Option<usize>,
    /// Whether ID tokens of the issuer are accepted.
    pub(super) allows_id_tokens: bool,
    header: Map<String, Value>,
    payload: Map<String, Value>,
}

impl Facts {
    /// Reads a token, unless it is longer than `max_token_len`.
    pub(super) fn read(token: &[u8], rules: &Rules) -> Self {
        let is_too_long = token.len() > rules.max_token_len;
        let read = if is_too_long { &[] } else { token };
        let mut parts = read.split(|byte| *byte == b'.');
        let header = parts.next().and_then(object).unwrap_or_default();
        let payload = parts.next().and_then(object).unwrap_or_default();
        let signature_len = parts.next().and_then(decoded_len);
        Self {
            parts: token.split(|byte| *byte == b'.').count(),
            has_padding: !rules.padded && token.contains(&b'='),
            text: Text::of(token),
            signature_len,
            allows_id_tokens: false,
            header,
            payload,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    pub(super) fn header_text(&self, name: &str) -> Option<&str> {
        self.header(name).and_then(Value::as_str)
    }

    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.payload.get(name)
    }

    pub(super) fn claim_text(&self, name: &str) -> Option<&str> {
        self.claim(name).and_then(Value::as_str)
    }

    pub(super) fn has_claim(&self, name: &str) -> bool {
        self.claim(name).is_some()
    }

    /// Returns whether the payload could be read, which the numbers of some tokens prevent.
    pub(super) fn is_readable(&self) -> bool {
        !self.payload.is_empty()
    }

    /// Returns whether there is a claim whose name starts with this.
    pub(super) fn has_claim_of(&self, start: &str) -> bool {
        self.payload.keys().any(|name| name.starts_with(start))
    }

    /// Returns the first values of `aud` that are texts: a hint is not worth a pass over thousands.
    pub(super) fn audiences(&self) -> impl Iterator<Item = &str> {
        let values = match self.claim("aud") {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let texts = values.iter().filter_map(Value::as_str);
        texts.take(MAX_AUDIENCES)
    }

    /// Returns whether one of the first values of `aud` fits.
    pub(super) fn has_audience(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.audiences().any(fits)
    }
}

fn object(part: &[u8]) -> Option<Map<String, Value>> {
    let end = part.iter().rposition(|byte| *byte != b'=')?;
    let json = base64url::decode(part.get(..=end)?)?;
    serde_json::from_slice(&json).ok()
}

/// Returns how many bytes a part in base64url has, judging by its length (RFC 4648 §5).
fn decoded_len(part: &[u8]) -> Option<usize> {
    let len = part.iter().rposition(|byte| *byte != b'=');
    let len = len.map_or(0, |last| last.saturating_add(1));
    (len % 4 != 1).then(|| len.saturating_mul(3) / 4)
}
