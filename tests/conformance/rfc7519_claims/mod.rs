//! The registered claims, and access tokens (RFC 7519, RFC 9068).

mod audience;
mod audience_rules;
mod bound_tokens;
mod claims;
mod further_claims;
mod header_parameters;
mod id_tokens;
mod issuer_exceptions;
mod issuers;
mod missing_token_type;
mod time_values;
mod times;
mod token_types;
