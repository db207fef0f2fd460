//! The pages of `docs/migration`: their programs run, and what they say about this crate is true.

mod axum_jwt_auth;
mod behaviour;
mod documents;
mod jsonwebtoken;
mod jwt_authorizer;
mod outages;
mod settings;
mod tower_oauth2_resource_server;

use std::fmt::Debug;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_jwt_auth::ConfigError;

use crate::site::Site;
use crate::token::Token;

/// The name of a page, and its program.
type Program = (&'static str, fn() -> Result<Router, ConfigError>);

const PROGRAMS: [Program; 4] = [
    axum_jwt_auth::PROGRAM,
    jsonwebtoken::PROGRAM,
    jwt_authorizer::PROGRAM,
    tower_oauth2_resource_server::PROGRAM,
];

const ISSUER: &str = "https://login.example.com/";
const KEYS: &str = "https://login.example.com/keys";
/// A token that all programs accept, in the form of a guide.
const TOKEN: &str = r#"
```json
{ "alg": "RS256", "kid": "2026-11", "typ": "JWT" }
```
```json
{
  "iss": "https://login.example.com/", "aud": "https://api.example.com", "sub": "alice",
  "tenant": "acme", "iat": 1799999400, "exp": 1900000000
}
```
"#;

/// An issuer, and a program that trusts it.
struct Service {
    site: Site,
    app: Router,
}

impl Service {
    fn start((_, app): Program) -> Self {
        let site = Site::new(TOKEN);
        let metadata = json!({ "issuer": ISSUER, "jwks_uri": KEYS });
        let discovery = format!("{ISSUER}.well-known/openid-configuration");
        site.publish(&discovery, &metadata);
        site.publish_keys(KEYS, [site.key.jwk()]);
        let app = site.build(app);
        Self { site, app }
    }

    fn token(&self) -> Token {
        self.site.token()
    }

    async fn get(&self, token: &Token) -> Answer {
        self.get_with(&format!("Bearer {}", token.sign(&self.site.key)))
            .await
    }

    async fn get_with(&self, authorization: &str) -> Answer {
        let request = Request::get("/me").header(AUTHORIZATION, authorization);
        let request = request.body(Body::empty()).unwrap();
        Answer::of(self.app.clone().oneshot(request).await.unwrap()).await
    }
}

struct Answer {
    status: StatusCode,
    challenge: Option<String>,
    retry_after: Option<String>,
    body: String,
}

impl Answer {
    #[track_caller]
    fn check(&self, status: u16, case: impl Debug) {
        assert_eq!(self.status, status, "{case:?}");
    }

    async fn of(response: Response<Body>) -> Self {
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let (challenge, retry_after) = (text(WWW_AUTHENTICATE), text(RETRY_AFTER));
        let status = response.status();
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        Self {
            status,
            challenge,
            retry_after,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

/// Returns the token with a claim, or without it for `null`.
fn with(token: Token, name: &str, value: &Value) -> Token {
    match value {
        Value::Null => token.without(&[name]),
        value => token.claim(name, value.clone()),
    }
}
