//! Reading text that comes from outside: base64url, JSON, lists in headers.

pub(crate) mod base64url;
pub(crate) mod header_list;
pub(crate) mod json;
