//! A web site in memory, with a page of its own for each URL.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower_jwt_auth::HttpClient;

use crate::cache::mock::Mock;

/// What a URL answers.
#[derive(Clone)]
pub(crate) struct Page {
    /// `None` if the server can't be reached.
    status: Option<u16>,
    body: String,
}

impl Page {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self {
            status: Some(status),
            body: body.to_owned(),
        }
    }

    pub(crate) fn ok(body: String) -> Self {
        Self {
            status: Some(200),
            body,
        }
    }

    pub(crate) const fn unreachable() -> Self {
        Self {
            status: None,
            body: String::new(),
        }
    }
}

/// The site of an issuer. A URL with `/keys` has the keys of the mock, unless another page is
/// published there; all others are 404.
#[derive(Clone)]
pub(crate) struct Site {
    mock: Mock,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    fetched: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub(crate) fn of(mock: &Mock) -> Self {
        Self {
            mock: mock.clone(),
            pages: Arc::default(),
            fetched: Arc::default(),
        }
    }

    pub(crate) fn publish(&self, url: &str, page: Page) {
        self.pages.lock().unwrap().insert(url.to_owned(), page);
    }

    /// Returns the URLs that were fetched so far.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.fetched.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> HttpClient {
        let site = self.clone();
        HttpClient::new(tower::service_fn(move |request: Request<Full<Bytes>>| {
            let answer = site.answer(&request.uri().to_string());
            async { answer }
        }))
    }

    fn answer(&self, url: &str) -> io::Result<Response<Full<Bytes>>> {
        self.fetched.lock().unwrap().push(url.to_owned());
        let published = self.pages.lock().unwrap().get(url).cloned();
        let page = published.unwrap_or_else(|| {
            if url.contains("/keys") {
                Page::ok(self.mock.jwks())
            } else {
                Page::new(404, "")
            }
        });
        let status = page.status.ok_or(io::ErrorKind::ConnectionRefused)?;
        let mut response = Response::new(Full::from(page.body));
        *response.status_mut() = status.try_into().unwrap();
        Ok(response)
    }
}
