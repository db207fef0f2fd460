//! The document as a body of the type that the services below the layer respond with.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;

/// Makes a body of a type that the layer does not know.
pub(super) type MakeBody = Arc<dyn Fn(Bytes) -> Box<dyn Any> + Send + Sync>;

/// Returns the document as a body, or `None` if the type of the body is not known.
pub(super) fn make<B: 'static>(document: &Bytes, own: Option<&MakeBody>) -> Option<B> {
    let known: [fn(Bytes) -> Box<dyn Any>; 4] = [
        |bytes| Box::new(Full::new(bytes)),
        |bytes| Box::new(bytes),
        |bytes| Box::new(Vec::from(bytes)),
        |bytes| Box::new(String::from_utf8_lossy(&bytes).into_owned()),
    ];
    let own = own.map(|make| make(document.clone()));
    let known = known.iter().chain(crate::FRAMEWORK_BODIES);
    let known = known.map(|make| make(document.clone()));
    let mut bodies = own.into_iter().chain(known);
    bodies.find_map(|body| body.downcast().ok().map(|body| *body))
}
