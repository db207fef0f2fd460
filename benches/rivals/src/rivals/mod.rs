//! The rivals, each used as its documentation shows, with its keys from the start and with its
//! fastest signatures.

mod aliri_tower;
mod axum_jwks;
mod axum_jwt_auth;
mod huskarl;
mod jwt_authorizer;
mod oauth_resource_server;
mod tower_oauth2;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;

use crate::drive::Driver;
use crate::provider::Provider;

/// Why a rival can't be driven with these tokens.
pub type Reason = &'static str;

/// Another crate, and how to drive it.
pub struct Rival {
    /// The crate's name.
    pub name: &'static str,
    /// The implementation that checks its signatures.
    pub signatures: &'static str,
    pub driver: fn(&Provider) -> Result<Driver, Reason>,
    /// Its server, if its responses are those of axum 0.8.
    pub router: Option<fn(&Provider) -> Router>,
}

impl Rival {
    /// Returns the version in the lock file.
    pub fn version(&self) -> &'static str {
        let lock = include_str!("../../Cargo.lock");
        let entry = format!("name = \"{}\"\nversion = \"", self.name);
        let (_, after) = lock.split_once(&entry).unwrap();
        after.split('"').next().unwrap()
    }
}

pub const ALL: [Rival; 8] = [
    oauth_resource_server::RIVAL,
    tower_oauth2::RIVAL,
    axum_jwt_auth::RIVAL,
    jwt_authorizer::RIVAL,
    axum_jwks::RIVAL,
    aliri_tower::RIVAL,
    huskarl::RIVAL,
    huskarl::WITH_AWS_LC,
];

/// Returns the output of a future that is never pending, since no keys are fetched over a network.
fn ready_output<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}
