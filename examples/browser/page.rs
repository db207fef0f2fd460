//! The page, its scripts, and what they need to know.

use std::future::ready;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::header::{HeaderMap, HeaderValue, InvalidHeaderValue};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use serde_json::json;

use crate::Sites;

/// The paths, media types and contents.
const FILES: [(&str, &str, &str); 10] = [
    ("/", "text/html", include_str!("page.html")),
    ("/page.css", "text/css", include_str!("page.css")),
    ("/page.js", "text/javascript", include_str!("page.js")),
    ("/api.js", "text/javascript", include_str!("api.js")),
    ("/dpop.js", "text/javascript", include_str!("dpop.js")),
    (
        "/grpc_web.js",
        "text/javascript",
        include_str!("grpc_web.js"),
    ),
    (
        "/key_store.js",
        "text/javascript",
        include_str!("key_store.js"),
    ),
    ("/oauth.js", "text/javascript", include_str!("oauth.js")),
    ("/silent.html", "text/html", include_str!("silent.html")),
    ("/silent.js", "text/javascript", include_str!("silent.js")),
];

pub(crate) fn app(sites: &Sites) -> Result<Router, InvalidHeaderValue> {
    let config = json!({"api": sites.api, "clientId": sites.client_id});
    let mut app = Router::new().route("/config.json", get(async move || Json(config)));
    for (path, media_type, content) in FILES {
        app = app.route(path, file(media_type, content));
    }
    let headers = headers(sites)?;
    let add_headers = move |mut response: Response| {
        response.headers_mut().extend(headers.clone());
        ready(response)
    };
    Ok(app.layer(map_response(add_headers)))
}

fn file(media_type: &'static str, content: &'static str) -> MethodRouter {
    get(([(CONTENT_TYPE, media_type)], content))
}

/// Returns what limits a script that an attacker brings onto the page: it can use the key while the
/// page is open, and DPoP does not help against that.
fn headers(sites: &Sites) -> Result<HeaderMap, InvalidHeaderValue> {
    let Sites { api, issuer, .. } = sites;
    let socket = api.replacen("http", "ws", 1);
    let policy = format!(
        "default-src 'none'; script-src 'self'; img-src 'self'; style-src 'self'; \
         connect-src 'self' {api} {socket} {issuer}; frame-src 'self' {issuer}; \
         frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    );
    Ok(HeaderMap::from_iter([
        (CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy)?),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]))
}
