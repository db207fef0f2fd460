//! Requirement 16: `aud` (RFC 7519 §4.1.3, RFC 9068 §4).

use serde_json::json;
use tower_jwt_auth::{ErrorKind, Issuer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, builder_for, default_key, key_set, layer, payload, send, signed, token,
};

#[tokio::test]
async fn the_audience_is_a_string_or_in_an_array() {
    let forms = [
        json!(AUDIENCE),
        json!([AUDIENCE]),
        json!(["a", AUDIENCE, "b"]),
        json!([AUDIENCE, AUDIENCE]),
    ];
    for form in forms {
        send(&layer(), &token().audience(&form).sign())
            .await
            .named(&form)
            .accepted();
    }
}

#[tokio::test]
async fn any_of_several_configured_audiences_is_accepted() {
    let layer = builder_for(Issuer::from_keys(
        ISSUER,
        key_set([default_key()]),
        [AUDIENCE, "urn:second", "urn:third"],
    ))
    .build()
    .unwrap();
    for aud in [
        json!(AUDIENCE),
        json!("urn:second"),
        json!(["x", "urn:third"]),
    ] {
        send(&layer, &token().audience(&aud).sign())
            .await
            .named(&aud)
            .accepted();
    }
    send(&layer, &token().audience("urn:fourth").sign())
        .await
        .invalid_token(ErrorKind::WrongAudience);
}

#[tokio::test]
async fn an_audience_written_with_escapes_is_the_same() {
    let token = signed(payload(&[("aud", "[\"https:\\/\\/api.ex\\u0061mple\"]")]));
    let claims = send(&layer(), &token).await.accepted();
    assert_eq!(claims.audience().collect::<Vec<_>>(), [AUDIENCE]);
}
