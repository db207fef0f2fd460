//! One token, from text to claims.
//!
//! Each step requires the proof that the one before it made: [`Compact`] → [`Proof`] of its
//! signature → [`Verified`] → [`Claims`]. For a token that its issuer is asked about, an
//! [`ActiveAnswer`] takes the place of the signature. There is no other way to claims.

mod audience_rule;
mod binding;
mod claim;
mod claim_methods;
mod claim_value;
mod claims;
mod claims_set;
mod claims_type;
mod compact;
mod confirmation;
pub(crate) mod decoded_payload;
mod from_extensions;
mod header;
mod header_parameters;
mod implied_scopes;
mod introspected;
mod json_claims;
mod named_claims;
mod numeric_date;
mod payload;
mod purpose;
mod registered;
mod revocation_ids;
mod rules;
mod times;
mod token;
mod token_id;
mod token_type;
mod validate;
mod values_len;

pub(crate) use audience_rule::{AudRule, AudienceRule, NamedClaim};
pub use binding::Confirmation;
pub(crate) use binding::{BindingRule, BindingRules, Proven};
pub use claims::Claims;
pub(crate) use compact::{Compact, Proof};
pub use from_extensions::MissingClaims;
pub(crate) use from_extensions::{insert_claims, layer_above, remove_claims};
pub(crate) use header_parameters::check_header_parameters;
pub(crate) use introspected::{ActiveAnswer, Introspection};
pub use json_claims::JsonClaims;
pub(crate) use numeric_date::NumericDate;
pub(crate) use rules::{Exceptions, Expected, MIN_MAX_MEMBERS, RevocationRules, Rules, TypeRule};
pub(crate) use token::Unverified;
pub use token_type::TokenType;
pub(crate) use token_type::is_same_type;
