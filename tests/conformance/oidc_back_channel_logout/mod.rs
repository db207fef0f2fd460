//! OpenID Connect Back-Channel Logout 1.0 (errata set 1): the endpoint (`BackChannelLogout`).

mod claims;
mod configuration;
mod effect;
mod header;
mod keys;
mod replay;
mod request;
mod shared_list;
mod support;
