//! Requirement 9: no name occurs twice in a header or payload (RFC 7515 §4, RFC 7519 §4).

use tower_jwt_auth::ErrorKind;

use crate::support::{HEADER, default_key, layer, payload, send, signed};

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
