//! Which issuer observers are told for a rejected token.

use super::check::Task;
use super::choice::{Named, named_in, named_issuer};
use super::issuers::Lookup;
use crate::error::{Error, ErrorKind, IssuerId};
use crate::jwt::decoded_payload;

/// Takes the sole issuer from an error about a token that names another one, or none that can be
/// read: it was rejected before its claims were. For observers. A payload that was not decoded is
/// not decoded for them, and none twice.
#[cold]
pub(super) fn attribute(error: Error, task: Task<'_, '_>, buffer: &mut Vec<u8>) -> Error {
    let payload_len = match error.kind() {
        // Perhaps the payload itself.
        ErrorKind::MalformedToken => None,
        _ => decoded_payload::len_of(task.token.payload),
    };
    let named = match payload_len {
        _ if buffer.is_empty() => Named::Malformed,
        Some(len) => named_in(task.issuers, buffer, len),
        None => named_issuer(task.issuers, task.token, buffer),
    };
    let is_of_another = match named {
        Named::By { lookup, .. } => matches!(lookup, Lookup::Unknown),
        Named::Malformed => true,
        Named::Unclear => false,
    };
    if is_of_another {
        error.with_issuer(IssuerId::NONE)
    } else {
        error
    }
}
