//! An endpoint, its layer and list, and logout tokens.

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_jwt_auth::testing::{TestClock, TestKey, TokenBuilder};
use tower_jwt_auth::{
    BackChannelLogout, Error, ErrorKind, JwtAuthBuilder, JwtAuthLayer, Revocations,
    TokenCacheSettings,
};

use crate::support::{ISSUER, bearer, builder, clock, default_key, wait_for};

pub(crate) const CLIENT: &str = "client-of-the-application";
pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

pub(crate) struct Setup {
    pub(crate) layer: JwtAuthLayer,
    pub(crate) list: Revocations,
    pub(crate) endpoint: BackChannelLogout,
}

/// What the endpoint answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) fn setup() -> Setup {
    of(builder().token_cache(TokenCacheSettings::default()))
}

pub(crate) fn of(builder: JwtAuthBuilder) -> Setup {
    with_list(builder, Revocations::new())
}

pub(crate) fn with_list(builder: JwtAuthBuilder, list: Revocations) -> Setup {
    let layer = builder.revocations(&list).build().unwrap();
    let endpoint = BackChannelLogout::new(layer.authenticator(), [CLIENT]).unwrap();
    Setup {
        layer,
        list,
        endpoint,
    }
}

/// A valid logout token, issued now.
pub(crate) fn logout_token() -> TokenBuilder {
    of_key(default_key(), &clock())
}

pub(crate) fn of_key(key: &TestKey, clock: &TestClock) -> TokenBuilder {
    key.token()
        .issuer(ISSUER)
        .clock(clock)
        .expires_in(std::time::Duration::from_secs(120))
        .header("typ", "logout+jwt")
        .audience(CLIENT)
        .subject("alice")
        .claim("sid", "session")
        .claim("events", json!({ EVENT: {} }))
}

/// An access token of alice in the session that [`logout_token`] ends.
pub(crate) fn access_token() -> TokenBuilder {
    crate::support::token()
        .subject("alice")
        .claim("sid", "session")
}

pub(crate) fn form(token: &str) -> String {
    format!("logout_token={token}")
}

pub(crate) fn post(body: impl Into<String>) -> Request<Full<bytes::Bytes>> {
    let content_type = "application/x-www-form-urlencoded";
    let request = Request::post("/logout").header("content-type", content_type);
    request.body(Full::from(body.into())).unwrap()
}

pub(crate) async fn ask(
    endpoint: &BackChannelLogout,
    request: Request<Full<bytes::Bytes>>,
) -> Answer {
    let response = wait_for("the answer", endpoint.clone().oneshot(request)).await;
    let (parts, body) = response.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

impl Setup {
    pub(crate) async fn log_out(&self, token: &str) -> Answer {
        ask(&self.endpoint, post(form(token))).await
    }

    /// Why an access token is rejected, if it is.
    pub(crate) async fn rejection(&self, token: &str) -> Option<ErrorKind> {
        let answer = crate::support::ask(&self.layer, bearer(token)).await;
        answer.error.as_ref().map(Error::kind)
    }

    /// Expects 400 for a token, which has no effect.
    pub(crate) async fn expect_rejected(&self, token: &str, description: &str) {
        let answer = self.log_out(token).await;
        answer.expect_error(StatusCode::BAD_REQUEST, "invalid_request", description);
        assert!(self.list.is_empty(), "{description}");
        assert_eq!(self.rejection(&access_token().sign()).await, None);
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_logged_out(&self) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        assert_eq!(self.body, "");
        assert_eq!(self.headers["cache-control"], "no-store");
    }

    #[track_caller]
    pub(crate) fn expect_error(&self, status: StatusCode, error: &str, description: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(self.headers["content-type"], "application/json");
        let body: Value = serde_json::from_str(&self.body).unwrap();
        let expected = json!({ "error": error, "error_description": description });
        assert_eq!(body, expected);
    }
}
