//! Rejections by the layer, and what it tells those below it about them.

use std::sync::Arc;

use http::{HeaderMap, Request, Response};

use crate::error::Error;
use crate::request::{LayerContext, LayerRejections, RequestParts};
use crate::response::{self, RejectionResponse, respond};
use crate::trace;

/// Returns what a request with these headers carries to those below the layer.
pub(super) fn context<R, ResBody>(
    rejections: &Arc<LayerRejections<R>>,
    headers: &HeaderMap,
) -> LayerContext
where
    R: RejectionResponse<ResBody>,
    ResBody: 'static,
{
    LayerContext::new(rejections, respond::<R, ResBody>, headers)
}

/// Returns the response to a request that the layer rejects.
pub(super) fn reject<R, ReqBody, ResBody>(
    rejections: &LayerRejections<R>,
    layer: &LayerContext,
    error: Error,
    request: &Request<ReqBody>,
) -> Response<ResBody>
where
    R: RejectionResponse<ResBody>,
{
    trace::rejected(&error);
    let parts = RequestParts::from(request).with_layer(Some(layer));
    response::reject(&rejections.maker, error, &parts)
}
