//! How a request presents a token and its proof (RFC 9449 §7.1, §7.2, §4.3 steps 1 and 2).

use http::Request;
use http::header::{AUTHORIZATION, COOKIE};
use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ErrorKind, TokenSource};

use crate::support::dpop::{
    INVALID_PROOF, STOLEN, UNBOUND, UNPROVEN, bound, bound_by, builder_with, client, copy, dpop,
    errors, expect, layer_with, other_client, post, post_with, presented, proof, proof_by,
    required, valid,
};
use crate::support::{ask, block_on, builder, layer, token};

#[test]
fn a_bound_token_with_a_valid_proof_is_accepted() {
    let layer = layer_with(dpop());
    let claims = block_on(ask(&layer, valid())).accepted();
    let thumbprint = client().thumbprint();
    assert_eq!(claims.confirmation().key_thumbprint(), Some(&*thumbprint));
    assert_eq!(claims.confirmation().certificate_thumbprint(), None);
}

#[test]
fn the_scheme_is_read_in_any_case_and_with_several_spaces() {
    let layer = layer_with(dpop());
    let token = bound();
    for scheme in ["DPoP ", "dpop ", "DPOP ", "dPoP  ", "DPoP    "] {
        let headers = [
            ("authorization", &*format!("{scheme}{token}")),
            ("dpop", &proof(&token).sign()),
        ];
        let answer = block_on(ask(&layer, post_with(&headers)));
        answer.named(scheme).accepted();
    }
}

#[test]
fn the_scheme_is_another_one_where_dpop_is_not_configured() {
    block_on(ask(&layer(), valid())).no_token();
    let optional = builder().optional().build().unwrap();
    block_on(ask(&optional, valid())).passed();
}

#[test]
fn the_scheme_without_a_token_is_malformed_as_for_bearer() {
    let layer = layer_with(dpop());
    for value in ["DPoP", "DPoP ", "dpop", "DPoP\tx"] {
        let request = post_with(&[("authorization", value), ("dpop", "x")]);
        let answer = block_on(ask(&layer, request)).named(value);
        answer.rejected(401, Some("invalid_token"), ErrorKind::MalformedToken);
        assert_eq!(errors(&answer), [("DPoP", "invalid_token")], "{value}");
    }
}

#[test]
fn a_request_has_exactly_one_proof() {
    let layer = layer_with(dpop());
    let token = bound();
    let (one, other) = (proof(&token).sign(), proof(&token).sign());
    let none = post_with(&[("authorization", &format!("DPoP {token}"))]);
    expect(&layer, &none, &INVALID_PROOF, "none");
    let mut two = presented(&token, &one);
    two.headers_mut().append("dpop", other.parse().unwrap());
    expect(&layer, &two, &INVALID_PROOF, "two fields");
    let mut same = presented(&token, &one);
    same.headers_mut().append("dpop", one.parse().unwrap());
    expect(&layer, &same, &INVALID_PROOF, "one twice");
    for joined in [
        format!("{one},{other}"),
        format!("{one}, {other}"),
        format!("{one},"),
    ] {
        expect(&layer, &presented(&token, &joined), &INVALID_PROOF, &joined);
    }
    // Each of them would have been accepted.
    block_on(ask(&layer, presented(&token, &one))).accepted();
    block_on(ask(&layer, presented(&token, &other))).accepted();
}

#[test]
fn a_proof_that_is_not_a_compact_jws_is_invalid() {
    let layer = layer_with(dpop());
    let token = bound();
    let valid = proof(&token).sign();
    let long = format!("{}.{}", "a".repeat(8200), valid);
    let spaced = valid.replacen('.', ". ", 1);
    let cases = [
        "",
        "x",
        "..",
        "a.b",
        "a.b.c.d.e",
        &format!("{valid}."),
        &format!("{valid}="),
        &valid[..valid.len() - 1],
        &spaced,
        &long,
    ];
    for proof in cases {
        expect(&layer, &presented(&token, proof), &INVALID_PROOF, proof);
    }
    let mut not_ascii = presented(&token, "x");
    let value = http::HeaderValue::from_bytes(b"\xe9.\xe9.\xe9").unwrap();
    not_ascii.headers_mut().insert("dpop", value);
    expect(&layer, &not_ascii, &INVALID_PROOF, "not ASCII");
}

#[test]
fn a_token_of_the_scheme_that_is_not_bound_to_a_key_is_rejected() {
    let layer = layer_with(dpop());
    let unbound = token().sign();
    let request = presented(&unbound, &proof(&unbound).sign());
    let answer = expect(&layer, &request, &UNBOUND, "no cnf");
    let description = "the access token is not bound to a key of the client";
    assert_eq!(answer.attribute("error_description"), Some(description));
    // Without a proof, too: the token is at fault.
    let request = post_with(&[("authorization", &format!("DPoP {unbound}"))]);
    expect(&layer, &request, &UNBOUND, "no cnf and no proof");
}

