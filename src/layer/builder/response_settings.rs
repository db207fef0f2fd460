//! Settings about the responses to rejected requests.

use std::marker::PhantomData;

use http::Response;

use super::JwtAuthBuilder;
use crate::error::Error;
use crate::request::{GrpcResponses, Paths, RequestParts};
use crate::response::quotable;

/// The responses to rejected requests, also for those below the layer: see
/// [`Inherited`](crate::Inherited).
impl<C, R> JwtAuthBuilder<C, R> {
    /// Sets the [`RejectionResponse`](crate::RejectionResponse), which makes the responses to
    /// rejected requests. Default: [`Challenge`](crate::Challenge).
    ///
    /// Layers and extractors below reject with it, too: see [`Inherited`](crate::Inherited). For a
    /// closure, use [`rejection_response_fn`](Self::rejection_response_fn).
    pub fn rejection_response<R2>(self, rejection: R2) -> JwtAuthBuilder<C, R2> {
        JwtAuthBuilder {
            issuers: self.issuers,
            observers: self.observers,
            rules: self.rules,
            reject_replays: self.reject_replays,
            replay_store: self.replay_store,
            revocations: self.revocations,
            token_cache: self.token_cache,
            offload: self.offload,
            offload_timeout: self.offload_timeout,
            policy: self.policy,
            scopes: self.scopes,
            lost_checks: self.lost_checks,
            sources: self.sources,
            forwarding: self.forwarding,
            optional: self.optional,
            pass_preflight: self.pass_preflight,
            skip: self.skip,
            for_below: self.for_below,
            dpop: self.dpop,
            mtls: self.mtls,
            resource: self.resource,
            rejection,
            claims: PhantomData,
        }
    }

    /// Sets a closure that makes the responses to rejected requests. See
    /// [`RejectionResponse`](crate::RejectionResponse).
    pub fn rejection_response_fn<F, ResBody>(self, rejection: F) -> JwtAuthBuilder<C, F>
    where
        F: Fn(&Error, &RequestParts<'_>) -> Response<ResBody> + Send + Sync + 'static,
    {
        self.rejection_response(rejection)
    }

    /// Sets the realm of the challenge, which names the protected area (RFC 9110 §11.5). Default:
    /// none.
    ///
    /// It is that of every [`Challenge`](crate::Challenge) that rejects a request here or below the
    /// layer, unless it [sets one](crate::Challenge::realm) itself. Keeps printable ASCII other
    /// than `"` and `\`. Other characters are left out.
    pub fn realm(mut self, realm: &str) -> Self {
        self.for_below.realm = Some(quotable(realm));
        self
    }

    /// Sets whether gRPC requests get the response of a gRPC call: HTTP status 200, with the error
    /// in `grpc-status`. Default: `true`. With `false`, they get the HTTP status, which gRPC
    /// clients map to a code of their own.
    ///
    /// A caller chooses this response by the headers of a request, which
    /// [`Challenge`](crate::Challenge) lists. Set `false` where 200 means that the request is
    /// allowed, such as in a service that a proxy asks (nginx's `auth_request`, Traefik's
    /// `forwardAuth`) with the method and headers of the caller, and in a service without gRPC.
    /// Metrics of 401 and 403 then count every rejection. With gRPC, count by the
    /// [`Error`](crate::Error) in the extensions of the response.
    ///
    /// It applies to every [`Challenge`](crate::Challenge) that rejects a request here or below the
    /// layer. Replaces [`grpc_paths`](Self::grpc_paths).
    pub fn grpc_responses(mut self, enabled: bool) -> Self {
        self.for_below.grpc = if enabled {
            GrpcResponses::Everywhere
        } else {
            GrpcResponses::Nowhere
        };
        self
    }

    /// Limits [`grpc_responses`](Self::grpc_responses) to some paths, for gRPC and HTTP on one
    /// port; elsewhere, gRPC requests get the HTTP status. Default: all paths. Replaces
    /// [`grpc_responses`](Self::grpc_responses). [`predicate_uri`](Self::predicate_uri) says which
    /// path that is.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Issuer, JwtAuthLayer, Paths};
    ///
    /// # fn build(issuer: Issuer) -> Result<JwtAuthLayer, tower_jwt_auth::ConfigError> {
    /// JwtAuthLayer::builder(issuer).grpc_paths(Paths::grpc_methods(["shop.Orders"])?).build()
    /// # }
    /// ```
    pub fn grpc_paths(mut self, paths: Paths) -> Self {
        self.for_below.grpc = GrpcResponses::Only(paths);
        self
    }
}
