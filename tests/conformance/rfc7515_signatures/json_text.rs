//! Requirement 9: header and payload are JSON objects in UTF-8 with each name once (RFC 7515 §4,
//! RFC 7519 §4).

use tower_jwt_auth::{ErrorKind, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    HEADER, builder, clock, decode, default_key, encode, issuer, layer, payload, send, signed,
    token,
};

async fn malformed(token: &str, label: &str) {
    send(&layer(), token)
        .await
        .named(label)
        .invalid_token(ErrorKind::MalformedToken);
}

/// Returns texts that are not JSON objects.
fn not_objects(object: &str) -> Vec<String> {
    let cut = &object[..object.len() - 1];
    let mut texts: Vec<_> = [
        "", " ", "null", "true", "1", "\"text\"", "[]", "{", "}", "{}}", "{\"a\"}", "{a:1}", "\0",
    ]
    .map(ToOwned::to_owned)
    .into();
    texts.extend([
        format!("[{object}]"),
        format!("\u{feff}{object}"),
        format!("{object}x"),
        format!("{object}{object}"),
        format!("{object},"),
        format!("{object}\0"),
        format!("{object}\u{a0}"),
        format!("\u{b}{object}"),
        format!("{cut},}}"),
        cut.to_owned(),
        object.replace('"', "'"),
        format!("{cut},\"x\":\"\u{1}\"}}"),
        format!("{cut},\"x\":01}}"),
        format!("{cut},\"x\":\"\\x41\"}}"),
        format!("/**/{object}"),
    ]);
    texts
}

#[tokio::test]
async fn a_header_that_is_not_a_json_object_is_malformed() {
    for header in not_objects(HEADER) {
        malformed(
            &default_key().sign_raw(&header, payload(&[]).as_bytes()),
            &header,
        )
        .await;
    }
}

#[tokio::test]
async fn a_payload_that_is_not_a_json_object_is_malformed() {
    for payload in not_objects(&payload(&[])) {
        malformed(&signed(&payload), &payload).await;
    }
}

#[tokio::test]
async fn white_space_around_json_does_no_harm() {
    let spaced = |json: &str| {
        format!(
            " \t\r\n{}\n ",
            json.replace(':', " : ").replace("https : ", "https:")
        )
    };
    let token = default_key().sign_raw(&spaced(HEADER), spaced(&payload(&[])).as_bytes());
    send(&layer(), &token).await.accepted();
}

#[tokio::test]
async fn text_that_is_not_utf8_is_malformed() {
    for bytes in [
        &b"\xff"[..],
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf5\x80\x80\x80",
    ] {
        let claim = [
            payload(&[]).trim_end_matches('}').as_bytes(),
            b",\"x\":\"",
            bytes,
            b"\"}",
        ]
        .concat();
        malformed(&signed(claim), "payload").await;
        let header = [
            HEADER.trim_end_matches('}').as_bytes(),
            b",\"x\":\"",
            bytes,
            b"\"}",
        ]
        .concat();
        let valid = token().sign();
        malformed(
            &format!("{}{}", encode(header), &valid[valid.find('.').unwrap()..]),
            "header",
        )
        .await;
    }
    let utf16: Vec<u8> = payload(&[])
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    malformed(&signed(utf16), "UTF-16").await;
}

fn deep(depth: usize, open: &str, close: &str) -> String {
    format!("{}1{}", open.repeat(depth), close.repeat(depth))
}

/// A claims type that skips all claims.
#[derive(serde::Deserialize)]
struct Skipping {}

fn roomy() -> JwtAuthLayer {
    builder().max_token_len(1024 * 1024).build().unwrap()
}

// Deep nesting is valid JSON. It must not overflow the small stack of a thread.
#[tokio::test]
async fn deep_json_does_not_overflow_the_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = deep(20_000, open, close);
        send(&roomy(), &signed(payload(&[("x", &deep)])))
            .await
            .invalid_token(ErrorKind::MalformedToken);
        for claim in [
            "aud",
            "exp",
            "iss",
            "sub",
            "scope",
            "client_id",
            "cnf",
            "events",
        ] {
            let answer = send(&roomy(), &signed(payload(&[(claim, &deep)])))
                .await
                .named(claim);
            answer.invalid_token(ErrorKind::InvalidClaim);
            assert_eq!(answer.claim(), Some(claim));
        }
        for name in ["alg", "kid", "typ"] {
            let header = format!("{{\"{name}\":{deep}}}");
            let answer = send(
                &roomy(),
                &default_key().sign_raw(&header, payload(&[]).as_bytes()),
            )
            .await;
            answer.named(name).invalid_token(ErrorKind::MalformedToken);
        }
        let header = format!("{},\"x\":{deep}}}", HEADER.trim_end_matches('}'));
        let answer = send(
            &roomy(),
            &default_key().sign_raw(&header, payload(&[]).as_bytes()),
        )
        .await;
        answer.invalid_token(ErrorKind::MalformedToken);
    }
}

