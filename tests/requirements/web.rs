//! A world-wide web in memory, so that `https` needs no certificates.

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
pub struct Web {
    pages: Arc<Mutex<HashMap<String, Bytes>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    pub fn publish(&self, url: &str, page: &Value) {
        self.publish_bytes(url, page.to_string());
    }

    pub fn publish_bytes(&self, url: &str, page: impl Into<Bytes>) {
        // As `Uri` writes it.
        let url = url.parse::<http::Uri>().unwrap().to_string();
        self.pages.lock().unwrap().insert(url, page.into());
    }

    /// The URLs that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub fn client(&self) -> HttpClient {
        let web = self.clone();
        HttpClient::new(service_fn(move |request: Request<Full<Bytes>>| {
            let answer = web.answer(&request.uri().to_string());
            async { Ok::<_, Infallible>(answer) }
        }))
    }

    fn answer(&self, url: &str) -> Response<Full<Bytes>> {
        self.asked.lock().unwrap().push(url.to_owned());
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
