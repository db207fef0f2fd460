//! A client of `demo.Greeter`, like the ones that `tonic-prost-build` generates.

use futures::Stream;
use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

const HELLO: PathAndQuery = PathAndQuery::from_static("/demo.Greeter/Hello");
const GREET: PathAndQuery = PathAndQuery::from_static("/demo.Greeter/Greet");
const TICKS: PathAndQuery = PathAndQuery::from_static("/demo.Greeter/Ticks");
const CHAT: PathAndQuery = PathAndQuery::from_static("/demo.Greeter/Chat");

#[derive(Clone, Debug)]
pub(crate) struct GreeterClient {
    grpc: Grpc<Channel>,
    token: Option<MetadataValue<Ascii>>,
}

impl GreeterClient {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            grpc: Grpc::new(channel),
            token: None,
        }
    }

    /// Returns a client that uses the same connection and sends this token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            grpc: self.grpc.clone(),
            token: format!("Bearer {token}").parse().ok(),
        }
    }

    pub(crate) async fn hello(&mut self) -> Result<Response<String>, Status> {
        let request = self.request(String::new());
        self.ready()
            .await?
            .unary(request, HELLO, ProstCodec::default())
            .await
    }

    pub(crate) async fn greet(
        &mut self,
        names: impl Stream<Item = String> + Send + 'static,
    ) -> Result<Response<String>, Status> {
        let request = self.request(names);
        self.ready()
            .await?
            .client_streaming(request, GREET, ProstCodec::default())
            .await
    }

    pub(crate) async fn ticks(&mut self) -> Result<Response<Streaming<String>>, Status> {
        let request = self.request(String::new());
        self.ready()
            .await?
            .server_streaming(request, TICKS, ProstCodec::default())
            .await
    }

    pub(crate) async fn chat(
        &mut self,
        messages: impl Stream<Item = String> + Send + 'static,
    ) -> Result<Response<Streaming<String>>, Status> {
        let request = self.request(messages);
        self.ready()
            .await?
            .streaming(request, CHAT, ProstCodec::default())
            .await
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request
                .metadata_mut()
                .insert("authorization", token.clone());
        }
        request
    }

    async fn ready(&mut self) -> Result<&mut Grpc<Channel>, Status> {
        self.grpc
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(&mut self.grpc)
    }
}
