//! Web servers in memory, so that `https` needs no certificates.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;
use tower::service_fn;
use tower_jwt_auth::HttpClient;

#[derive(Clone, Default)]
pub(crate) struct Web {
    pages: Arc<Mutex<HashMap<String, Bytes>>>,
    fetched: Arc<Mutex<Vec<String>>>,
}

impl Web {
    pub(crate) fn publish(&self, url: &str, page: &Value) {
        self.publish_bytes(url, page.to_string());
    }

    pub(crate) fn publish_bytes(&self, url: &str, page: impl Into<Bytes>) {
        // In the form that `Uri` displays.
        let url = url.parse::<http::Uri>().unwrap().to_string();
        self.pages.lock().unwrap().insert(url, page.into());
    }

    /// Returns the URLs that were fetched so far.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.fetched.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> HttpClient {
        let web = self.clone();
        HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
            let answer = web.respond(&request.uri().to_string());
            async { Ok::<_, Infallible>(answer) }
        }))
    }

    fn respond(&self, url: &str) -> Response<Full<Bytes>> {
        self.fetched.lock().unwrap().push(url.to_owned());
        let page = self.pages.lock().unwrap().get(url).cloned();
        let status = if page.is_some() {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        let mut response = Response::new(Full::from(page.unwrap_or_default()));
        *response.status_mut() = status;
        response
    }
}
