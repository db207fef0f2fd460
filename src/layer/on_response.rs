//! What the layer adds to the response of the inner service.

use http::{HeaderValue, Response};

use crate::response::{add_nonce, make_private};

/// What the layer adds to the response of the inner service. Usually nothing.
pub(super) struct OnResponse {
    /// The response must become private: a shared cache could store it.
    needs_private: bool,
    /// The nonce for the client's next DPoP proof, if it is to change. Boxed, so that the futures
    /// of other requests do not reserve the space.
    nonce: Option<Box<HeaderValue>>,
}

impl OnResponse {
    pub(super) const NOTHING: Self = Self {
        needs_private: false,
        nonce: None,
    };

    pub(super) const fn new(needs_private: bool, nonce: Option<Box<HeaderValue>>) -> Self {
        Self {
            needs_private,
            nonce,
        }
    }

    pub(super) fn set_nonce(&mut self, nonce: Option<Box<HeaderValue>>) {
        self.nonce = nonce;
    }

    pub(super) const fn is_nothing(&self) -> bool {
        !self.needs_private && self.nonce.is_none()
    }

    pub(super) fn apply<B>(&mut self, mut response: Response<B>) -> Response<B> {
        if self.needs_private {
            response = make_private(response);
        }
        match self.nonce.take() {
            Some(nonce) => add_nonce(response, *nonce),
            None => response,
        }
    }
}
