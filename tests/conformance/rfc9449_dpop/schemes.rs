//! The scheme of a token, and bound tokens that come as bearer tokens (RFC 9449 §7.1, §7.2).

use http::Request;
use http::header::{AUTHORIZATION, COOKIE};
use tower_jwt_auth::{ErrorKind, TokenSource};

use crate::support::dpop::{
    INVALID_PROOF, STOLEN, UNPROVEN, bound, builder_with, client, copy, dpop, errors, expect,
    layer_with, post, post_with, presented, proof, required, valid,
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
fn an_issuer_whose_bound_tokens_are_accepted_as_bearer_tokens_may_send_proofs_all_the_same() {
    let issuer = || crate::support::issuer().dangerous_accept_bound_as_bearer();
    let layer = |dpop| {
        crate::support::builder_for(issuer())
            .dpop(dpop)
            .build()
            .unwrap()
    };
    let token = bound();
    let bearer = post_with(&[("authorization", &format!("Bearer {token}"))]);
    let optional = layer(dpop());
    let claims = block_on(ask(&optional, copy(&bearer))).accepted();
    assert!(claims.confirmation().is_none(), "nothing is proven");
    let claims = block_on(ask(&optional, valid())).accepted();
    assert!(!claims.confirmation().is_none());
    expect(
        &optional,
        &presented(&token, "x"),
        &INVALID_PROOF,
        "a bad proof",
    );
    expect(&layer(required()), &bearer, &UNPROVEN, "required");
}

#[test]
fn without_dpop_a_proof_makes_no_difference() {
    let layer = layer();
    let token = bound();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", &*bearer),
        ("dpop", &*proof(&token).sign()),
    ];
    expect(&layer, &post_with(&headers), &STOLEN, "as Bearer");
    let answer = block_on(ask(&layer, post_with(&headers)));
    assert_eq!(answer.challenges().len(), 1, "DPoP is not offered");
}
