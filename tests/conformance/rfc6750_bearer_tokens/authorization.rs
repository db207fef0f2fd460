//! Requirements 1 to 4: the `Authorization` header (RFC 6750 §2.1, §3.1; RFC 9110 §11).

use http::{HeaderValue, Request};
use tower_jwt_auth::{Algorithm, ErrorKind};

use crate::support::tokio;
use crate::support::{ask, bearer, key, layer, request, send, token, token_of};

// 1
#[tokio::test]
async fn the_scheme_is_case_insensitive() {
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let request = request(&[("authorization", &format!("{scheme} {}", token().sign()))]);
        ask(&layer(), request).await.named(scheme).accepted();
    }
}

// 1
#[tokio::test]
async fn the_token_follows_one_or_more_spaces() {
    for spaces in [" ", "  ", "       "] {
        let request = request(&[(
            "authorization",
            &format!("Bearer{spaces}{}", token().sign()),
        )]);
        ask(&layer(), request).await.named(spaces).accepted();
    }
}

// 1
// RFC 9110 §5.5: it is no part of the value. Servers of HTTP/2 leave it there.
#[tokio::test]
async fn white_space_before_the_scheme_is_ignored() {
    for start in [" ", "\t", " \t "] {
        let value = format!("{start}Bearer {}", token().sign());
        let answer = ask(&layer(), request(&[("authorization", &value)])).await;
        answer.named(start).accepted();
    }
}

#[tokio::test]
async fn a_tab_is_not_a_space() {
    for gap in ["\t", " \t", "\t "] {
        let request = request(&[("authorization", &format!("Bearer{gap}{}", token().sign()))]);
        ask(&layer(), request)
            .await
            .named(gap)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// 1, 4
#[tokio::test]
async fn the_scheme_alone_is_a_malformed_token() {
    for value in ["Bearer", "Bearer ", "bearer    "] {
        let request = request(&[("authorization", value)]);
        ask(&layer(), request)
            .await
            .named(value)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// 1
#[tokio::test]
async fn white_space_in_the_middle_of_a_token_is_malformed() {
    let token = token().sign().replacen('.', " .", 1);
    send(&layer(), &token)
        .await
        .invalid_token(ErrorKind::MalformedToken);
    send(&layer(), "one two")
        .await
        .invalid_token(ErrorKind::MalformedToken);
}

// 2
#[tokio::test]
async fn without_credentials_the_challenge_has_no_error_code() {
    ask(&layer(), request(&[])).await.no_token();
}

// 2
#[tokio::test]
async fn another_scheme_counts_as_no_credentials() {
    let digest = r#"Digest username="bearer", realm="api", uri="/""#;
    let others = [
        "Basic dXNlcjpwYXNz",
        digest,
        "DPoP abc",
        "Negotiate abc",
        "Token abc",
        "Bear abc",
        "abc",
        "",
    ];
    for value in others {
        ask(&layer(), request(&[("authorization", value)]))
            .await
            .named(value)
            .no_token();
    }
}

// 2: a scheme is a `token` of RFC 9110 §5.6.2, so these are other schemes.
#[tokio::test]
async fn a_scheme_that_starts_like_bearer_is_another_scheme() {
    for scheme in [
        "Bearerx",
        "Bearer2",
        "BearerToken",
        "Bearer-Other",
        "Bearer_Other",
        "Bearer.v2",
        "Bearer+mac",
    ] {
        let request = request(&[("authorization", &format!("{scheme} {}", token().sign()))]);
        ask(&layer(), request).await.named(scheme).no_token();
    }
}

// 3
#[tokio::test]
async fn two_authorization_headers_are_an_invalid_request() {
    let valid = format!("Bearer {}", token().sign());
    for other in [valid.as_str(), "Bearer x", "Basic dXNlcjpwYXNz", ""] {
        for pair in [[valid.as_str(), other], [other, valid.as_str()]] {
            let request = request(&pair.map(|value| ("authorization", value)));
            ask(&layer(), request).await.named(other).invalid_request();
        }
    }
}

// 3: RFC 9110 §5.3 lets a proxy join them.
#[tokio::test]
async fn two_authorization_headers_joined_by_a_comma_are_an_invalid_request() {
    let valid = token().sign();
    for joined in [
        format!("{valid}, Bearer {valid}"),
        format!("{valid},{valid}"),
        format!("{valid}, Basic dTpw"),
    ] {
        send(&layer(), &joined)
            .await
            .named(&joined)
            .invalid_request();
    }
}

// 4
#[tokio::test]
async fn bytes_beyond_ascii_are_a_malformed_token() {
    for bytes in [
        &b"Bearer \xff\xfe"[..],
        "Bearer é.é.é".as_bytes(),
        b"Bearer a.b.\x80",
    ] {
        let value = HeaderValue::from_bytes(bytes).unwrap();
        let request = Request::get("/")
            .header("authorization", value)
            .body(())
            .unwrap();
        ask(&layer(), request)
            .await
            .named(bytes)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// 4
#[tokio::test]
async fn text_that_is_not_a_token_is_malformed() {
    for text in [
        "x",
        "null",
        "undefined",
        "...",
        "a.b.c",
        "\"\"",
        "=",
        "Bearer x",
    ] {
        send(&layer(), text)
            .await
            .named(text)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

// 4
#[tokio::test]
async fn an_expired_and_a_wrongly_signed_token_are_invalid() {
    send(&layer(), &token().expired().sign())
        .await
        .invalid_token(ErrorKind::Expired);
    let unknown_key =
        tower_jwt_auth::testing::TestKey::generate(Algorithm::ES256).with_key_id("ES256");
    send(&layer(), &token_of(&unknown_key).sign())
        .await
        .invalid_token(ErrorKind::InvalidSignature);
    let unknown = key(Algorithm::ES256).clone().with_key_id("another");
    send(&layer(), &token_of(&unknown).sign())
        .await
        .invalid_token(ErrorKind::UnknownKey);
}

// 4
#[tokio::test]
async fn a_header_of_sixty_kilobytes_is_an_invalid_token() {
    ask(&layer(), bearer(&"a".repeat(60 * 1024)))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
    ask(&layer(), bearer(&".".repeat(60 * 1024)))
        .await
        .invalid_token(ErrorKind::TokenTooLarge);
}
