//! The claims of a proof (RFC 9449 §4.2, §4.3 steps 3, 8 to 12).

use std::time::Duration;

use serde_json::{Value, json};
use tower_jwt_auth::testing::TestClock;
use tower_jwt_auth::{Dpop, TokenSource};

use crate::support::dpop::{
    INVALID_PROOF, bound, builder_with, client, copy, dpop, expect, layer_with, post_with,
    presented, proof, with_nonces,
};
use crate::support::{NOW, ask, at, block_on, clock, encode, token};

#[test]
fn jti_htm_htu_iat_and_ath_are_required_with_their_types() {
    let layer = layer_with(dpop());
    let token = bound();
    for claim in ["jti", "htm", "htu", "iat", "ath"] {
        let without = proof(&token).without_claim(claim).sign();
        expect(&layer, &presented(&token, &without), &INVALID_PROOF, claim);
        let values = [
            json!(null),
            json!(true),
            json!([]),
            json!({}),
            json!(["POST"]),
            json!(""),
        ];
        let other = if claim == "iat" {
            json!("1800000000")
        } else {
            json!(1)
        };
        for value in values.into_iter().chain([other]) {
            let wrong = proof(&token).claim(claim, &value).sign();
            let what = format!("{claim}: {value}");
            expect(&layer, &presented(&token, &wrong), &INVALID_PROOF, &what);
        }
    }
}

#[test]
fn an_id_has_1_to_256_bytes() {
    let layer = layer_with(dpop());
    let token = bound();
    let with = |id: &str| presented(&token, &proof(&token).claim("jti", id).sign());
    for id in ["1".to_owned(), "a".repeat(256), "\0*{}:\n".to_owned()] {
        block_on(ask(&layer, with(&id))).named(&id).accepted();
    }
    for id in [String::new(), "a".repeat(257), "é".repeat(129)] {
        expect(&layer, &with(&id), &INVALID_PROOF, &id);
    }
}

#[test]
fn the_method_is_that_of_the_request_byte_for_byte() {
    let layer = layer_with(dpop());
    let token = bound();
    for method in [
        "post", "Post", "POST ", "GET", "HEAD", "POST,GET", "", "PUT",
    ] {
        let request = presented(&token, &proof(&token).claim("htm", method).sign());
        expect(&layer, &request, &INVALID_PROOF, method);
    }
    // A request for the head is another one than a GET, and what overrides the method has no effect.
    let get = presented(&token, &proof(&token).claim("htm", "GET").sign());
    let mut head = copy(&get);
    *head.method_mut() = http::Method::HEAD;
    expect_http(&layer, &head, "GET for HEAD");
    let mut overridden = copy(&get);
    overridden
        .headers_mut()
        .insert("x-http-method-override", "GET".parse().unwrap());
    expect(&layer, &overridden, &INVALID_PROOF, "override");
    let mut get = copy(&get);
    *get.method_mut() = http::Method::GET;
    block_on(ask(&layer, get)).accepted();
}

/// gRPC has `POST` alone.
fn expect_http(layer: &tower_jwt_auth::JwtAuthLayer, request: &http::Request<()>, what: &str) {
    let answer = block_on(ask(layer, copy(request))).named(what);
    answer.rejected(401, Some("invalid_dpop_proof"), INVALID_PROOF.kind);
}

#[test]
fn a_websocket_handshake_is_a_get_or_a_connect() {
    let layer = layer_with(dpop());
    let token = bound();
    for method in [http::Method::GET, http::Method::CONNECT] {
        let proof = client()
            .proof(&method, crate::support::dpop::URL, &token)
            .clock(&clock());
        let mut request = presented(&token, &proof.sign());
        *request.method_mut() = method;
        block_on(ask(&layer, request)).accepted();
    }
}

#[test]
fn ath_is_the_hash_of_the_token_as_it_was_sent() {
    let layer = layer_with(dpop());
    let token = bound();
    let proof_of = |ath: &str| presented(&token, &proof(&token).claim("ath", ath).sign());
    let other = crate::support::token()
        .bound_to(client())
        .claim("n", 1)
        .sign();
    let of_other = presented(&token, &proof(&other).sign());
    expect(&layer, &of_other, &INVALID_PROOF, "of another token");
    let valid = presented(&token, &proof(&token).sign());
    block_on(ask(&layer, valid)).accepted();
    let claims = crate::support::dpop::proof_claims(&token);
    let ath = claims["ath"].as_str().unwrap();
    let hash = crate::support::decode(ath);
    let hex = hash
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    let flipped = hash.iter().map(|byte| byte ^ 1).collect::<Vec<_>>();
    for wrong in [
        format!("{ath}="),
        hex,
        encode(flipped),
        encode(&hash[1..]),
        ath.to_lowercase(),
    ] {
        expect(&layer, &proof_of(&wrong), &INVALID_PROOF, &wrong);
    }
}

/// §7.1 has an example: this is the hash of its token.
#[test]
fn the_hash_is_that_of_the_example_in_the_rfc() {
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let claims = crate::support::dpop::proof_claims(token);
    assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
}

