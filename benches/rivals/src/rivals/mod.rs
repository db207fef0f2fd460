//! The rivals, each used as its documentation shows, with its keys at hand from the start and its fastest signatures.

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

/// Why one can't be driven with these tokens.
pub type Reason = &'static str;

pub struct Rival {
    /// The crate's name.
    pub name: &'static str,
    /// Who computes the signatures.
    pub signatures: &'static str,
    pub driver: fn(&Provider) -> Result<Driver, Reason>,
    /// A server of it, for those that answer as axum 0.8 does.
    pub router: Option<fn(&Provider) -> Router>,
}

impl Rival {
    /// The version that the lock file has.
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

/// The outcome of what doesn't wait, since all keys are at hand.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it waits"),
    }
}
