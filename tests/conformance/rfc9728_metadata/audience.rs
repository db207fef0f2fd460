//! The resource identifier as the audience (RFC 8707 §2).

use tower_jwt_auth::{Audience, ConfigError, ConfigErrorKind, ErrorKind, Issuer, JwtAuthLayer};

use super::{RESOURCE, builder, for_resource, metadata};
use crate::support::{ISSUER, ask, bearer, block_on, builder_for, default_key, key_set, token};

fn issuer_for(audience: impl Into<Audience>) -> Issuer {
    Issuer::from_keys(ISSUER, key_set([default_key()]), audience)
}

fn build(audience: impl Into<Audience>) -> Result<JwtAuthLayer, ConfigError> {
    builder_for(issuer_for(audience))
        .resource(metadata())
        .build()
}

#[test]
fn c7_the_identifier_is_written_once_for_audience_metadata_and_challenge() {
    let layer = builder().build().unwrap();
    let send = |token: String| block_on(ask(&layer, bearer(&token)));
    send(for_resource().sign()).accepted();
    send(token().audience("https://other.example").sign()).invalid_token(ErrorKind::WrongAudience);
    let answer = block_on(ask(&layer, bearer("invalid")));
    assert_eq!(answer.attribute("resource_metadata"), Some(super::URL));
    assert_eq!(super::document(&layer)["resource"], RESOURCE);
}

#[test]
fn c7_another_audience_is_an_error_that_names_both() {
    let error = build("api://client").unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    assert_eq!(
        error.to_string(),
        format!(
            "audience of issuer \"{ISSUER}\" is [\"api://client\"]: must contain the resource \
             \"{RESOURCE}\" (Audience::resource() does), unless allow_other_audiences is set"
        )
    );
    let error = build(Audience::claim("azp", ["web"])).unwrap_err();
    assert!(error.to_string().contains(RESOURCE), "{error}");
    assert!(build([RESOURCE, "api://client"]).is_ok());
}

#[test]
fn c7_a_trailing_slash_makes_another_audience_and_the_error_says_so() {
    let error = build("https://h.example/mcp/").unwrap_err().to_string();
    assert!(
        error.contains("differs from it in the trailing slash"),
        "{error}"
    );
    assert!(error.contains("\"https://h.example/mcp\""), "{error}");
    let resource = tower_jwt_auth::ResourceMetadata::new("https://h.example/");
    let error = builder_for(issuer_for("https://h.example")).resource(resource);
    let error = error.build().unwrap_err().to_string();
    assert!(
        error.contains("differs from it in the trailing slash"),
        "{error}"
    );
}

#[test]
fn c7_other_audiences_are_accepted_on_purpose() {
    let resource = metadata().allow_other_audiences();
    let layer = builder_for(issuer_for("api://client"))
        .resource(resource)
        .build()
        .unwrap();
    let send = |token: String| block_on(ask(&layer, bearer(&token)));
    send(token().audience("api://client").sign()).accepted();
    send(for_resource().sign()).invalid_token(ErrorKind::WrongAudience);
    let resource = metadata().allow_other_audiences();
    let issuer = issuer_for(Audience::claim("azp", ["web"]));
    assert!(builder_for(issuer).resource(resource).build().is_ok());
}

#[test]
fn c7_issuers_that_are_added_later_are_compared_too() {
    let layer = builder().build().unwrap();
    let other = |audience: Audience| {
        Issuer::from_keys("https://other.example", key_set([default_key()]), audience)
    };
    let error = layer
        .issuers()
        .add(other("api://client".into()))
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting);
    layer.issuers().add(other(Audience::resource())).unwrap();
    let issued = for_resource().issuer("https://other.example").sign();
    block_on(ask(&layer, bearer(&issued))).accepted();
}

#[test]
fn the_audience_of_the_resource_needs_a_resource() {
    let error = builder_for(issuer_for(Audience::resource()))
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ConfigErrorKind::EmptyAudience);
    assert!(
        error.to_string().contains("set JwtAuthBuilder::resource"),
        "{error}"
    );
    let error = builder_for(issuer_for(Audience::resource())).build_authenticator();
    assert!(error.is_err());
}

#[test]
fn an_authenticator_has_the_audience_too() {
    let authenticator = builder().build_authenticator().unwrap();
    let token = for_resource().sign();
    assert!(block_on(authenticator.authenticate(&token)).is_ok());
}

#[test]
fn conditions_can_be_added_to_the_audience_of_the_resource() {
    let layer = build(Audience::resource().and_claim("azp", ["web"])).unwrap();
    let send = |token: String| block_on(ask(&layer, bearer(&token)));
    send(for_resource().claim("azp", "web").sign()).accepted();
    let error = send(for_resource().sign()).error.unwrap();
    assert_eq!(error.kind(), ErrorKind::MissingClaim);
}

#[test]
fn c14_a_token_for_several_resources_is_accepted_and_one_for_the_host_is_not() {
    let layer = builder().build().unwrap();
    let send = |token: String| block_on(ask(&layer, bearer(&token)));
    let several = serde_json::json!(["https://other.example", RESOURCE]);
    send(token().claim("aud", several).sign()).accepted();
    for other in [
        "https://h.example",
        "https://h.example/",
        "https://h.example/mcp/",
    ] {
        send(token().audience(other).sign()).invalid_token(ErrorKind::WrongAudience);
    }
}
