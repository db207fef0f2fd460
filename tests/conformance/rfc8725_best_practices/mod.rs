//! Best current practices for JSON Web Tokens (RFC 8725).

mod configuration;
mod safe_by_mistake;
