//! One token, from text to claims. Each step takes the proof that the one before it made:
//! text → [`Unverified`] → [`Verified`] → [`Claims`]. There is no other way to claims.

mod audience;
mod claims;
mod header;
mod names;
mod numeric_date;
mod payload;
mod registered;
mod token;
mod validate;
mod verify;

pub use claims::{Claims, TokenType};
pub use registered::RegisteredClaims;
pub(crate) use token::Unverified;
pub(crate) use validate::{Expected, Rules, TypeRule};
pub(crate) use verify::Verified;
