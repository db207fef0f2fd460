//! The header of a proof (RFC 9449 §4.2, §4.3 steps 4 to 7).

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use tower_jwt_auth::testing::{DpopClient, TestKey};
use tower_jwt_auth::{Algorithm, AlgorithmSet, Dpop};

use crate::support::dpop::{
    INVALID_PROOF, UNPROVEN, bound, client, dpop, expect, layer_with, other_client, presented,
    proof, proof_by, proof_claims, proof_header, signed_raw,
};
use crate::support::{ask, block_on, clock, encode, token};

#[test]
fn the_type_is_dpop_jwt_in_any_case_and_with_or_without_application() {
    let layer = layer_with(dpop());
    let token = bound();
    for typ in [
        "dpop+jwt",
        "DPoP+JWT",
        "application/dpop+jwt",
        "Application/DPOP+jwt",
    ] {
        let request = presented(&token, &proof(&token).header("typ", typ).sign());
        block_on(ask(&layer, request)).named(typ).accepted();
    }
    let wrong = [
        "JWT",
        "at+jwt",
        "",
        "dpop",
        "dpop+jwt ",
        "xdpop+jwt",
        "text/dpop+jwt",
        "jwt+dpop",
    ];
    for typ in wrong {
        let request = presented(&token, &proof(&token).header("typ", typ).sign());
        expect(&layer, &request, &INVALID_PROOF, typ);
    }
    let untyped = proof(&token).without_header("typ").sign();
    expect(
        &layer,
        &presented(&token, &untyped),
        &INVALID_PROOF,
        "absent",
    );
    expect(
        &layer,
        &presented(&token, &token),
        &INVALID_PROOF,
        "the token itself",
    );
}

#[test]
fn the_algorithm_is_a_configured_one_and_never_symmetric_or_none() {
    let layer = layer_with(dpop());
    let token = bound();
    for alg in [
        "none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS256", "ES384", "es256", "",
    ] {
        let request = presented(&token, &proof(&token).header("alg", alg).sign());
        expect(&layer, &request, &INVALID_PROOF, alg);
    }
    let absent = proof(&token).without_header("alg").sign();
    expect(
        &layer,
        &presented(&token, &absent),
        &INVALID_PROOF,
        "absent",
    );
    // An algorithm of the backend that is not configured.
    let es384 = DpopClient::generate(Algorithm::ES384);
    let bound = crate::support::token().bound_to(&es384).sign();
    let request = presented(&bound, &proof_by(&es384, &bound).sign());
    expect(&layer, &request, &INVALID_PROOF, "ES384");
    let all = layer_with(Dpop::optional());
    block_on(ask(
        &all,
        presented(&bound, &proof_by(&es384, &bound).sign()),
    ))
    .accepted();
}

#[test]
fn every_asymmetric_algorithm_is_accepted_by_default() {
    let layer = layer_with(Dpop::optional());
    for algorithm in AlgorithmSet::asymmetric() {
        let client = DpopClient::new(crate::support::key(algorithm));
        let token = token().bound_to(&client).sign();
        let request = presented(&token, &proof_by(&client, &token).sign());
        block_on(ask(&layer, request)).named(algorithm).accepted();
    }
}

#[test]
fn the_algorithm_fits_the_key_and_what_the_key_says() {
    let layer = layer_with(Dpop::optional());
    let token = bound();
    for alg in ["ES384", "ES512", "RS256", "EdDSA"] {
        let request = presented(&token, &proof(&token).header("alg", alg).sign());
        expect(&layer, &request, &INVALID_PROOF, alg);
    }
    let with = |name: &str, value: Value| {
        let mut jwk = client().jwk();
        jwk[name] = value;
        presented(&token, &proof(&token).header("jwk", jwk).sign())
    };
    for (name, value) in [
        ("alg", json!("ES256")),
        ("use", json!("sig")),
        ("key_ops", json!(["verify"])),
        ("kid", json!("1")),
        ("other", json!({"a": 1})),
    ] {
        block_on(ask(&layer, with(name, value)))
            .named(name)
            .accepted();
    }
    for (name, value) in [
        ("alg", json!("ES384")),
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("kty", json!("OKP")),
    ] {
        expect(&layer, &with(name, value), &INVALID_PROOF, name);
    }
    expect(
        &layer,
        &with("crv", json!("P-384")),
        &UNPROVEN,
        "another key",
    );
}

/// Returns a token that is bound to a key, whatever that is (RFC 7638 §3).
fn bound_to(jwk: &Value) -> String {
    let names: &[&str] = match jwk["kty"].as_str() {
        Some("EC") => &["crv", "kty", "x", "y"],
        Some("RSA") => &["e", "kty", "n"],
        _ => &["crv", "kty", "x"],
    };
    let members = names
        .iter()
        .map(|name| format!("\"{name}\":{}", jwk[*name]));
    let canonical = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    let jkt = encode(digest(&SHA256, canonical.as_bytes()));
    token().claim("cnf", json!({ "jkt": jkt })).sign()
}

