//! The members of a token, read leniently and unchecked.

use serde_json::{Map, Value};

use crate::encoding::base64url;

/// The members of a token that was not verified. Only for describing it.
pub(super) struct Facts {
    /// The number of parts between dots.
    pub(super) parts: usize,
    pub(super) has_padding: bool,
    pub(super) has_scheme: bool,
    header: Map<String, Value>,
    payload: Map<String, Value>,
}

impl Facts {
    /// Reads a token of at most `max_len` bytes. A longer one is not read.
    pub(super) fn read(token: &[u8], max_len: usize) -> Self {
        let read = token.get(..max_len).map_or(token, |_| &[]);
        let mut parts = read.split(|byte| *byte == b'.');
        let header = parts.next().and_then(object).unwrap_or_default();
        let payload = parts.next().and_then(object).unwrap_or_default();
        Self {
            parts: token.split(|byte| *byte == b'.').count(),
            has_padding: token.contains(&b'='),
            has_scheme: token.contains(&b' '),
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

    /// Returns whether `aud` is or contains a text that fits.
    pub(super) fn has_audience(&self, fits: impl Fn(&str) -> bool) -> bool {
        match self.claim("aud") {
            Some(Value::String(text)) => fits(text),
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).any(fits),
            _ => false,
        }
    }
}

fn object(part: &[u8]) -> Option<Map<String, Value>> {
    let end = part.iter().rposition(|byte| *byte != b'=')?;
    let json = base64url::decode(part.get(..=end)?)?;
    serde_json::from_slice(&json).ok()
}
