//! One token, from text to claims. Each step takes the proof that the step before it made:
//! [`Compact`], the [`Proof`] of its signature, [`Verified`], [`Claims`]. There is no other way to
//! make claims.

mod claim_value;
mod claims;
mod compact;
pub(crate) mod decoded_payload;
mod duplicate_names;
mod from_extensions;
mod header;
mod numeric_date;
mod observing_deserializer;
mod registered;
#[cfg(test)]
mod tests;
mod token;
mod validate;

pub use claims::{Claims, TokenType};
pub(crate) use compact::{Compact, Proof};
pub use from_extensions::MissingClaims;
pub(crate) use from_extensions::Unauthenticated;
pub use registered::JsonClaims;
pub(crate) use token::{Unverified, Verified};
pub(crate) use validate::{Expected, Rules, TypeRule};
