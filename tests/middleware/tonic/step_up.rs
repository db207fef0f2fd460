//! Step-up authentication (RFC 9470), as a client sees it.

use std::time::Duration;

use tonic_types::StatusExt as _;
use tower::ServiceBuilder;
use tower_jwt_auth::tonic::DetailedStatus;
use tower_jwt_auth::{GrpcRules, RequireLayer, Rule};

use crate::support::tokio;
use crate::tonic::support::{builder, greeter, token};

#[tokio::test]
async fn c19_a_client_reads_the_authentication_that_a_method_needs_from_the_details() {
    let recent = Rule::max_age(Duration::from_secs(300)).unwrap();
    let rule = Rule::acr(["gold", "silver"]).unwrap().and(recent);
    let rule = rule.and(Rule::all_scopes(["greet"]).unwrap());
    let rules = GrpcRules::new().add("demo.Greeter/Hello", rule).unwrap();
    let auth = builder().rejection_response(DetailedStatus::new("api.example"));
    let layers = ServiceBuilder::new().layer(auth.build().unwrap());
    let layers = layers.layer(RequireLayer::grpc_rules(rules)).into_inner();
    let anonymous = greeter!(layers);
    let client = |token: &str| anonymous.with_token(token);

    let status = client(&token().sign()).hello().await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unauthenticated);
    let challenge = status
        .metadata()
        .get("www-authenticate")
        .unwrap()
        .to_str()
        .unwrap();
    let expected = ",scope=\"greet\",acr_values=\"gold silver\",max_age=\"300\"";
    assert!(challenge.ends_with(expected), "{challenge}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, "INSUFFICIENT_USER_AUTHENTICATION");
    let mut metadata: Vec<_> = info.metadata.into_iter().collect();
    metadata.sort();
    let expected = [
        ("acr_values", "gold silver"),
        ("max_age", "300"),
        ("scope", "greet"),
    ];
    assert_eq!(
        metadata,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );

    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let valid = token()
        .claim("acr", "silver")
        .claim("auth_time", now.as_secs());
    assert!(client(&valid.scope("greet").sign()).hello().await.is_ok());
}
