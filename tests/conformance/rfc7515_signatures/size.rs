//! Requirement 8: the maximum length of a token, 16 KiB by default.

use tower_jwt_auth::{ConfigErrorKind, ErrorKind, JwtAuthLayer, TokenSource};

use crate::support::tokio;
use crate::support::{HEADER, ask, builder, default_key, encode, layer, payload, request, send};

const KIB: usize = 1024;

/// Returns a valid token of exactly this length. Not every length of base64url exists, so spaces in
/// the header make up for the rest.
fn token_of_length(length: usize) -> String {
    for spaces in 0..4 {
        let header = format!("{HEADER}{}", " ".repeat(spaces));
        let rest = length - default_key().sign_raw(&header, b"").len();
        let unpadded = payload(&[("pad", "\"\"")]).len();
        let pad = "p".repeat(rest * 3 / 4 - unpadded);
        let token = default_key().sign_raw(
            &header,
            payload(&[("pad", &format!("\"{pad}\""))]).as_bytes(),
        );
        if token.len() == length {
            return token;
        }
    }
    panic!("no token has a length of {length}");
}

fn up_to(bytes: usize) -> JwtAuthLayer {
    builder().max_token_len(bytes).build().unwrap()
}

#[tokio::test]
async fn a_token_of_sixteen_kibibytes_is_accepted_and_a_longer_one_is_rejected() {
    send(&layer(), &token_of_length(16 * KIB)).await.accepted();
    send(&layer(), &token_of_length(16 * KIB + 1))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
}

#[tokio::test]
async fn the_limit_can_be_set() {
    send(&up_to(500), &token_of_length(500)).await.accepted();
    send(&up_to(500), &token_of_length(501))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
    send(&up_to(64 * KIB), &token_of_length(64 * KIB))
        .await
        .accepted();
    send(&up_to(64 * KIB), &token_of_length(64 * KIB + 1))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
}

#[tokio::test]
async fn the_length_is_checked_before_anything_else() {
    send(&up_to(500), &".".repeat(501))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
    send(&up_to(500), &".".repeat(500))
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

#[test]
fn a_limit_out_of_range_is_a_configuration_error() {
    for bytes in [0, 63, KIB * KIB + 1, usize::MAX] {
        let error = builder().max_token_len(bytes).build().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidSetting, "{bytes}");
    }
}

#[tokio::test]
async fn a_websocket_protocol_may_contain_a_token_of_the_maximum_length() {
    let layer = builder().max_token_len(500);
    let layer = layer.token_sources([TokenSource::websocket_protocol()]);
    let layer = layer.build().unwrap();
    let send = async |length: usize| {
        let token = encode(token_of_length(length));
        let protocol = format!("base64url.bearer.authorization.k8s.io.{token}");
        ask(&layer, request(&[("sec-websocket-protocol", &protocol)])).await
    };
    send(500).await.accepted();
    send(501).await.invalid_token(ErrorKind::TokenTooLarge);
}
