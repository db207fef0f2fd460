//! The issuers of an authenticator: how they are stored, found by name, and changed at run time.

mod authorization_servers;
mod handle;
mod introspected;
mod registry;
mod secret_owners;
mod secret_problems;
mod secrets;
mod set;
mod shared_secret;

pub(crate) use self::authorization_servers::authorization_server_flaw;
pub use self::handle::Issuers;
pub(crate) use self::registry::Registry;
pub(crate) use self::set::{ByName, Entry, IssuerSet, Lookup};
