//! Responses of an issuer that is broken or hostile.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::fault::{Fault, status};
use super::provider::Document;
use super::response::{Body, Disconnect, document_response, empty, full, with_body};

/// The delay before the connection is closed: long enough for the first half to be sent.
const DISCONNECT_DELAY: Duration = Duration::from_millis(20);
const DRIP_INTERVAL: Duration = Duration::from_millis(100);
const CHUNK_LEN: usize = 64 * 1024;
/// 200 MiB in chunks.
const HUGE_CHUNKS: usize = 3200;

pub(super) async fn faulty_response(
    fault: Fault,
    mut document: Document,
    request: &HeaderMap,
) -> Result<Response<Body>, Disconnect> {
    let body = match fault {
        Fault::Delay(delay) => {
            sleep(delay).await;
            return Ok(document_response(document, request));
        }
        Fault::Hang => std::future::pending().await,
        Fault::Close => return Err(Disconnect),
        Fault::Status(code) => {
            let body = full(document.body.clone());
            let mut response = with_body(document, body);
            *response.status_mut() = status(code);
            return Ok(response);
        }
        Fault::Redirect(url) => {
            let url = HeaderValue::try_from(url).expect("`set_fault` validated the fault");
            return Ok(with_header(empty(StatusCode::FOUND), LOCATION, url));
        }
        Fault::RetryAfter {
            status: code,
            seconds,
        } => {
            return Ok(with_header(
                empty(status(code)),
                RETRY_AFTER,
                seconds.into(),
            ));
        }
        Fault::Html => {
            document.headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            );
            full("<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>")
        }
        Fault::Garbage => full(&b"{\"keys\":[\xff\xfe\x00}}]\x80"[..]),
        Fault::Empty => full(""),
        Fault::NoKeys => full(json!({"keys": []}).to_string()),
        Fault::SomeUnusableKeys => full(with_unusable_keys(&document.jwks)),
        Fault::Truncated => truncated(&mut document),
        Fault::Huge => huge(&document),
        Fault::Endless => endless(),
        Fault::Drip => drip(&mut document),
    };
    Ok(with_body(document, body))
}

fn with_header(
    mut response: Response<Body>,
    name: http::HeaderName,
    value: HeaderValue,
) -> Response<Body> {
    response.headers_mut().insert(name, value);
    response
}

fn with_unusable_keys(usable: &[Value]) -> String {
    let (rsa_1024, zero) = ("x".repeat(170) + "w", "A".repeat(43));
    let mut keys = vec![
        json!({}),
        json!({"kty": "XYZ", "kid": "unknown-type", "z": "AQAB"}),
        json!({"kty": "RSA", "kid": "rsa-1024", "alg": "RS256", "n": rsa_1024, "e": "AQAB"}),
        json!({"kty": "EC", "kid": "bad-base64", "crv": "P-256", "x": "+/+/=", "y": "*"}),
        json!({"kty": "EC", "kid": "off-curve", "crv": "P-256", "x": zero, "y": zero}),
        json!({"kty": "oct", "kid": "symmetric", "alg": "HS256", "k": zero}),
    ];
    keys.extend(usable.first().cloned().map(|mut key| {
        key["kid"] = json!("for-encryption");
        key["use"] = json!("enc");
        key
    }));
    keys.extend_from_slice(usable);
    json!({"keys": keys}).to_string()
}

fn truncated(document: &mut Document) -> Body {
    set_content_length(document);
    let half = Bytes::from(document.body.clone()).slice(..document.body.len() / 2);
    let disconnect = stream::once(async {
        sleep(DISCONNECT_DELAY).await;
        Err(Disconnect)
    });
    streamed(stream::iter([Ok(half)]).chain(disconnect))
}

fn huge(document: &Document) -> Body {
    let padding = stream::iter(std::iter::repeat_n(
        Bytes::from(vec![b' '; CHUNK_LEN]),
        HUGE_CHUNKS,
    ));
    streamed(
        padding
            .chain(stream::iter([Bytes::from(document.body.clone())]))
            .map(Ok),
    )
}

fn endless() -> Body {
    let key = r#"{"kty":"XYZ","kid":"one-of-many","use":"sig"},"#;
    let keys = Bytes::from(key.repeat(CHUNK_LEN / key.len()));
    streamed(
        stream::iter([Bytes::from(r#"{"keys":["#)])
            .chain(stream::repeat(keys))
            .map(Ok),
    )
}

fn drip(document: &mut Document) -> Body {
    set_content_length(document);
    streamed(stream::unfold(
        Bytes::from(document.body.clone()),
        |mut rest| async {
            if rest.is_empty() {
                return None;
            }
            sleep(DRIP_INTERVAL).await;
            Some((Ok(rest.split_to(1)), rest))
        },
    ))
}

/// Announces the length of the whole document.
fn set_content_length(document: &mut Document) {
    document
        .headers
        .insert(CONTENT_LENGTH, document.body.len().into());
}

fn streamed(chunks: impl Stream<Item = Result<Bytes, Disconnect>> + Send + 'static) -> Body {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}
