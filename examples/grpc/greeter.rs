//! The service `demo.Greeter`. Written by hand, so that no `protoc` is needed; with a `.proto` of yours, `tonic-prost-build`
//! writes all of this but the four functions. Messages are `google.protobuf.StringValue`.

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

/// Unary.
async fn hello(request: Request<String>) -> Result<Response<String>, Status> {
    let claims: Claims = request.claims()?;
    Ok(Response::new(format!("hello {}", name(&claims))))
}

/// Client streaming: greets everybody at once.
async fn greet(request: Request<Streaming<String>>) -> Result<Response<String>, Status> {
    let claims: Claims = request.claims()?;
    let names: Vec<_> = request.into_inner().try_collect().await?;
    Ok(Response::new(format!(
        "hello {}, from {}",
        names.join(" and "),
        name(&claims)
    )))
}

/// Server streaming: the seconds, as long as the token lasts.
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

/// Bidirectional streaming: answers each message, as long as the token lasts.
async fn chat(
    request: Request<Streaming<String>>,
) -> Result<Response<impl Stream<Item = Result<String, Status>> + use<>>, Status> {
    let claims: Claims = request.claims()?;
    let to = name(&claims).to_owned();
    let answers = request
        .into_inner()
        .map_ok(move |said| format!("{to} said {said}"));
    Ok(Response::new(until_expiry(answers, &claims)))
}

fn name(claims: &Claims) -> &str {
    claims.subject().unwrap_or("stranger")
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
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}
