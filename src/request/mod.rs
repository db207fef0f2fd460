//! A request without its body, and the places in it that carry a token.

mod locations;
mod parts;
mod token_source;

pub use parts::RequestParts;
pub use token_source::TokenSource;
pub(crate) use token_source::{FoundToken, find_token, has_duplicates};
