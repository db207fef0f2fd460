//! What callers see.

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

    let mut nobody = GreeterClient::new(channel);
    println!(
        "gRPC Greeter/Hello without a token: {}",
        answer(nobody.hello().await)
    );
    let mut expired = nobody.with_token(&token().expired().sign());
    println!(
        "gRPC Greeter/Hello with an expired token: {}",
        answer(expired.hello().await)
    );

    let mut good = nobody.with_token(&token().sign());
    println!(
        "gRPC Greeter/Hello with a good token: {}",
        answer(good.hello().await)
    );
    println!(
        "gRPC Greeter/Greet with a good token: {}",
        answer(good.greet(names()).await)
    );
    println!(
        "gRPC Greeter/Chat with a good token: {}",
        answers(good.chat(names()).await).await
    );
    let mut short = nobody.with_token(&token().expires_in(Duration::from_secs(2)).sign());
    println!(
        "gRPC Greeter/Ticks with a token for 2 s: {}",
        answers(short.ticks().await).await
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
        "HTTP /me with a good token: {}, {}",
        answer.status(),
        answer.text().await?
    );
    Ok(())
}

fn names() -> impl Stream<Item = String> + Send + 'static {
    stream::iter(["bob", "carol"]).map(str::to_owned)
}

fn answer(answer: std::result::Result<Response<String>, Status>) -> String {
    answer.map_or_else(|status| in_words(&status), Response::into_inner)
}

/// All that comes until the stream ends.
async fn answers(call: std::result::Result<Response<Streaming<String>>, Status>) -> String {
    match call {
        Ok(stream) => {
            let said = stream
                .into_inner()
                .map(|item| item.unwrap_or_else(|status| in_words(&status)));
            said.collect::<Vec<_>>().await.join(", ")
        }
        Err(status) => in_words(&status),
    }
}

fn in_words(status: &Status) -> String {
    let reason = status
        .get_details_error_info()
        .map_or_else(String::new, |info| format!(" ({})", info.reason));
    format!("{:?}, {}{reason}", status.code(), status.message())
}