#[test]
fn a_bound_token_is_no_bearer_token_wherever_it_is_and_whatever_proof_is_beside_it() {
    let sources = [
        TokenSource::authorization(),
        TokenSource::cookie("session").unwrap(),
        TokenSource::query("access_token"),
        TokenSource::header(http::HeaderName::from_static("x-token")),
        TokenSource::websocket_bearer(),
    ];
    let layer = builder_with(dpop()).token_sources(sources).build().unwrap();
    let token = bound();
    let proofs = [None, Some(proof(&token).sign()), Some("x".to_owned())];
    for proof in proofs {
        let with_proof = |mut request: Request<()>| {
            if let Some(proof) = &proof {
                request.headers_mut().insert("dpop", proof.parse().unwrap());
            }
            request
        };
        let header = |name: &str, value: String| with_proof(post_with(&[(name, &value)]));
        let mut query = post();
        *query.uri_mut() = format!("https://api.example/orders?access_token={token}")
            .parse()
            .unwrap();
        for (request, what) in [
            (header("authorization", format!("Bearer {token}")), "Bearer"),
            (header("cookie", format!("session={token}")), "cookie"),
            (header("x-token", token.clone()), "header"),
            (
                header("sec-websocket-protocol", format!("bearer, {token}")),
                "WebSocket",
            ),
            (with_proof(query), "query"),
        ] {
            let answer = expect(&layer, &request, &STOLEN, what);
            assert_eq!(answer.claim(), Some("cnf"));
        }
    }
}

#[test]
fn a_proof_beside_an_unbound_bearer_token_is_not_looked_at() {
    let layer = layer_with(dpop());
    let unbound = token().sign();
    let used = proof(&unbound).sign();
    for stray in ["x", "", &used, &used] {
        let headers = [
            ("authorization", &*format!("Bearer {unbound}")),
            ("dpop", stray),
        ];
        let claims = block_on(ask(&layer, post_with(&headers))).accepted();
        assert!(claims.confirmation().is_none(), "not reported as proven");
    }
    let mut two = post_with(&[("authorization", &format!("Bearer {unbound}"))]);
    two.headers_mut().append("dpop", "x".parse().unwrap());
    two.headers_mut().append("dpop", "y".parse().unwrap());
    block_on(ask(&layer, two)).accepted();
}

#[test]
fn credentials_of_both_schemes_are_an_invalid_request_with_the_error_in_both_challenges() {
    let layer = layer_with(dpop());
    let (bound, unbound) = (bound(), token().sign());
    let proof = proof(&bound).sign();
    let (dpop, bearer) = (format!("DPoP {bound}"), format!("Bearer {unbound}"));
    let fields: [&[&str]; 8] = [
        &[&dpop, &bearer],
        &[&bearer, &dpop],
        &[&dpop, &dpop],
        &[&bearer, &bearer],
        &[&format!("{bearer}, {dpop}")],
        &[&format!("{dpop},{bearer}")],
        &[&format!("DPoP,{bearer}")],
        &[&format!("Bearer,{dpop}")],
    ];
    for values in fields {
        let mut request = post_with(&[("dpop", &proof)]);
        for value in values {
            request
                .headers_mut()
                .append(AUTHORIZATION, value.parse().unwrap());
        }
        let answer = block_on(ask(&layer, request));
        assert_eq!(
            (answer.status.as_u16(), answer.kind()),
            (400, Some(ErrorKind::InvalidRequest))
        );
        let both = [("Bearer", "invalid_request"), ("DPoP", "invalid_request")];
        assert_eq!(errors(&answer), both, "{values:?}");
    }
    // No proof was used.
    block_on(ask(&layer, presented(&bound, &proof))).accepted();
}

#[test]
fn two_tokens_in_two_places_are_an_invalid_request() {
    let sources = [
        TokenSource::authorization(),
        TokenSource::cookie("session").unwrap(),
    ];
    let layer = builder_with(dpop()).token_sources(sources).build().unwrap();
    let mut request = valid();
    let other = format!("session={}", token().sign());
    request.headers_mut().insert(COOKIE, other.parse().unwrap());
    let answer = block_on(ask(&layer, request));
    assert_eq!(
        (answer.status.as_u16(), answer.kind()),
        (400, Some(ErrorKind::InvalidRequest))
    );
    // The same token twice is one, and needs its proof.
    let token = bound();
    let mut request = presented(&token, "x");
    let same = format!("session={token}");
    request.headers_mut().insert(COOKIE, same.parse().unwrap());
    expect(
        &layer,
        &request,
        &INVALID_PROOF,
        "the same token in a cookie",
    );
}

#[test]
fn where_dpop_is_required_an_unbound_token_is_rejected_with_a_dpop_challenge_only() {
    let layer = layer_with(required());
    let unbound = token().sign();
    let request = post_with(&[("authorization", &format!("Bearer {unbound}"))]);
    let answer = expect(&layer, &request, &UNBOUND, "Bearer");
    assert_eq!(answer.challenges().len(), 1);
    let stolen = post_with(&[("authorization", &format!("Bearer {}", bound()))]);
    expect(&layer, &stolen, &UNPROVEN, "bound, as Bearer");
    block_on(ask(&layer, valid())).accepted();
}

