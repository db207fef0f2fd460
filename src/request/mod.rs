//! A request without its body, the places in it that carry a token, the proxies that it may come
//! through, and what a layer tells those below it.

mod access_token;
mod description;
mod find;
mod layer_context;
mod location;
mod locations;
mod network;
mod parts;
mod paths;
mod peer_address;
mod removal;
mod scheme;
mod token_source;
mod trusted_proxies;
mod websocket;

pub use access_token::AccessToken;
pub(crate) use find::{FoundToken, find_token, has_duplicates, remove_tokens};
pub(crate) use layer_context::{
    AnyResponse, DpopChallenge, GrpcResponses, LayerContext, LayerRejections, LayerSettings,
    OnRejection, PredicateUri, ResourceChallenge,
};
pub(crate) use locations::BEARER;
pub use parts::RequestParts;
pub use paths::Paths;
pub use peer_address::PeerAddress;
pub(crate) use scheme::{DPOP, DPOP_HEADER, Scheme};
pub use token_source::TokenSource;
pub use trusted_proxies::TrustedProxies;
