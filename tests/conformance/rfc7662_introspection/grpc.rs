//! The status of gRPC calls: 16 for a token that is not active, 14 while the issuer can't be asked.

use http::Request;
use tower_jwt_auth::ErrorKind;

use super::endpoint::{Act, Endpoint};
use crate::support::tokio;
use crate::support::{ask, bearer};

fn call() -> Request<()> {
    let mut request = bearer("opaque-token");
    *request.method_mut() = http::Method::POST;
    *request.version_mut() = http::Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert("content-type", "application/grpc".parse().unwrap());
    headers.insert("te", "trailers".parse().unwrap());
    request
}

#[tokio::test(start_paused = true)]
async fn the_status_is_16_or_14() {
    let inactive = Act::Body(r#"{"active":false}"#.to_owned());
    for (act, status, kind) in [
        (inactive, "16", ErrorKind::Inactive),
        (Act::Status(500), "14", ErrorKind::IntrospectionUnavailable),
        (Act::Status(401), "14", ErrorKind::IntrospectionUnavailable),
        (Act::Hang, "14", ErrorKind::IntrospectionUnavailable),
    ] {
        let endpoint = Endpoint::new();
        endpoint.act(act);
        let answer = ask(&endpoint.layer(), call()).await;
        assert_eq!((answer.status.as_u16(), answer.kind()), (200, Some(kind)));
        assert_eq!(answer.header("grpc-status"), Some(status));
    }
}

// Where a token is optional, one that is not active is rejected as everywhere.
#[tokio::test(start_paused = true)]
async fn an_inactive_token_does_not_count_as_none() {
    let endpoint = Endpoint::answering(r#"{"active":false}"#);
    let builder = endpoint.builder(tower_jwt_auth::IntrospectionSettings::default());
    let layer = builder.optional().build().unwrap();
    for _ in 0..2 {
        let answer = ask(&layer, bearer("opaque-token")).await;
        answer.invalid_token(ErrorKind::Inactive);
    }
    endpoint.act(Act::Status(500));
    let answer = ask(&layer, bearer("another")).await;
    answer.rejected(503, None, ErrorKind::IntrospectionUnavailable);
}
