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

/// Is called when something below a layer rejects a request.
pub(crate) type OnRejection = Arc<dyn Fn(&Error) + Send + Sync>;

/// Which gRPC requests get the status of a gRPC call.
#[derive(Clone, Debug, Default)]
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
    /// What challenges say about the resource, if the layer has its metadata.
    pub(crate) resource: Option<ResourceChallenge>,
    /// Observers, if there are any.
    pub(crate) on_rejection: Option<OnRejection>,
}

/// What a challenge says about the protected resource (RFC 9728 §5.1).
#[derive(Clone)]
pub(crate) struct ResourceChallenge {
    /// The URL of the metadata.
    pub(crate) metadata: Arc<String>,
    /// The scopes that the layer requires, separated by spaces.
    pub(crate) scopes: Option<Arc<str>>,
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
    /// The scopes that layers between this one and here have required of the request, separated by
    /// spaces. Set only if the layer has the metadata of a resource.
    required: Option<Arc<str>>,
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
            required: None,
        }
    }

    pub(crate) fn settings(&self) -> &LayerSettings {
        self.rejections.settings()
    }

    /// Returns the scheme of the credentials that the request came with.
    pub(crate) const fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(crate) fn resource(&self) -> Option<&ResourceChallenge> {
        self.settings().resource.as_ref()
    }

    /// Returns the scopes that the request needs: those that the layer requires, those of layers
    /// between it and here, and `own`, each once. `None` without the metadata of a resource: then
    /// challenges name the scopes of one layer only.
    pub(crate) fn scopes_of_request(&self, own: Option<&str>) -> Option<Arc<str>> {
        let layer = self.resource()?.scopes.as_deref();
        let lists = [layer, self.required.as_deref(), own];
        let mut all = Vec::<&str>::new();
        for scope in lists.into_iter().flatten().flat_map(|list| list.split(' ')) {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        (!all.is_empty()).then(|| all.join(" ").into())
    }

    /// Adds scopes that a layer between this one and those below has required, and found granted.
    pub(crate) fn add_required(&mut self, scopes: &str) {
        self.required = self.required.take().map_or_else(
            || Some(scopes.into()),
            |required| Some(format!("{required} {scopes}").into()),
        );
    }

    /// Tells observers that something below the layer rejects a request.
    pub(crate) fn tell_rejection(&self, error: &Error) {
        if let Some(on_rejection) = &self.settings().on_rejection {
            on_rejection(error);
        }
    }

    /// Returns the layer's response to a rejected request.
    pub(crate) fn respond(&self, error: &Error, request: &RequestParts<'_>) -> Option<AnyResponse> {
        let request = request.with_layer(Some(self)).inherited();
        (self.respond)(self.rejections.maker(), error, &request)
    }
}