#[tokio::test]
async fn values_may_have_127_levels_whatever_the_claims_type_reads() {
    let skipping = JwtAuthLayer::builder(issuer())
        .claims::<Skipping>()
        .clock(clock())
        .max_token_len(1024 * 1024);
    let skipping = skipping.build().unwrap();
    for (claim, open, close) in [
        ("x", "[", "]"),
        ("x", "{\"a\":", "}"),
        ("scope", "[", "]"),
        ("scope", "{\"a\":", "}"),
    ] {
        // The object with the claims is the first level.
        let token = |levels: usize| signed(payload(&[(claim, &deep(levels - 1, open, close))]));
        send(&layer(), &token(127))
            .await
            .named((claim, open))
            .accepted();
        send(&skipping, &token(127))
            .await
            .named((claim, open))
            .accepted();
        for levels in [128, 1000] {
            let kind = if claim == "x" {
                ErrorKind::MalformedToken
            } else {
                ErrorKind::InvalidClaim
            };
            let answer = send(&layer(), &token(levels)).await.named((claim, open));
            answer.invalid_token(kind);
            assert_eq!(answer.claim(), (claim != "x").then_some(claim));
            let answer = send(&skipping, &token(levels)).await.named((claim, open));
            answer.invalid_token(kind);
        }
    }
}

#[tokio::test]
async fn a_scope_of_another_type_grants_nothing_and_is_not_an_error() {
    let typed = || {
        JwtAuthLayer::builder(issuer())
            .claims::<Skipping>()
            .clock(clock())
            .max_token_len(1024 * 1024)
    };
    let (open, scoped) = (
        typed().build().unwrap(),
        typed().require_scopes(["a"]).build().unwrap(),
    );
    for scope in [
        "1e99",
        "[1,\"a\"]",
        "[null,\"a\"]",
        "{\"a\":[]}",
        "[[\"a\"]]",
        "-1",
        "1.5",
        "true",
    ] {
        for claim in ["scope", "scp", "client_id", "azp", "sid", "acr", "nonce"] {
            let token = signed(payload(&[(claim, scope)]));
            let claims = send(&open, &token).await.named((claim, scope)).accepted();
            assert_eq!(claims.scopes().count(), 0);
            let texts = [
                claims.client_id(),
                claims.authorized_party(),
                claims.session_id(),
                claims.authentication_context_class(),
                claims.nonce(),
            ];
            assert_eq!(texts, [None; 5], "{claim}: {scope}");
            send(&scoped, &token).await.rejected(
                403,
                Some("insufficient_scope"),
                ErrorKind::InsufficientScope,
            );
        }
    }
}

#[tokio::test]
async fn null_for_a_registered_claim_is_invalid() {
    for claim in [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "client_id",
        "azp",
        "scope",
        "scp",
        "sid",
        "acr",
        "auth_time",
        "nonce",
        "cnf",
    ] {
        let token = signed(payload(&[(claim, "null")]));
        let answer = send(&layer(), &token).await.named(claim);
        answer.invalid_token(ErrorKind::InvalidClaim);
        assert_eq!(answer.claim(), Some(claim));
    }
    send(&layer(), &signed(payload(&[("other", "null")])))
        .await
        .accepted();
}

#[tokio::test]
async fn a_number_that_no_double_can_represent_is_malformed() {
    for value in ["1e999", "[1e999]", "{\"a\":[-1e999]}"] {
        send(&layer(), &signed(payload(&[("x", value)])))
            .await
            .named(value)
            .invalid_token(ErrorKind::MalformedToken);
    }
}

#[tokio::test]
async fn unfinished_deep_json_is_malformed() {
    for open in ["[", "{\"a\":"] {
        let text = open.repeat(20_000);
        send(&roomy(), &signed(&text))
            .await
            .invalid_token(ErrorKind::MalformedToken);
        let header = format!("{{\"x\":{text}");
        let token = default_key().sign_raw(&header, b"{}");
        send(&roomy(), &token)
            .await
            .invalid_token(ErrorKind::MalformedToken);
    }
}

#[test]
fn the_header_and_payload_of_the_default_token_are_signed_unchanged() {
    let token = signed(payload(&[]));
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(decode(parts[0]), HEADER.as_bytes());
    assert_eq!(decode(parts[1]), payload(&[]).as_bytes());
}
