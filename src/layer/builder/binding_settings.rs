//! Settings about tokens that are bound to their sender.

use super::JwtAuthBuilder;
use crate::dpop::Dpop;
use crate::mtls::ClientCertificates;

/// Sender-constrained tokens: the request must prove that the client has the key or the certificate
/// that its token is bound to. Without these settings, tokens that are bound are rejected, unless
/// their issuer has
/// [`dangerous_accept_bound_as_bearer`](crate::Issuer::dangerous_accept_bound_as_bearer).
///
/// A token that is bound to both needs both proofs. A layer can require either, or both, or accept
/// bearer tokens beside them.
impl<C, R> JwtAuthBuilder<C, R> {
    /// Accepts tokens that are bound to a key of the client (DPoP, RFC 9449): `Authorization: DPoP
    /// <token>`, beside a proof in the header `DPoP`. Default: off; then the scheme `DPoP` counts
    /// as no token.
    ///
    /// | request | response |
    /// |---|---|
    /// | scheme `DPoP`, bound token, one valid proof by its key | that of the inner service |
    /// | scheme `DPoP`, no proof, several, or an invalid or used one | 401 `invalid_dpop_proof` |
    /// | scheme `DPoP`, no nonce or an expired one, with nonces | 401 `use_dpop_nonce`, and `DPoP-Nonce` |
    /// | scheme `DPoP`, proof by another key, or a token that is not bound to a key | 401 `invalid_token` |
    /// | scheme `DPoP`, and the request names no host, without [`public_origin`](Dpop::public_origin) | 400 `invalid_request` |
    /// | scheme `DPoP`, and the store of used proofs is full or fails | 503 |
    /// | bound token with the scheme `Bearer` or in another place, with or without a proof | 401 `invalid_token` |
    /// | different tokens in two places, or `Authorization` twice | 400 `invalid_request` |
    /// | token that is not bound to a key, without the scheme `DPoP` | accepted as a bearer token; 401 `invalid_token` if DPoP is [required](Dpop::required) |
    ///
    /// The proof is checked after the token and before everything else, and used last: a request
    /// that is rejected for another reason has not used its proof. Browsers that use DPoP across
    /// origins need a CORS layer with
    /// [`DPOP_REQUEST_HEADERS`](crate::DPOP_REQUEST_HEADERS) and
    /// [`DPOP_RESPONSE_HEADERS`](crate::DPOP_RESPONSE_HEADERS).
    ///
    /// A response may get the header `DPoP-Nonce`, and then `Cache-Control: no-store`: see
    /// [`Dpop`]. The last call counts.
    ///
    /// # Errors
    ///
    /// From [`build`](Self::build):
    /// - [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) for an invalid setting of
    ///   `dpop`, and for a token source that reads all of `Authorization`.
    /// - [`NoAlgorithms`](crate::ConfigErrorKind::NoAlgorithms) if `dpop` has no algorithm that the
    ///   signature backend verifies.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, Dpop, Issuer, JwtAuthLayer};
    ///
    /// # fn build() -> Result<JwtAuthLayer, ConfigError> {
    /// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    /// JwtAuthLayer::builder(issuer).dpop(Dpop::optional()).build()
    /// # }
    /// ```
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.dpop = Some(dpop);
        self
    }

    /// Accepts tokens that are bound to the client's certificate (mTLS, RFC 8705 §3), which must be
    /// the one of the request. They are bearer tokens: `Authorization: Bearer <token>`. Default:
    /// off.
    ///
    /// Without a certificate, or with another one, the request gets 401 `invalid_token`. A token
    /// that is not bound to a certificate is accepted, or gets 401 `invalid_token` if
    /// [required](ClientCertificates::required). The last call counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ClientCertificates, ConfigError, Issuer, JwtAuthLayer};
    ///
    /// # fn build() -> Result<JwtAuthLayer, ConfigError> {
    /// let issuer = Issuer::discovery("https://login.example.com/", "https://api.example.com");
    /// JwtAuthLayer::builder(issuer).mtls(ClientCertificates::from_connection()).build()
    /// # }
    /// ```
    pub fn mtls(mut self, certificates: ClientCertificates) -> Self {
        self.mtls = Some(certificates);
        self
    }
}
