//! Many issuers in one layer: tenants, keys that name an issuer, and changes at run time. Without
//! sockets, on the paused clock.

mod changes;
mod configuration;
mod entra;
mod exceptions;
mod flood;
mod key_issuer;
mod many;
mod realms;
mod site;
mod tenant_names;
