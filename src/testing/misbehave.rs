//! Answers of an issuer that is broken or hostile.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::answer::{Body, Cut, bare, full, honest, with_body};
use super::fault::{Fault, status};
use super::provider::Page;

/// Long enough for the half that was sent to leave.
const BEFORE_CUT: Duration = Duration::from_millis(20);
const BETWEEN_DRIPS: Duration = Duration::from_millis(100);
const CHUNK: usize = 64 * 1024;
const HUGE_CHUNKS: usize = 3200;

pub(super) async fn misbehave(
    fault: Fault,
    mut page: Page,
    request: &HeaderMap,
) -> Result<Response<Body>, Cut> {
    let body = match fault {
        Fault::Delay(delay) => {
            sleep(delay).await;
            return Ok(honest(page, request));
        }
        Fault::Hang => std::future::pending().await,
        Fault::Reset => return Err(Cut),
        Fault::Status(code) => {
            let body = full(page.body.clone());
            let mut response = with_body(page, body);
            *response.status_mut() = status(code);
            return Ok(response);
        }
        Fault::Redirect(url) => {
            let url = HeaderValue::try_from(url).expect("the fault was checked when it was set");
            return Ok(with_header(bare(StatusCode::FOUND), LOCATION, url));
        }
        Fault::RetryAfter {
            status: code,
            seconds,
        } => {
            return Ok(with_header(bare(status(code)), RETRY_AFTER, seconds.into()));
        }
        Fault::Html => {
            page.headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            );
            full("<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>")
        }
        Fault::Garbage => full(&b"{\"keys\":[\xff\xfe\x00}}]\x80"[..]),
        Fault::Empty => full(""),
        Fault::NoKeys => full(json!({"keys": []}).to_string()),
        Fault::HalfBad => full(half_bad(&page.jwks)),
        Fault::Truncated => truncated(&mut page),
        Fault::Huge => huge(&page),
        Fault::Endless => endless(),
        Fault::Drip => drip(&mut page),
    };
    Ok(with_body(page, body))
}

fn with_header(
    mut response: Response<Body>,
    name: http::HeaderName,
    value: HeaderValue,
) -> Response<Body> {
    response.headers_mut().insert(name, value);
    response
}

fn half_bad(good: &[Value]) -> String {
    let mut keys = vec![
        json!({}),
        json!({"kty": "XYZ", "kid": "unknown-type", "z": "AQAB"}),
        json!({"kty": "RSA", "kid": "rsa-1024", "alg": "RS256", "n": "x".repeat(171), "e": "AQAB"}),
        json!({"kty": "EC", "kid": "bad-base64", "crv": "P-256", "x": "+/+/=", "y": "*"}),
        json!({"kty": "EC", "kid": "off-curve", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)}),
        json!({"kty": "oct", "kid": "symmetric", "alg": "HS256", "k": "A".repeat(43)}),
    ];
    keys.extend(good.first().cloned().map(|mut key| {
        key["kid"] = json!("for-encryption");
        key["use"] = json!("enc");
        key
    }));
    keys.extend_from_slice(good);
    json!({"keys": keys}).to_string()
}

fn truncated(page: &mut Page) -> Body {
    announce_whole(page);
    let half = Bytes::from(page.body.clone()).slice(..page.body.len() / 2);
    let cut = stream::once(async {
        sleep(BEFORE_CUT).await;
        Err(Cut)
    });
    streamed(stream::iter([Ok(half)]).chain(cut))
}

fn huge(page: &Page) -> Body {
    let padding = stream::iter(std::iter::repeat_n(
        Bytes::from(vec![b' '; CHUNK]),
        HUGE_CHUNKS,
    ));
    streamed(
        padding
            .chain(stream::iter([Bytes::from(page.body.clone())]))
            .map(Ok),
    )
}

fn endless() -> Body {
    let key = r#"{"kty":"XYZ","kid":"one-of-many","use":"sig"},"#;
    let keys = Bytes::from(key.repeat(CHUNK / key.len()));
    streamed(
        stream::iter([Bytes::from(r#"{"keys":["#)])
            .chain(stream::repeat(keys))
            .map(Ok),
    )
}

fn drip(page: &mut Page) -> Body {
    announce_whole(page);
    streamed(stream::unfold(
        Bytes::from(page.body.clone()),
        |mut left| async {
            if left.is_empty() {
                return None;
            }
            sleep(BETWEEN_DRIPS).await;
            Some((Ok(left.split_to(1)), left))
        },
    ))
}

fn announce_whole(page: &mut Page) {
    page.headers.insert(CONTENT_LENGTH, page.body.len().into());
}

fn streamed(chunks: impl Stream<Item = Result<Bytes, Cut>> + Send + 'static) -> Body {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}
