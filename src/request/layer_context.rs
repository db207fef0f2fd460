//! What a layer tells those below it: how it rejects requests.

use std::any::Any;
use std::sync::Arc;

use http::{HeaderMap, Response, Uri};

use super::{Paths, RequestParts, Scheme};
use crate::error::Error;

/// A response whose body has the type of the layer's responses.
pub(crate) type AnyResponse = Response<Box<dyn Any>>;

/// Makes a response with the maker of a layer. `None` if the maker is of another type.
pub(crate) type Respond =
    fn(&(dyn Any + Send + Sync), &Error, &RequestParts<'_>) -> Option<AnyResponse>;

/// Returns the URI that predicates see.
pub(crate) type PredicateUri = Arc<dyn for<'r> Fn(&RequestParts<'r>) -> &'r Uri + Send + Sync>;

/// Which gRPC requests get the status of a gRPC call.
#[derive(Clone, Default)]
pub(crate) enum GrpcResponses {
    #[default]
    Everywhere,
    Nowhere,
    Only(Paths),
}

/// The settings of a layer that apply to those below it, too.
#[derive(Clone, Default)]
pub(crate) struct LayerSettings {
    pub(crate) realm: Option<Arc<str>>,
    pub(crate) grpc: GrpcResponses,
    /// `None`: that of the request.
    pub(crate) predicate_uri: Option<PredicateUri>,
    /// The challenge of the scheme `DPoP`, if the layer accepts it.
    pub(crate) dpop: Option<DpopChallenge>,
}

/// What a challenge of the scheme `DPoP` says (RFC 9449 §7.1).
#[derive(Clone)]
pub(crate) struct DpopChallenge {
    /// The algorithms of proofs, separated by spaces.
    pub(crate) algorithms: Arc<str>,
    /// Whether it stands alone: the layer accepts no bearer token.
    pub(crate) is_required: bool,
}

/// How a layer rejects requests: what its challenges have in common, and the maker of its
/// responses.
pub(crate) struct LayerRejections<R> {
    pub(crate) settings: LayerSettings,
    pub(crate) maker: R,
}

/// [`LayerRejections`], without the type of the maker and that of the response body: services below
/// the layer know neither. Its type is private, so that no other service can insert one into a
/// request. Cheap to clone, and made without an allocation.
#[derive(Clone)]
pub(crate) struct LayerContext {
    rejections: Arc<dyn Rejections>,
    respond: Respond,
    scheme: Scheme,
}

trait Rejections: Send + Sync {
    fn settings(&self) -> &LayerSettings;
    fn maker(&self) -> &(dyn Any + Send + Sync);
}

impl<R: Send + Sync + 'static> Rejections for LayerRejections<R> {
    fn settings(&self) -> &LayerSettings {
        &self.settings
    }

    fn maker(&self) -> &(dyn Any + Send + Sync) {
        &self.maker
    }
}

impl LayerContext {
    /// `respond` makes responses with makers of type `R`. `headers` are those of the request.
    pub(crate) fn new<R>(
        rejections: &Arc<LayerRejections<R>>,
        respond: Respond,
        headers: &HeaderMap,
    ) -> Self
    where
        R: Send + Sync + 'static,
    {
        // The token may be removed before a service below rejects the request.
        let accepts_dpop = rejections.settings.dpop.is_some();
        let scheme = if accepts_dpop {
            Scheme::of(headers)
        } else {
            Scheme::Bearer
        };
        let rejections = Arc::clone(rejections);
        Self {
            rejections,
            respond,
            scheme,
        }
    }

    pub(crate) fn settings(&self) -> &LayerSettings {
        self.rejections.settings()
    }

    /// Returns the scheme of the credentials that the request came with.
    pub(crate) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the layer's response to a rejected request.
    pub(crate) fn respond(&self, error: &Error, request: &RequestParts<'_>) -> Option<AnyResponse> {
        let request = request.with_layer(Some(self)).inherited();
        (self.respond)(self.rejections.maker(), error, &request)
    }
}
