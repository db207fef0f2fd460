//! gRPC: the challenge in the trailers, and the document on the same port.

use http::{Method, Request, Version};
use tower_jwt_auth::ErrorKind;

use super::{URL, builder, for_resource};
use crate::support::{ask, bearer, block_on, request};

fn call(mut request: Request<()>) -> Request<()> {
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.insert("content-type", "application/grpc".parse().unwrap());
    headers.insert("te", "trailers".parse().unwrap());
    request
}

#[test]
fn c8_a_trailers_only_response_names_the_metadata_and_the_scopes() {
    let layer = builder().require_scopes(["a", "b"]).build().unwrap();
    let send = |request| block_on(ask(&layer, call(request)));
    for (request, code, kind) in [
        (request(&[]), "16", ErrorKind::MissingToken),
        (bearer("x"), "16", ErrorKind::MalformedToken),
        (
            bearer(&for_resource().scope("b").sign()),
            "7",
            ErrorKind::InsufficientScope,
        ),
    ] {
        let answer = send(request);
        assert_eq!((answer.status.as_u16(), answer.kind()), (200, Some(kind)));
        assert_eq!(answer.header("grpc-status"), Some(code));
        assert_eq!(answer.attribute("resource_metadata"), Some(URL));
        assert_eq!(answer.attribute("scope"), Some("a b"));
    }
}

/// A stack of tonic: its body is one that the layer knows.
#[cfg(feature = "tonic")]
#[test]
fn c1_the_document_is_served_with_the_body_of_tonic() {
    use http_body_util::BodyExt as _;
    use std::convert::Infallible;
    use tower::{Layer as _, ServiceExt as _, service_fn};
    use tower_jwt_auth::RequireLayer;

    let layer = builder().build().unwrap();
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(http::Response::new(tonic::body::Body::empty()))
    });
    let service = layer.layer(RequireLayer::all_scopes(["a"]).unwrap().layer(inner));
    let response = block_on(service.oneshot(super::get(super::PATH))).unwrap();
    assert_eq!(response.status(), 200);
    let body = block_on(response.into_body().collect()).unwrap().to_bytes();
    let found: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(found["resource"], super::RESOURCE);
}

#[cfg(feature = "tonic")]
#[test]
fn c8_the_status_of_a_handler_names_the_metadata() {
    use std::convert::Infallible;
    use tower::{Layer as _, ServiceExt as _, service_fn};
    use tower_jwt_auth::Claims;
    use tower_jwt_auth::tonic::RequestExt as _;

    let layer = builder().optional().require_scopes(["a"]).build().unwrap();
    let inner = service_fn(|request: Request<()>| async {
        let (parts, ()) = request.into_parts();
        let call = tonic::Request::from_parts(
            tonic::metadata::MetadataMap::from_headers(parts.headers),
            parts.extensions,
            (),
        );
        let status = call
            .claims::<tower_jwt_auth::JsonClaims>()
            .map(drop::<Claims>);
        Ok::<_, Infallible>(status.unwrap_err().into_http::<String>())
    });
    let response = block_on(layer.layer(inner).oneshot(call(request(&[])))).unwrap();
    let expected = format!("Bearer scope=\"a\",resource_metadata=\"{URL}\"");
    assert_eq!(response.headers()["www-authenticate"], expected);
    assert_eq!(response.headers()["grpc-status"], "16");
}

#[cfg(feature = "tonic")]
#[test]
fn c8_the_status_of_a_handler_that_requires_a_scope_names_all_of_them_and_the_metadata() {
    use std::convert::Infallible;
    use tower::{Layer as _, ServiceExt as _, service_fn};
    use tower_jwt_auth::Claims;

    let layer = builder().require_scopes(["a"]).build().unwrap();
    let inner = service_fn(|request: Request<()>| async move {
        let claims = <Claims>::from_extensions(request.extensions()).unwrap();
        let error = claims.require_scopes(&["b"]).unwrap_err();
        Ok::<_, Infallible>(tonic::Status::from(error).into_http::<String>())
    });
    let request = call(bearer(&for_resource().scope("a").sign()));
    let response = block_on(layer.layer(inner).oneshot(request)).unwrap();
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    let (_, attributes) = challenge.split_once("scope=").unwrap();
    assert_eq!(attributes, format!("\"a b\",resource_metadata=\"{URL}\""));
}
