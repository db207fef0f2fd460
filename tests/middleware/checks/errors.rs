//! Errors of the user's own, over HTTP and gRPC.

use http::{Request, StatusCode};
use tower_jwt_auth::tonic::DetailedStatus;
use tower_jwt_auth::{
    Challenge, CheckOutcome, ConfigErrorKind, Error, ErrorClass, ErrorKind, JwtAuthLayer,
};

use crate::checks::support::{bearing, builder, send, token};
use crate::support::tokio;

fn rejecting(error: &Error) -> JwtAuthLayer {
    let error = error.clone();
    builder()
        .check_fn(move |_, _| CheckOutcome::reject(error.clone()))
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_class_of_an_error_determines_status_and_challenge() {
    let cases = [
        (
            ErrorClass::InvalidRequest,
            400,
            3,
            Some("Bearer error=\"invalid_request\",error_description=\"the account is closed\""),
        ),
        (
            ErrorClass::Unauthorized,
            401,
            16,
            Some("Bearer error=\"invalid_token\",error_description=\"the account is closed\""),
        ),
        (
            ErrorClass::Forbidden,
            403,
            7,
            Some("Bearer error=\"insufficient_scope\",error_description=\"the account is closed\""),
        ),
        (ErrorClass::Unavailable, 503, 14, None),
    ];
    for (class, status, grpc_status, challenge) in cases {
        let error = Error::custom(class, "account_closed", "the account is closed").unwrap();
        assert_eq!(error.class(), class);
        assert_eq!(error.kind(), ErrorKind::Custom("account_closed"));
        assert_eq!(error.description(), "the account is closed");
        assert_eq!(Challenge::status(&error).as_u16(), status);
        assert_eq!(Challenge::grpc_status(&error), grpc_status);

        let layer = rejecting(&error);
        let (response, _) = send(&layer, bearing(&token().sign())).await;
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
        let header = response.headers().get("www-authenticate");
        assert_eq!(header.map(|value| value.to_str().unwrap()), challenge);
        assert_eq!(
            response.headers().contains_key("retry-after"),
            status == 503
        );

        let mut request: Request<()> = bearing(&token().sign());
        *request.method_mut() = http::Method::POST;
        let content_type = "application/grpc".parse().unwrap();
        request.headers_mut().insert("content-type", content_type);
        *request.version_mut() = http::Version::HTTP_2;
        request
            .headers_mut()
            .insert("te", "trailers".parse().unwrap());
        let (response, _) = send(&layer, request).await;
        assert_eq!(
            response.headers()["grpc-status"],
            grpc_status.to_string().as_str()
        );
        assert_eq!(response.headers()["grpc-message"], "the account is closed");
    }
}

#[test]
fn the_error_details_of_grpc_have_the_name_as_reason() {
    use tonic_types::StatusExt as _;
    let error = Error::custom(ErrorClass::Forbidden, "account_closed", "it is closed").unwrap();
    let status = DetailedStatus::new("api.example").status(&error);
    assert_eq!(status.code(), tonic::Code::PermissionDenied);
    assert_eq!(
        status.get_details_error_info().unwrap().reason,
        "ACCOUNT_CLOSED"
    );
}

#[test]
fn a_name_or_description_that_is_not_safe_to_show_is_rejected() {
    let long = "a".repeat(65).leak();
    for name in ["", "Closed", "account closed", "account-closed", "é", long] {
        let error = Error::custom(ErrorClass::Forbidden, name, "closed").unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        let start = format!("name of an error is {name:?}: must be 1 to 64 lower case letters");
        assert!(error.to_string().starts_with(&start), "{error}");
    }
    let long = "a".repeat(201).leak();
    for description in [
        "",
        "a\"b",
        "a\\b",
        "a\r\nset-cookie: x",
        "é",
        "100%",
        "\u{7f}",
        long,
    ] {
        let error = Error::custom(ErrorClass::Forbidden, "closed", description).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
        let start = format!("description of error \"closed\" is {description:?}: must be 1 to 200");
        assert!(error.to_string().starts_with(&start), "{error}");
    }
    let (longest_name, longest) = ("a".repeat(64).leak(), "b".repeat(200).leak());
    assert!(Error::custom(ErrorClass::Forbidden, longest_name, longest).is_ok());
}

#[test]
fn the_debug_output_of_an_outcome_shows_nothing_of_its_values() {
    let error = Error::custom(ErrorClass::Forbidden, "closed", "it is closed").unwrap();
    let outcomes = [
        CheckOutcome::accept_with("secret"),
        CheckOutcome::reject(error.with_source("secret")),
        CheckOutcome::pending_with(async { Ok("secret") }),
    ];
    for outcome in outcomes {
        let shown = format!("{outcome:?}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
