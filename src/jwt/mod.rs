//! One token, from text to claims. Each step takes the proof that the one before it made:
//! text → [`Unverified`] → [`Verified`] → [`Claims`]. There is no other way to claims.

mod audience;
mod claims;
mod compact;
mod header;
mod names;
mod numeric_date;
mod payload;
mod registered;
mod token;
mod validate;

pub use claims::{Claims, TokenType};
#[allow(unused_imports, reason = "feature `testing` is what uses it")]
pub(crate) use compact::Compact;
pub use registered::JsonClaims;
pub(crate) use token::{Unverified, Verified};
pub(crate) use validate::{Expected, Rules, TypeRule};
