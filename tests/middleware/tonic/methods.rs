//! Services and methods that need no token.

use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::health_reporter;
use tower_jwt_auth::Paths;

use crate::support::tokio;
use crate::tonic::client::GreeterClient;
use crate::tonic::greeter::Greeter;
use crate::tonic::support::{Pipe, builder, serve, token};

fn serve_with_exempt(names: &[&str]) -> Pipe {
    let (_, health) = health_reporter();
    let layer = builder()
        .skip_paths(Paths::grpc_methods(names.iter().copied()).unwrap())
        .build()
        .unwrap();
    serve!(
        Server::builder().layer(layer),
        Routes::new(health).add_service(Greeter)
    )
}

#[tokio::test]
async fn an_exempt_service_needs_no_token_and_the_others_do() {
    let pipe = serve_with_exempt(&["grpc.health.v1.Health"]);
    let channel = pipe.channel().await;
    let mut health = HealthClient::new(channel.clone());
    assert!(health.check(HealthCheckRequest::default()).await.is_ok());
    let mut watch = health
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(watch.message().await.unwrap().is_some());

    let mut anonymous = GreeterClient::new(channel);
    assert_eq!(
        anonymous.hello().await.unwrap_err().code(),
        Code::Unauthenticated
    );
    assert!(anonymous.with_token(&token().sign()).hello().await.is_ok());
}

#[tokio::test]
async fn an_exempt_method_exempts_no_other_of_its_service() {
    let pipe = serve_with_exempt(&["grpc.health.v1.Health/Check"]);
    let mut health = HealthClient::new(pipe.channel().await);
    assert!(health.check(HealthCheckRequest::default()).await.is_ok());
    let watched: Result<_, Status> = health.watch(HealthCheckRequest::default()).await;
    assert_eq!(watched.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_method_that_is_exempt_by_mistake_gets_no_claims() {
    let pipe = serve_with_exempt(&["demo.Greeter"]);
    let status = GreeterClient::new(pipe.channel().await)
        .hello()
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::Unauthenticated,
            "the request has no verified access token"
        )
    );
}

#[test]
fn protected_services_keep_their_names() {
    fn name<S: tonic::server::NamedService>(_: &S) -> &'static str {
        S::NAME
    }
    #[derive(Clone)]
    struct Named;
    impl tonic::server::NamedService for Named {
        const NAME: &'static str = "demo.Greeter";
    }
    let auth = builder().build().unwrap();
    let read = tower_jwt_auth::RequireLayer::all_scopes(["read"]).unwrap();
    assert_eq!(name(&tower::Layer::layer(&auth, Named)), "demo.Greeter");
    assert_eq!(name(&tower::Layer::layer(&read, Named)), "demo.Greeter");
}
