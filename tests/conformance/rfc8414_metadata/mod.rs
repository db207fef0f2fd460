//! The issuer's metadata (RFC 8414, OpenID Connect Discovery).

mod discovery;
mod other_name;
