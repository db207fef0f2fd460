//! How a request presents a token and its proof (RFC 9449 §7.1, §7.2, §4.3 steps 1 and 2).

use serde_json::json;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, ErrorKind};

use crate::support::dpop::{
    INVALID_PROOF, UNBOUND, UNPROVEN, bound, bound_by, client, copy, dpop, expect, layer_with,
    other_client, post_with, presented, proof, proof_by, required, valid,
};
use crate::support::{ask, block_on, token};

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
