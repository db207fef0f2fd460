//! The service `demo.Greeter`.
//!
//! It is written by hand, so that the example does not need `protoc`. With a `.proto` file,
//! `tonic-prost-build` generates all of this except the four handlers. Every message is a
//! `google.protobuf.StringValue`.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};
use tower_jwt_auth::Claims;
use tower_jwt_auth::tonic::{RequestExt as _, until_expiry};

/// Unary: greets the subject of the token.
async fn hello(request: Request<String>) -> Result<Response<String>, Status> {
    let claims: Claims = request.claims()?;
    Ok(Response::new(format!("hello {}", name(&claims))))
}

/// Client streaming: answers all names with one greeting.
async fn greet(request: Request<Streaming<String>>) -> Result<Response<String>, Status> {
    let claims: Claims = request.claims()?;
    let names: Vec<_> = request.into_inner().try_collect().await?;
    Ok(Response::new(format!(
        "hello {}, from {}",
        names.join(" and "),
        name(&claims)
    )))
}

/// Server streaming: sends a message each second, until the token expires.
async fn ticks(
    request: Request<String>,
) -> Result<Response<impl Stream<Item = Result<String, Status>> + use<>>, Status> {
    let claims: Claims = request.claims()?;
    let seconds = stream::iter(1_u64..).then(|second| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(format!("tick {second}"))
    });
    Ok(Response::new(until_expiry(seconds, &claims)))
}

/// Bidirectional streaming: answers each message, until the token expires.
async fn chat(
    request: Request<Streaming<String>>,
) -> Result<Response<impl Stream<Item = Result<String, Status>> + use<>>, Status> {
    let claims: Claims = request.claims()?;
    let speaker = name(&claims).to_owned();
    let answers = request
        .into_inner()
        .map_ok(move |message| format!("{speaker} said {message}"));
    Ok(Response::new(until_expiry(answers, &claims)))
}

fn name(claims: &Claims) -> &str {
    claims.subject().unwrap_or("anonymous")
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Greeter;

impl NamedService for Greeter {
    const NAME: &'static str = "demo.Greeter";
}

impl Service<http::Request<Body>> for Greeter {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<String, String>::default());
            let path = request.uri().path().to_owned();
            Ok(match path.as_str() {
                "/demo.Greeter/Hello" => grpc.unary(service_fn(hello), request).await,
                "/demo.Greeter/Greet" => grpc.client_streaming(service_fn(greet), request).await,
                "/demo.Greeter/Ticks" => grpc.server_streaming(service_fn(ticks), request).await,
                "/demo.Greeter/Chat" => grpc.streaming(service_fn(chat), request).await,
                _ => Status::unimplemented("unknown method").into_http(),
            })
        })
    }
}
