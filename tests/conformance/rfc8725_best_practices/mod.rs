//! Best current practices for JSON Web Tokens (RFC 8725).

mod configuration;
mod confusion;
mod safe_by_mistake;