#[test]
fn the_key_is_a_public_key_that_is_strong_enough() {
    let layer = layer_with(Dpop::optional());
    let jwk = |jwk: Value| {
        let token = bound_to(&jwk);
        presented(&token, &proof(&token).header("jwk", jwk).sign())
    };
    let zero = encode([0; 32]);
    let keys = [
        json!(null),
        json!("text"),
        json!([client().jwk()]),
        json!({}),
        json!({"kty": "oct", "k": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero}),
        json!({"kty": "EC", "crv": "P-256", "x": encode([1; 32]), "y": encode([1; 32])}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": zero}),
        json!({"kty": "RSA", "e": "AQAB", "n": encode([0xff; 128])}),
        json!({"kty": "RSA", "e": "AQ", "n": encode([0xff; 256])}),
        json!({"kty": "RSA", "e": "AgAA", "n": encode([0xff; 256])}),
        json!({"kty": "RSA", "e": "AQAB", "n": encode([0xff; 2048])}),
    ];
    for key in keys {
        expect(&layer, &jwk(key.clone()), &INVALID_PROOF, &key.to_string());
    }
    let token = bound();
    let absent = proof(&token).without_header("jwk").sign();
    expect(
        &layer,
        &presented(&token, &absent),
        &INVALID_PROOF,
        "absent",
    );
}

#[test]
fn a_key_with_a_private_member_is_rejected() {
    let layer = layer_with(dpop());
    let token = bound();
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        let mut jwk = client().jwk();
        jwk[member] = json!("AAAA");
        let request = presented(&token, &proof(&token).header("jwk", jwk).sign());
        expect(&layer, &request, &INVALID_PROOF, member);
    }
}

#[test]
fn references_to_keys_are_ignored_and_extensions_rejected() {
    let layer = layer_with(dpop());
    let token = bound();
    for name in ["jku", "x5u", "kid", "x5t", "other"] {
        let header = proof(&token)
            .header(name, "https://evil.example/jwks")
            .sign();
        block_on(ask(&layer, presented(&token, &header)))
            .named(name)
            .accepted();
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let request = presented(&token, &proof(&token).header(name, value).sign());
        expect(&layer, &request, &INVALID_PROOF, name);
    }
}

#[test]
fn members_that_occur_twice_are_rejected() {
    let layer = layer_with(dpop());
    let token = bound();
    let (header, claims) = (proof_header().to_string(), proof_claims(&token).to_string());
    let twice = |json: &str, member: &str| format!("{},{member}}}", json.trim_end_matches('}'));
    let key = client().key();
    // A valid proof, made in the same way.
    let valid = signed_raw(key, &header, &claims);
    block_on(ask(&layer, presented(&token, &valid))).accepted();
    for member in [
        "\"typ\":\"dpop+jwt\"",
        "\"alg\":\"ES256\"",
        "\"\\u0061lg\":\"ES256\"",
    ] {
        // The last member is `typ`, or an object: the braces are those of the header.
        let doubled = format!("{{{member},{}", &header[1..]);
        let request = presented(&token, &signed_raw(key, &doubled, &claims));
        expect(&layer, &request, &INVALID_PROOF, member);
    }
    let jwk = client().jwk().to_string();
    let doubled = format!("{{\"jwk\":{jwk},{}", &header[1..]);
    let request = presented(&token, &signed_raw(key, &doubled, &claims));
    expect(&layer, &request, &INVALID_PROOF, "jwk");
    let inner = format!("{{\"kty\":\"EC\",{}", &jwk[1..]);
    let doubled = header.replace(&jwk, &inner);
    let request = presented(&token, &signed_raw(key, &doubled, &claims));
    expect(&layer, &request, &INVALID_PROOF, "kty in jwk");
    for claim in [
        "\"htm\":\"POST\"",
        "\"jti\":\"2\"",
        "\"ath\":\"x\"",
        "\"htu\":\"x\"",
        "\"iat\":1",
    ] {
        let request = presented(&token, &signed_raw(key, &header, &twice(&claims, claim)));
        expect(&layer, &request, &INVALID_PROOF, claim);
    }
}

#[test]
fn the_signature_is_that_of_the_key() {
    let layer = layer_with(dpop());
    let token = bound();
    let other = TestKey::generate(Algorithm::ES256);
    for round in ["first", "with the key cached"] {
        let forged = proof(&token).signed_by(&other).sign();
        expect(&layer, &presented(&token, &forged), &INVALID_PROOF, round);
        let valid = proof(&token).sign();
        let (message, signature) = valid.rsplit_once('.').unwrap();
        let zero = format!("{message}.{}", encode([0; 64]));
        expect(&layer, &presented(&token, &zero), &INVALID_PROOF, round);
        let cut = format!("{message}.{}", &signature[..80]);
        expect(&layer, &presented(&token, &cut), &INVALID_PROOF, round);
        let another = proof(&token).sign();
        let swapped = format!("{message}.{}", another.rsplit_once('.').unwrap().1);
        expect(&layer, &presented(&token, &swapped), &INVALID_PROOF, round);
        block_on(ask(&layer, presented(&token, &proof(&token).sign()))).accepted();
    }
}

#[test]
fn the_thumbprint_is_that_of_the_required_members_in_one_text() {
    let layer = layer_with(Dpop::optional());
    let token = bound();
    // Another text of the same key would be another thumbprint.
    let jwk = client().jwk();
    let x = jwk["x"].as_str().unwrap();
    for other in [
        format!("{x}="),
        format!("AA{x}"),
        x[..x.len() - 1].to_owned(),
    ] {
        let mut jwk = jwk.clone();
        jwk["x"] = json!(other);
        let request = presented(&token, &proof(&token).header("jwk", jwk).sign());
        expect(&layer, &request, &UNPROVEN, &other);
    }
    // The other client's key, with its own signature, is a valid proof of another key.
    let request = presented(
        &token,
        &proof_by(other_client(), &token).clock(&clock()).sign(),
    );
    expect(&layer, &request, &UNPROVEN, "another key");
}