#[test]
fn the_age_is_bounded_by_max_age_and_the_leeway_on_both_sides() {
    let settings = dpop().max_age(Duration::from_secs(30));
    let layer = builder_with(settings)
        .leeway(Duration::from_secs(10))
        .build()
        .unwrap();
    let token = bound();
    let issued_at = |seconds: u64| presented(&token, &proof(&token).issued_at(at(seconds)).sign());
    for seconds in [NOW - 39, NOW - 1, NOW, NOW + 9] {
        block_on(ask(&layer, issued_at(seconds)))
            .named(seconds)
            .accepted();
    }
    for seconds in [0, NOW - 1000, NOW - 42, NOW + 12, NOW + 1000, NOW * 1000] {
        expect(
            &layer,
            &issued_at(seconds),
            &INVALID_PROOF,
            &seconds.to_string(),
        );
    }
}

#[test]
fn without_settings_a_proof_is_valid_for_a_minute_and_the_leeway() {
    let layer = layer_with(dpop());
    let token = bound();
    let issued_at = |seconds: u64| presented(&token, &proof(&token).issued_at(at(seconds)).sign());
    for seconds in [NOW - 119, NOW + 59] {
        block_on(ask(&layer, issued_at(seconds)))
            .named(seconds)
            .accepted();
    }
    for seconds in [NOW - 122, NOW + 62] {
        expect(
            &layer,
            &issued_at(seconds),
            &INVALID_PROOF,
            &seconds.to_string(),
        );
    }
}

#[test]
fn iat_is_a_number_in_the_range_of_dates() {
    let layer = layer_with(dpop());
    let token = bound();
    let wrong = [
        json!("1800000000"),
        json!(-1),
        json!(1e300),
        json!(NOW * 1000),
        json!(null),
    ];
    for iat in wrong {
        let request = presented(&token, &proof(&token).claim("iat", &iat).sign());
        expect(&layer, &request, &INVALID_PROOF, &iat.to_string());
    }
}

#[test]
fn exp_and_nbf_are_honoured_where_they_are_present() {
    let layer = layer_with(dpop());
    let token = bound();
    let with =
        |claim: &str, value: Value| presented(&token, &proof(&token).claim(claim, value).sign());
    for (claim, value) in [("exp", json!(NOW + 1)), ("nbf", json!(NOW))] {
        block_on(ask(&layer, with(claim, value)))
            .named(claim)
            .accepted();
    }
    let wrong = [
        ("exp", json!(NOW - 100)),
        ("exp", json!("x")),
        ("exp", json!(null)),
        ("nbf", json!(NOW + 100)),
        ("nbf", json!([])),
    ];
    for (claim, value) in wrong {
        expect(&layer, &with(claim, value.clone()), &INVALID_PROOF, claim);
    }
}

#[test]
fn a_nonce_is_ignored_where_none_is_asked_for_and_so_are_other_claims() {
    let layer = layer_with(dpop());
    let token = bound();
    for value in [
        json!("a nonce of the authorization server"),
        json!(1),
        json!(null),
    ] {
        let with = proof(&token)
            .claim("nonce", &value)
            .claim("sub", &value)
            .claim("aud", &value);
        block_on(ask(&layer, presented(&token, &with.sign())))
            .named(&value)
            .accepted();
    }
}

#[test]
fn with_nonces_iat_is_a_number_that_is_not_compared() {
    let clock = TestClock::new(at(NOW));
    let layer = builder_with(with_nonces()).clock(clock).build().unwrap();
    let token = bound();
    let nonce = crate::rfc9449_dpop::nonces::first_nonce(&layer);
    for seconds in [NOW - 86_400, NOW, NOW + 86_400] {
        let proof = proof(&token)
            .claim("nonce", &nonce)
            .issued_at(at(seconds))
            .sign();
        block_on(ask(&layer, presented(&token, &proof)))
            .named(seconds)
            .accepted();
    }
    for iat in [json!("x"), json!(null), json!(-1)] {
        let proof = proof(&token)
            .claim("nonce", &nonce)
            .claim("iat", &iat)
            .sign();
        expect(
            &layer,
            &presented(&token, &proof),
            &INVALID_PROOF,
            &iat.to_string(),
        );
    }
}

#[test]
fn a_token_that_is_no_jwt_of_the_issuer_gets_no_check_of_its_proof() {
    let layer = builder_with(Dpop::optional())
        .token_sources([TokenSource::authorization()])
        .build()
        .unwrap();
    let request = post_with(&[("authorization", "DPoP abc"), ("dpop", "x")]);
    let answer = block_on(ask(&layer, request));
    assert_eq!(
        answer.kind(),
        Some(tower_jwt_auth::ErrorKind::MalformedToken)
    );
    let forged = format!("{}A", &token().bound_to(client()).sign());
    let answer = block_on(ask(&layer, presented(&forged, "x")));
    assert_ne!(answer.kind(), Some(INVALID_PROOF.kind));
}
