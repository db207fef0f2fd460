//! One token, from text to claims. Each step takes the proof that the one before it made:
//! [`Compact`] → [`Proof`] of its signature → [`Verified`] → [`Claims`]. There is no other way to claims.

pub(crate) mod buffer;
mod claims;
mod compact;
mod header;
mod names;
mod numeric_date;
mod payload;
mod registered;
#[cfg(test)]
mod tests;
mod token;
mod validate;
mod value;

pub use claims::{Claims, TokenType};
pub(crate) use compact::{Compact, Proof};
pub use registered::JsonClaims;
pub(crate) use token::{Unverified, Verified};
pub(crate) use validate::{Expected, Rules, TypeRule};
