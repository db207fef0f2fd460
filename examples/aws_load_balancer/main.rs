//! A server behind an Application Load Balancer of AWS that authenticates users.
//!
//! ```text
//! cargo run --example aws_load_balancer --all-features -- REGION LOAD_BALANCER_ARN ISSUER
//! ```
//!
//! The load balancer adds the user's claims to each request, in `x-amzn-oidc-data`, and signs them.
//! `docs/providers/aws_load_balancer.md` has the guide.

mod keys;

use std::env::args;

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{HeaderName, Request};
use http_body_util::Full;
use reqwest::{Body, Client, Error, redirect::Policy};
use tower::service_fn;
use tower_jwt_auth::{Algorithm, Audience, Claims, HttpClient, Issuer, JwtAuthLayer, TokenSource};

use self::keys::{BoxError, LoadBalancerKeys};

async fn who_am_i(claims: Claims) -> String {
    claims.subject().unwrap_or("anonymous").to_owned()
}

fn client() -> Result<HttpClient, Error> {
    let builder = Client::builder()
        .https_only(true)
        // A redirect could lead to the keys of another party.
        .redirect(Policy::none());
    let client = builder.build()?;
    Ok(HttpClient::new(service_fn(
        move |request: Request<Full<Bytes>>| {
            let client = client.clone();
            async move {
                let request = request.map(Body::wrap).try_into()?;
                let response = client.execute(request).await?;
                Ok::<http::Response<Body>, Error>(response.into())
            }
        },
    )))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let [region, balancer, issuer]: [String; 3] = args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: aws_load_balancer REGION LOAD_BALANCER_ARN ISSUER")?;
    let keys = LoadBalancerKeys::new(&region, client()?)?;
    let audience = Audience::header_parameter("signer", [balancer]);
    let issuer = Issuer::from_key_source(issuer, keys, audience).algorithms([Algorithm::ES256]);
    let data = TokenSource::header(HeaderName::from_static("x-amzn-oidc-data"));
    let auth = JwtAuthLayer::builder(issuer)
        .allow_padding()
        .token_sources([data])
        .build()?;
    let app = Router::new().route("/whoami", get(who_am_i)).layer(auth);
    let listener = tokio::net::TcpListener::bind("0.0.0.0:8080").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
