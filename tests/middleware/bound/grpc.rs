//! DPoP with a tonic client.

use std::time::Duration;

use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;
use tower_jwt_auth::testing::DpopClient;
use tower_jwt_auth::tonic::DetailedStatus;
use tower_jwt_auth::{Algorithm, Dpop, DpopNonces, JwtAuthBuilder, JwtAuthLayer};

use crate::support::tokio;
use crate::tonic::support::{builder, serve, token};

const HELLO: PathAndQuery = PathAndQuery::from_static("/demo.Greeter/Hello");
const URL: &str = "https://server.example/demo.Greeter/Hello";

fn dpop() -> Dpop {
    Dpop::optional().algorithms([Algorithm::ES256])
}

fn client() -> DpopClient {
    DpopClient::generate(Algorithm::ES256)
}

fn layer(dpop: Dpop) -> JwtAuthLayer {
    builder().dpop(dpop).build().unwrap()
}

/// Starts the greeter below a layer, and returns a connection to it.
macro_rules! connect {
    ($layer:expr) => {
        serve!(
            tonic::transport::Server::builder().layer($layer),
            tonic::service::Routes::new(crate::tonic::greeter::Greeter)
        )
        .channel()
        .await
    };
}

fn with_metadata(metadata: &[(&'static str, &str)]) -> Request<String> {
    let mut request = Request::new(String::new());
    for (name, value) in metadata {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// Calls `Hello` with this metadata.
async fn hello(
    channel: &Channel,
    metadata: &[(&'static str, &str)],
) -> Result<Response<String>, Status> {
    let request = with_metadata(metadata);
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    grpc.unary(request, HELLO, ProstCodec::<String, String>::default())
        .await
}

/// Calls `Hello` with a valid proof.
async fn hello_by(
    channel: &Channel,
    client: &DpopClient,
    token: &str,
) -> Result<Response<String>, Status> {
    let proof = client.proof("POST", URL, token).sign();
    let authorization = format!("DPoP {token}");
    hello(
        channel,
        &[("authorization", &authorization), ("dpop", &proof)],
    )
    .await
}

fn challenges(status: &Status) -> Vec<&str> {
    let values = status.metadata().get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_call_with_a_proof_reaches_its_handler_with_claims() {
    let channel = connect!(layer(dpop()));
    let client = client();
    let token = token().bound_to(&client).sign();
    let greeting = hello_by(&channel, &client, &token).await.unwrap();
    assert_eq!(greeting.into_inner(), "hello alice");
    let status = hello(&channel, &[("authorization", &format!("Bearer {token}"))])
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let message = "the request does not prove that the client has the key or certificate that the \
                   access token is bound to";
    assert_eq!(status.message(), message);
    assert_eq!(challenges(&status).len(), 2);
}

#[tokio::test]
async fn a_client_learns_nonces_from_the_metadata() {
    let nonces = DpopNonces::random().lifetime(Duration::from_secs(300));
    let channel = connect!(layer(dpop().nonces(nonces)));
    let client = client();
    let token = token().bound_to(&client).sign();
    let status = hello_by(&channel, &client, &token).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(
        status.message(),
        "the DPoP proof needs a nonce of this server"
    );
    let [challenge] = challenges(&status)[..] else {
        panic!("one challenge")
    };
    assert!(
        challenge.starts_with("DPoP error=\"use_dpop_nonce\""),
        "{challenge}"
    );
    assert!(client.store_nonce(&status.metadata().clone().into_headers()));
    hello_by(&channel, &client, &token).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_checked_when_it_opens_and_ends_with_its_token() {
    let channel = connect!(layer(dpop()));
    let client = client();
    let token = token().bound_to(&client);
    let token = token.expires_in(Duration::from_secs(60)).sign();
    let url = "https://server.example/demo.Greeter/Ticks";
    let proof = client.proof("POST", url, &token).sign();
    let authorization = format!("DPoP {token}");
    let metadata = [("authorization", &*authorization), ("dpop", &*proof)];
    let open = async || {
        let mut grpc = Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = ProstCodec::<String, String>::default();
        let path = PathAndQuery::from_static("/demo.Greeter/Ticks");
        grpc.server_streaming(with_metadata(&metadata), path, codec)
            .await
    };
    let mut ticks = open().await.unwrap().into_inner();
    // The proof is not checked again.
    for _ in 0..58 {
        assert!(ticks.message().await.unwrap().is_some());
    }
    let end = loop {
        if let Err(status) = ticks.message().await {
            break status;
        }
    };
    assert_eq!(end.message(), "the access token has expired");
    let status = open().await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "it was used");
}

#[tokio::test]
async fn two_proofs_in_the_metadata_are_rejected() {
    let channel = connect!(layer(dpop()));
    let client = client();
    let token = token().bound_to(&client).sign();
    let proof = client.proof("POST", URL, &token).sign();
    let authorization = format!("DPoP {token}");
    let metadata = [
        ("authorization", &*authorization),
        ("dpop", &*proof),
        ("dpop", &*proof),
    ];
    let status = hello(&channel, &metadata).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "the DPoP proof is missing or invalid");
}

#[tokio::test]
async fn the_reason_in_the_details_is_the_kind() {
    let detailed = |builder: JwtAuthBuilder| {
        builder
            .rejection_response(DetailedStatus::new("api.example"))
            .build()
            .unwrap()
    };
    let channel = connect!(detailed(
        builder().dpop(dpop().nonces(DpopNonces::random()))
    ));
    let client = client();
    let bound = token().bound_to(&client).sign();
    let reason = |status: &Status| status.get_details_error_info().unwrap().reason;
    let status = hello_by(&channel, &client, &bound).await.unwrap_err();
    assert_eq!(reason(&status), "USE_DPOP_NONCE");
    assert!(status.metadata().contains_key("dpop-nonce"));
    let authorization = format!("DPoP {bound}");
    let status = hello(&channel, &[("authorization", &authorization)])
        .await
        .unwrap_err();
    assert_eq!(reason(&status), "INVALID_DPOP_PROOF");
    let unbound = format!("DPoP {}", token().sign());
    let status = hello(&channel, &[("authorization", &unbound)])
        .await
        .unwrap_err();
    assert_eq!(reason(&status), "UNBOUND_TOKEN");
}

#[tokio::test]
async fn a_call_without_claims_is_offered_both_schemes_by_its_handler() {
    let channel = connect!(builder().dpop(dpop()).optional().build().unwrap());
    let status = hello(&channel, &[]).await.unwrap_err();
    assert_eq!(challenges(&status), ["Bearer", "DPoP algs=\"ES256\""]);
}