#[test]
fn where_dpop_is_required_the_authenticator_accepts_no_token_without_a_request() {
    let layer = layer_with(required());
    let authenticator = layer.authenticator();
    let kind = |token: String| {
        block_on(authenticator.authenticate(&token))
            .unwrap_err()
            .kind()
    };
    assert_eq!(kind(token().sign()), ErrorKind::UnboundToken);
    assert_eq!(kind(bound()), ErrorKind::UnprovenBinding);
}

#[test]
fn what_is_wrong_with_the_token_comes_before_what_is_wrong_with_the_proof() {
    let layer = layer_with(dpop());
    let expired = token().bound_to(client()).expired().sign();
    let answer = block_on(ask(&layer, presented(&expired, "x")));
    answer.rejected(401, Some("invalid_token"), ErrorKind::Expired);
    let bound = bound();
    expect(
        &layer,
        &presented(&bound, "x"),
        &INVALID_PROOF,
        "only the proof",
    );
    // Another binding that nothing here can check.
    let cnf = json!({"jkt": client().thumbprint(), "kid": "1"});
    let unknown = bound_by(cnf);
    let request = presented(&unknown, "x");
    expect(
        &layer,
        &request,
        &UNPROVEN,
        "an unknown confirmation method",
    );
}

#[test]
fn a_proof_by_another_key_than_the_tokens_makes_the_token_invalid() {
    let layer = layer_with(dpop());
    let token = bound();
    let request = presented(&token, &proof_by(other_client(), &token).sign());
    let answer = expect(&layer, &request, &UNPROVEN, "another client's proof");
    let description = "the access token is bound to another key than that of the DPoP proof";
    assert_eq!(answer.attribute("error_description"), Some(description));
    // Also after a valid proof, whose key is cached.
    block_on(ask(&layer, valid())).accepted();
    let request = presented(&token, &proof_by(other_client(), &token).sign());
    expect(&layer, &request, &UNPROVEN, "again");
}

#[test]
fn unavailable_keys_of_the_issuer_are_503_without_a_challenge() {
    let issuer = tower_jwt_auth::Issuer::from_key_source(
        crate::support::ISSUER,
        crate::support::Unreachable(std::time::Duration::from_secs(7)),
        crate::support::AUDIENCE,
    );
    let issuer = issuer.algorithms([Algorithm::ES256]);
    let layer = crate::support::builder_for(issuer)
        .dpop(dpop())
        .build()
        .unwrap();
    let answer = block_on(ask(&layer, valid()));
    answer.rejected(503, None, ErrorKind::KeysUnavailable);
    assert!(answer.challenges().is_empty() && answer.header("retry-after").is_some());
}

#[test]
fn preflights_pass_as_without_dpop() {
    let layer = builder_with(required()).pass_preflight().build().unwrap();
    let preflight = Request::options("https://api.example/orders")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,dpop")
        .body(())
        .unwrap();
    block_on(ask(&layer, preflight)).passed();
}

#[test]
fn in_optional_mode_a_bad_proof_does_not_make_the_caller_anonymous() {
    let layer = builder_with(dpop()).optional().build().unwrap();
    let token = bound();
    let no_proof = post_with(&[("authorization", &format!("DPoP {token}"))]);
    expect(&layer, &no_proof, &INVALID_PROOF, "no proof");
    expect(
        &layer,
        &presented(&token, "x"),
        &INVALID_PROOF,
        "a bad proof",
    );
    let stolen = post_with(&[("authorization", &format!("Bearer {token}"))]);
    expect(&layer, &stolen, &STOLEN, "as Bearer");
    block_on(ask(&layer, post_with(&[("dpop", "x")]))).passed();
}

#[test]
fn a_token_whose_thumbprint_is_in_another_form_is_never_unbound() {
    let layer = layer_with(dpop());
    let thumbprint = client().thumbprint();
    let wrong = [
        json!({"jkt": format!("{thumbprint}=")}),
        json!({"jkt": &thumbprint[1..]}),
        json!({"jkt": [thumbprint]}),
        json!({"jkt": null}),
        json!({}),
        json!(thumbprint),
    ];
    for cnf in wrong {
        let token = bound_by(cnf.clone());
        let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
        for request in [bearer, presented(&token, &proof(&token).sign())] {
            let answer = block_on(ask(&layer, copy(&request)));
            assert_eq!(answer.kind(), Some(ErrorKind::InvalidClaim), "{cnf}");
        }
    }
    // A key that has nothing to do with the thumbprint: the last character has other unused bits.
    let stranger = TestKey::generate(Algorithm::ES256);
    let stranger = tower_jwt_auth::testing::DpopClient::new(&stranger);
    let token = token().bound_to(&stranger).sign();
    let request = presented(&token, &proof(&token).sign());
    expect(&layer, &request, &UNPROVEN, "another client's token");
}
