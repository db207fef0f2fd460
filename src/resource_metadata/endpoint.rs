//! The document of a layer, as its issuers are now.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http::header::HeaderMap;
use http::{Method, Response, Uri};
use serde_json::{Map, Value};

use super::body::{self, MakeBody};
use super::document::{self, Document, DocumentResponse};
use super::identifier::WellKnown;
use super::{ResourceMetadata, members, validation};
use crate::config_error::ConfigError;
use crate::trace;
use crate::verify::{IssuerSet, Registry};

/// What the layer is configured for.
pub(crate) struct LayerFacts {
    pub(crate) bearer_methods: Vec<&'static str>,
    /// The scopes that the layer requires, separated by spaces.
    pub(crate) scopes: Option<Arc<str>>,
    pub(crate) dpop: Option<DpopFacts>,
    pub(crate) accepts_certificates: bool,
}

/// What the layer is configured for with DPoP.
pub(crate) type DpopFacts = crate::request::DpopChallenge;

/// The metadata of a layer.
pub(crate) struct Endpoint {
    well_known: WellKnown,
    /// All members that don't depend on the issuers.
    members: Map<String, Value>,
    /// `None` if the authorization servers are given.
    registry: Option<Arc<Registry>>,
    max_age: Duration,
    make_body: Option<MakeBody>,
    current: Mutex<Option<Current>>,
}

/// The document, and the issuers that it names.
struct Current {
    /// Weak: keeps the allocation, so that its address is not reused, but not the issuers.
    issuers: Weak<IssuerSet>,
    document: Arc<Document>,
}

impl Endpoint {
    pub(crate) fn new(
        metadata: ResourceMetadata,
        layer: &LayerFacts,
        registry: &Arc<Registry>,
    ) -> Result<Self, ConfigError> {
        let well_known = validation::check(&metadata)?;
        let members = members::all(&metadata, layer);
        let depends = metadata.authorization_servers.is_none();
        let endpoint = Self {
            well_known,
            members,
            registry: depends.then(|| Arc::clone(registry)),
            max_age: metadata.max_age,
            make_body: metadata.make_body,
            current: Mutex::new(None),
        };
        // Now, so that an issuer that is left out is logged at start.
        endpoint.document();
        Ok(endpoint)
    }

    pub(crate) fn path(&self) -> &str {
        &self.well_known.path
    }

    pub(crate) fn url(&self) -> &str {
        &self.well_known.url
    }

    /// Returns whether a request for this URI asks for the document.
    pub(crate) fn is_at(&self, uri: &Uri) -> bool {
        self.well_known.is_at(uri)
    }

    pub(crate) fn respond(&self, method: &Method, headers: &HeaderMap) -> DocumentResponse {
        match *method {
            Method::GET | Method::HEAD => self.document().respond(method, headers),
            Method::OPTIONS => document::options(),
            _ => document::wrong_method(),
        }
    }

    /// Returns the response with a body of a type, or `None` if the type is not known.
    pub(crate) fn respond_with<B: Default + 'static>(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Response<B>> {
        let (parts, document) = self.respond(method, headers).into_parts();
        let body = match document {
            Some(document) => body::make(&document, self.make_body.as_ref())?,
            None => B::default(),
        };
        Some(Response::from_parts(parts, body))
    }

    /// Returns the document, which is made again only if the issuers have changed.
    fn document(&self) -> Arc<Document> {
        let issuers = self.registry.as_ref().map(|registry| registry.load());
        let issuers = issuers.as_deref();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = &*current
            && issuers.is_none_or(|issuers| current.issuers.as_ptr() == Arc::as_ptr(issuers))
        {
            return Arc::clone(&current.document);
        }
        let document = Arc::new(self.compose(issuers.map(AsRef::as_ref)));
        *current = Some(Current {
            issuers: issuers.map(Arc::downgrade).unwrap_or_default(),
            document: Arc::clone(&document),
        });
        document
    }

    fn compose(&self, issuers: Option<&IssuerSet>) -> Document {
        let mut members = self.members.clone();
        if let Some(issuers) = issuers {
            let mut named = Vec::new();
            for (issuer, flaw) in issuers.authorization_servers() {
                match flaw {
                    None => named.push(issuer),
                    Some(reason) => trace::authorization_server_left_out(issuer, reason),
                }
            }
            members::add_authorization_servers(&mut members, &named);
        }
        Document::new(&members, self.max_age)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.well_known.url)
            .finish_non_exhaustive()
    }
}
