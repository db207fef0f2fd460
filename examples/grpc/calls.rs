//! The calls of the demonstration, with the answers that a caller gets.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;
use tower_jwt_auth::testing::TokenBuilder;

use crate::Result;
use crate::client::GreeterClient;

pub(crate) async fn grpc(address: SocketAddr, token: impl Fn() -> TokenBuilder) -> Result<()> {
    let channel = Channel::from_shared(format!("http://{address}"))?
        .connect()
        .await?;
    let health = HealthClient::new(channel.clone())
        .check(HealthCheckRequest::default())
        .await?;
    println!(
        "gRPC Health/Check without a token: {:?}",
        health.into_inner().status()
    );

    let mut anonymous = GreeterClient::new(channel);
    println!(
        "gRPC Greeter/Hello without a token: {}",
        answer(anonymous.hello().await)
    );
    let mut expired = anonymous.with_token(&token().expired().sign());
    println!(
        "gRPC Greeter/Hello with an expired token: {}",
        answer(expired.hello().await)
    );

    let mut valid = anonymous.with_token(&token().sign());
    println!(
        "gRPC Greeter/Hello with a valid token: {}",
        answer(valid.hello().await)
    );
    println!(
        "gRPC Greeter/Greet with a valid token: {}",
        answer(valid.greet(names()).await)
    );
    println!(
        "gRPC Greeter/Chat with a valid token: {}",
        answers(valid.chat(names()).await).await
    );
    let mut short_lived = anonymous.with_token(&token().expires_in(Duration::from_secs(2)).sign());
    println!(
        "gRPC Greeter/Ticks with a token for 2 s: {}",
        answers(short_lived.ticks().await).await
    );
    Ok(())
}

pub(crate) async fn http(address: SocketAddr, token: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let request = || client.get(format!("http://{address}/me"));
    println!(
        "HTTP /me without a token: {}",
        request().send().await?.status()
    );
    let answer = request().bearer_auth(token).send().await?;
    println!(
        "HTTP /me with a valid token: {}, {}",
        answer.status(),
        answer.text().await?
    );
    Ok(())
}

fn names() -> impl Stream<Item = String> + Send + 'static {
    stream::iter(["bob", "carol"]).map(str::to_owned)
}

fn answer(answer: std::result::Result<Response<String>, Status>) -> String {
    answer.map_or_else(|status| describe(&status), Response::into_inner)
}

/// Returns the messages of a stream, and the status that ends it if it is an error.
async fn answers(call: std::result::Result<Response<Streaming<String>>, Status>) -> String {
    match call {
        Ok(stream) => {
            let messages = stream
                .into_inner()
                .map(|item| item.unwrap_or_else(|status| describe(&status)));
            messages.collect::<Vec<_>>().await.join(", ")
        }
        Err(status) => describe(&status),
    }
}

fn describe(status: &Status) -> String {
    let reason = status
        .get_details_error_info()
        .map_or_else(String::new, |info| format!(" ({})", info.reason));
    format!("{:?}, {}{reason}", status.code(), status.message())
}
