//! The target `tower_jwt_auth::diagnosis`: why a token was rejected, at debug and nowhere else.

use http::StatusCode;
use tower_jwt_auth::{Audience, Issuer, JwtAuthLayer};

use crate::support::tokio;
use crate::support::{
    AUDIENCE, ISSUER, NOW, ask, bearer, builder, builder_for, default_key, key_set, payload, signed,
};
use crate::{TURN, capture, text};

/// Returns the lines of the target that a request with this token causes.
async fn diagnosis_of(layer: &JwtAuthLayer, token: &str) -> String {
    capture();
    let answer = ask(layer, bearer(token)).await;
    assert_ne!(answer.status, StatusCode::OK);
    let log = text();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("tower_jwt_auth::diagnosis"))
        .collect();
    assert!(lines.iter().all(|line| line.contains("DEBUG")), "{log}");
    assert_eq!(lines.len(), 1, "{log}");
    lines.concat()
}

#[tokio::test]
async fn a_rejection_says_what_was_expected_and_what_was_found() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let (behind, late) = ((NOW + 75).to_string(), (NOW - 75).to_string());
    let cases = [
        (
            ("iss", "\"https://issuer.example/\""),
            "issuer: found \"https://issuer.example/\", expected \"https://issuer.example\" \
             (hint: issuer differs by a trailing slash: configure it as the token has it) \
             error.type=\"unknown_issuer\"",
        ),
        (
            ("aud", "\"account\""),
            "audience: found `aud` \"account\", expected \"https://api.example\" (hint: add an \
             audience mapper to the client in Keycloak, for example in a client scope) \
             error.type=\"wrong_audience\"",
        ),
        (
            ("aud", "[\"00000003-0000-0000-c000-000000000000\"]"),
            "(hint: request a token for your own API: this one is signed for Microsoft Graph)",
        ),
        (
            ("iat", behind.as_str()),
            "valid from: found `iat` 75 s from now, expected a time in the past, or at most 60 s \
             from now (hint: this clock is 75 s behind the issuer's: synchronize both) \
             error.type=\"not_yet_valid\" claim=\"iat\"",
        ),
        (
            ("exp", late.as_str()),
            "expiry: found `exp` 75 s ago, expected a time in the future, or less than 60 s ago \
             (hint: the client must request a new token, or this clock is ahead of the issuer's)",
        ),
        (
            ("iat", "1800000000000"),
            "(hint: the time must be in seconds, not in milliseconds)",
        ),
        (
            ("sub", "7"),
            "subject: expected a string (hint: use Issuer::allow_numeric_subject",
        ),
        (
            ("token_use", "\"id\""),
            "purpose: found `token_use` \"id\", expected an access token (hint: send the access \
             token: this is an ID token, a refresh token or a logout token)",
        ),
    ];
    for (change, expected) in cases {
        let token = signed(payload(&[change]));
        let line = diagnosis_of(&layer, &token).await;
        assert!(line.contains(expected), "{line}");
    }
}

#[tokio::test]
async fn a_value_is_escaped_and_cut_and_personal_claims_are_not_shown() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let long = format!("\"\\n\\u001b[31m{}\"", "x".repeat(500));
    let token = signed(payload(&[
        ("iss", &long),
        ("sub", "\"telltale\""),
        ("email", "\"telltale\""),
    ]));
    let line = diagnosis_of(&layer, &token).await;
    assert!(
        line.contains("\\n\\u{1b}[31mxxx") && !line.contains('\u{1b}'),
        "{line}"
    );
    assert!(line.contains("xxx…\"") && line.len() < 500, "{line}");
    assert!(!text().contains("telltale"));
    for part in token.split('.') {
        assert!(!text().contains(part), "{}", text());
    }
}

#[tokio::test]
async fn what_may_be_an_e_mail_address_is_not_shown() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    let forms = [
        "telltale@other.example",
        "telltale@corp",
        "telltale@example.com@x",
        "telltale%40example.com",
        "telltale\u{ff20}example.com",
    ];
    for form in forms {
        for name in ["iss", "aud", "token_use"] {
            // The other claim has the token rejected, whatever its use is.
            let token = signed(payload(&[(name, &format!("{form:?}")), ("events", "{}")]));
            let line = diagnosis_of(&layer, &token).await;
            assert!(!text().contains("telltale"), "{name}: {line}");
        }
    }
    let audience = Audience::from(AUDIENCE).and_claim("email", ["telltale@corp.example"]);
    let issuer = Issuer::from_keys(ISSUER, key_set([default_key()]), audience);
    let layer = builder_for(issuer).build().unwrap();
    let other = ("email", "\"other@corp.example\"");
    let line = diagnosis_of(&layer, &signed(payload(&[other]))).await;
    assert!(
        line.contains("one of the configured e-mail addresses"),
        "{line}"
    );
    assert!(!line.contains("corp.example"), "{line}");
}

#[tokio::test]
async fn the_response_and_the_events_above_debug_say_nothing_of_it() {
    let _turn = TURN.lock().await;
    let layer = builder().build().unwrap();
    capture();
    let token = signed(payload(&[("aud", "\"telltale-audience\"")]));
    let answer = ask(&layer, bearer(&token)).await;
    let shown = format!("{:?} {:?} {}", answer.headers, answer.error, answer.body);
    assert!(!shown.contains("telltale"), "{shown}");
    let log = text();
    let telling = |line: &&str| line.contains("telltale");
    assert_eq!(log.lines().filter(telling).count(), 1, "{log}");
    assert!(
        log.lines()
            .filter(telling)
            .all(|line| line.contains("DEBUG"))
    );
}
#[tokio::test]
async fn a_claims_type_that_does_not_fit_names_the_field() {
    #[derive(serde::Deserialize)]
    struct Custom {
        #[allow(dead_code, reason = "only its presence counts")]
        realm_access: Vec<String>,
    }
    let _turn = TURN.lock().await;
    let layer = builder().claims::<Custom>().build().unwrap();
    for (change, expected) in [
        (("x", "1"), "claims: found missing field `realm_access`"),
        (
            ("realm_access", "\"telltale\""),
            "claims: found a string, expected a sequence",
        ),
    ] {
        capture();
        let answer = ask(&layer, bearer(&signed(payload(&[change])))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(
            text().contains(expected) && !text().contains("telltale"),
            "{}",
            text()
        );
    }
}
