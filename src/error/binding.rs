//! Errors about the binding of a token to the client's key or certificate.

use super::{Error, ErrorKind};

impl Error {
    /// Returns an error for a token that is bound to another certificate than that of the client.
    pub(crate) fn other_certificate() -> Self {
        Self {
            description: "the access token is bound to another certificate than that of the client",
            ..Self::about_claim(ErrorKind::UnprovenBinding, "cnf")
        }
    }

    /// Returns an error for a client certificate that can't be read.
    pub(crate) fn invalid_certificate() -> Self {
        Self {
            description: "the client's certificate can't be read",
            ..Self::about_claim(ErrorKind::UnprovenBinding, "cnf")
        }
    }

    /// Returns an error for a valid DPoP proof by another key than the one that the token is bound
    /// to.
    pub(crate) fn other_proof_key() -> Self {
        Self {
            description: "the access token is bound to another key than that of the DPoP proof",
            ..Self::about_claim(ErrorKind::UnprovenBinding, "cnf")
        }
    }

    /// Returns an error for a request that does not say which host it is for.
    pub(crate) fn no_authority() -> Self {
        Self {
            description: "the request names no host",
            ..Self::new(ErrorKind::InvalidRequest)
        }
    }

    /// Returns an error for a request whose header with the client's certificate is repeated.
    pub(crate) fn repeated_certificate() -> Self {
        Self {
            description: "the client's certificate was given more than once",
            ..Self::new(ErrorKind::InvalidRequest)
        }
    }

    /// Returns an error for a DPoP proof without a valid nonce. The client is to use this one.
    pub(crate) fn use_dpop_nonce(nonce: &str) -> Self {
        Self {
            name: Some(nonce.into()),
            ..Self::new(ErrorKind::UseDpopNonce)
        }
    }

    /// Returns the nonce that the client is to use in its next DPoP proof (RFC 9449 §9): the value
    /// of the response's header `DPoP-Nonce`.
    ///
    /// `None` for kinds other than [`ErrorKind::UseDpopNonce`].
    #[must_use]
    pub fn dpop_nonce(&self) -> Option<&str> {
        match self.kind {
            ErrorKind::UseDpopNonce => self.name.as_deref(),
            _ => None,
        }
    }
}
