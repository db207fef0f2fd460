//! The issuers of an authenticator: how they are stored, found by name, and changed at run time.

mod handle;
mod introspected;
mod registry;
mod secrets;
mod set;

pub use self::handle::Issuers;
pub(crate) use self::registry::Registry;
pub(crate) use self::set::{ByName, Entry, IssuerSet, Lookup};
