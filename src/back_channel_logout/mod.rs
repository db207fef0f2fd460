//! The endpoint that an issuer tells of logouts (OpenID Connect Back-Channel Logout 1.0).

mod form;
mod response;
mod service;
mod settings;

pub use service::BackChannelLogoutFuture;
pub use settings::BackChannelLogout;
