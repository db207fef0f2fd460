//! Requirement 9: no name occurs twice in a header or payload (RFC 7515 §4, RFC 7519 §4).

use tower_jwt_auth::{ErrorKind, Issuer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, HEADER, ISSUER, builder, builder_for, default_key, key_set, layer, payload, send,
    signed,
};

async fn malformed(token: &str, label: &str) {
    send(&layer(), token)
        .await
        .named(label)
        .invalid_token(ErrorKind::MalformedToken);
}

/// Returns the object with one more member, at its start and at its end.
fn with_member(object: &str, member: &str) -> [String; 2] {
    let inside = &object[1..object.len() - 1];
    [
        format!("{{{member},{inside}}}"),
        format!("{{{inside},{member}}}"),
    ]
}

#[tokio::test]
async fn a_duplicate_name_in_the_header_is_malformed() {
    let twice = [
        r#""alg":"ES256""#,
        r#""alg":"none""#,
        r#""kid":"ES256""#,
        r#""typ":"JWT""#,
        r#""x":1,"x":1"#,
        r#""":1,"":2"#,
        r#""\u0061lg":"ES256""#,
        r#""k\u0069d":"other""#,
        r#""x\/y":1,"x/y":1"#,
        r#""\u00e9":1,"é":1"#,
        r#""\ud83d\ude00":1,"😀":1"#,
    ];
    for member in twice {
        for header in with_member(HEADER, member) {
            malformed(
                &default_key().sign_raw(&header, payload(&[]).as_bytes()),
                &header,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_duplicate_name_in_the_payload_is_malformed() {
    let twice = [
        r#""iss":"https://issuer.example""#,
        r#""exp":1800000300"#,
        r#""exp":9999999999"#,
        r#""aud":"https://api.example""#,
        r#""sub":"mallory""#,
        r#""role":"user","role":"admin""#,
        r#""role":"user","\u0072ole":"admin""#,
        r#""scope":"a","scope":"b""#,
        r#""\u0069ss":"https://issuer.example""#,
        r#""e\u0078p":9999999999"#,
    ];
    for member in twice {
        for payload in with_member(&payload(&[]), member) {
            malformed(&signed(&payload), &payload).await;
        }
    }
}

fn many(count: usize) -> String {
    let members: Vec<_> = (0..count)
        .map(|index| format!("\"m{index}\":{index},"))
        .collect();
    members.concat()
}

#[tokio::test]
async fn a_duplicate_name_among_many_is_malformed() {
    for count in [22, 23, 24, 25, 26, 100] {
        let many = many(count);
        // The first name again, the last name again, and a new name twice.
        for twice in [
            r#""m0":0"#.to_owned(),
            format!("\"m{}\":0", count - 1),
            r#""x":1,"\u0078":1"#.to_owned(),
        ] {
            let member = format!("{many}{twice}");
            for payload in with_member(&payload(&[]), &member) {
                malformed(&signed(&payload), &payload).await;
            }
            for header in with_member(HEADER, &member) {
                malformed(
                    &default_key().sign_raw(&header, payload(&[]).as_bytes()),
                    &header,
                )
                .await;
            }
        }
    }
}

#[tokio::test]
async fn many_different_names_do_no_harm() {
    let many = many(200);
    let header = &with_member(HEADER, many.trim_end_matches(','))[1];
    let payload = &with_member(&payload(&[]), many.trim_end_matches(','))[0];
    send(
        &layer(),
        &default_key().sign_raw(header, payload.as_bytes()),
    )
    .await
    .accepted();
}

#[tokio::test]
async fn a_duplicate_name_is_malformed_at_every_depth() {
    let nested = [
        r#""x":{"a":1,"a":1}"#,
        r#""x":{"a":1,"\u0061":1}"#,
        r#""x":[[{"y":{"a":1,"b":2,"a":1}}]]"#,
        r#""x":{"":1,"":2}"#,
        r#""events":{"a":1,"a":1}"#,
        r#""cnf":{"kid":"a","kid":"a"}"#,
        r#""scope":{"a":1,"a":1}"#,
        r#""aud":[{"a":1,"a":1}]"#,
    ];
    for member in nested {
        for payload in with_member(&payload(&[("aud", "")]), member) {
            let answer = send(&layer(), &signed(&payload)).await.named(member);
            let kind = answer.kind().unwrap();
            assert!(
                matches!(kind, ErrorKind::MalformedToken | ErrorKind::InvalidClaim),
                "{kind:?}"
            );
        }
        for header in with_member(HEADER, member) {
            let token = default_key().sign_raw(&header, payload(&[]).as_bytes());
            malformed(&token, &header).await;
        }
    }
}

// An object with such a name is another value for `serde_json::Value`, if a crate of the program
// enables its feature `raw_value` or `arbitrary_precision`.
#[tokio::test]
async fn a_name_that_serde_json_uses_for_itself_is_malformed() {
    let names = [
        "$serde_json::private::RawValue",
        "$serde_json::private::Number",
        "$serde_json::private::",
        "$serde_json::private::other",
        r"\u0024serde_json::private::RawValue",
        r"$serde_jso\u006e::private::RawValue",
        r"$serde_json\u003a:private::Number",
    ];
    for name in names {
        for member in [
            format!(r#""{name}":"{{}}""#),
            format!(r#""x":{{"{name}":"{{}}"}}"#),
            format!(r#""x":[{{"y":{{"{name}":"1"}}}}]"#),
        ] {
            for payload in with_member(&payload(&[]), &member) {
                malformed(&signed(&payload), &payload).await;
            }
            for header in with_member(HEADER, &member) {
                let token = default_key().sign_raw(&header, payload(&[]).as_bytes());
                malformed(&token, &header).await;
            }
        }
    }
    let similar = signed(payload(&[
        ("$serde_json", "1"),
        ("serde_json::private::RawValue", "1"),
        ("$SERDE_JSON::private::RawValue", "1"),
    ]));
    send(&layer(), &similar).await.accepted();
}

#[tokio::test]
async fn a_token_with_too_many_members_is_too_large() {
    let at_most = |max| builder().max_members(max).build().unwrap();
    let count = payload(&[]).matches("\":").count();
    for (layer, max) in [(layer(), 512), (at_most(16), 16), (at_most(1000), 1000)] {
        let left = max - count;
        let flat = |members: usize| many(members).trim_end_matches(',').to_owned();
        // Members of nested objects count, too; elements of arrays don't.
        let nested = |members: usize| {
            let inner: String = (1..members).map(|_| "{\"a\":[1,1]},").collect();
            format!("\"m\":[{}]", inner.trim_end_matches(','))
        };
        let send_with = async |member: &str| {
            let payload = &with_member(&payload(&[]), member)[1];
            send(&layer, &signed(payload)).await
        };
        for member in [flat(left), nested(left)] {
            send_with(&member).await.accepted();
        }
        for member in [flat(left + 1), nested(left + 1), flat(left + 300)] {
            let answer = send_with(&member).await;
            answer.invalid_token(ErrorKind::TokenTooLarge);
        }
        let fits = &with_member(HEADER, &flat(max - 3))[1];
        let token = default_key().sign_raw(fits, payload(&[]).as_bytes());
        send(&layer, &token).await.accepted();
        let header = &with_member(HEADER, &flat(max - 2))[1];
        let token = default_key().sign_raw(header, payload(&[]).as_bytes());
        send(&layer, &token)
            .await
            .invalid_token(ErrorKind::TokenTooLarge);
    }
}

// Layers that share a key set share its cached headers, but not their limits.
#[tokio::test]
async fn a_header_that_another_layer_has_accepted_is_still_too_large() {
    let keys = key_set([default_key()]);
    let layer = |max| {
        let issuer = Issuer::from_keys(ISSUER, keys.clone(), AUDIENCE);
        builder_for(issuer).max_members(max).build().unwrap()
    };
    let (strict, lenient) = (layer(16), layer(512));
    let header = &with_member(HEADER, many(40).trim_end_matches(','))[1];
    let token = default_key().sign_raw(header, payload(&[]).as_bytes());
    for _ in 0..2 {
        send(&strict, &token)
            .await
            .invalid_token(ErrorKind::TokenTooLarge);
        send(&lenient, &token).await.accepted();
    }
}

#[tokio::test]
async fn names_that_differ_in_case_are_different() {
    let token = signed(payload(&[
        ("EXP", "0"),
        ("Iss", "1"),
        ("AUD", "null"),
        ("nBf", "\"x\""),
    ]));
    send(&layer(), &token).await.accepted();
}

// RFC 8259 §8.2: half of a surrogate pair.
#[tokio::test]
async fn a_lone_surrogate_is_rejected() {
    for claim in [
        r#"{"sub":"\ud800"}"#,
        r#"{"x":"\udc00\ud800"}"#,
        r#"{"\ud800":1}"#,
    ] {
        let member = claim.trim_matches(['{', '}']);
        for payload in with_member(&payload(&[("sub", "")]), member) {
            let answer = send(&layer(), &signed(&payload)).await.named(claim);
            let kind = answer.kind().unwrap();
            assert!(
                matches!(kind, ErrorKind::InvalidClaim | ErrorKind::MalformedToken),
                "{kind:?}"
            );
            answer.invalid_token(kind);
        }
    }
}
