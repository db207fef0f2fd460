//! DPoP proofs with ML-DSA (RFC 9449, RFC 9964 §6).

use serde_json::json;
use tower_jwt_auth::testing::DpopClient;
use tower_jwt_auth::{Algorithm, Dpop};

use crate::support::dpop::{
    INVALID_PROOF, UNPROVEN, client, expect, layer_with, presented, proof_by,
};
use crate::support::{ask, block_on, decode, encode, key, ml_dsa, token};

fn clients() -> impl Iterator<Item = (Algorithm, DpopClient)> {
    ml_dsa().map(|algorithm| (algorithm, DpopClient::new(key(algorithm))))
}

fn layer() -> tower_jwt_auth::JwtAuthLayer {
    layer_with(Dpop::required().algorithms(ml_dsa().chain([Algorithm::ES256])))
}

#[test]
fn a_proof_is_accepted_where_its_algorithm_is_listed_and_rejected_elsewhere() {
    for (algorithm, client) in clients() {
        let bound = token().bound_to(&client).sign();
        let request = || presented(&bound, &proof_by(&client, &bound).sign());
        block_on(ask(&layer(), request()))
            .named(algorithm)
            .accepted();
        let by_default = layer_with(Dpop::required());
        expect(&by_default, &request(), &INVALID_PROOF, algorithm.name());
    }
}

#[test]
fn a_proof_of_up_to_12_kib_is_accepted_where_ml_dsa_is_listed() {
    for (algorithm, client) in clients() {
        let bound = token().bound_to(&client).sign();
        let of_len = |max: usize| {
            let len = proof_by(&client, &bound).claim("x", "").sign().len();
            let padding = "x".repeat((max - len) * 3 / 4);
            proof_by(&client, &bound).claim("x", padding).sign()
        };
        let longest = of_len(12 * 1024);
        assert!((12 * 1024 - 8..=12 * 1024).contains(&longest.len()));
        block_on(ask(&layer(), presented(&bound, &longest)))
            .named(algorithm)
            .accepted();
        let too_long = of_len(12 * 1024 + 16);
        assert!(too_long.len() > 12 * 1024);
        let request = presented(&bound, &too_long);
        expect(&layer(), &request, &INVALID_PROOF, algorithm.name());
    }
}

// Without ML-DSA, the bound is still 8 KiB.
#[test]
fn a_proof_with_another_algorithm_may_be_longer_only_where_ml_dsa_is_listed() {
    let bound = token().bound_to(client()).sign();
    let long = || {
        let proof = proof_by(client(), &bound).claim("x", "x".repeat(7_000));
        presented(&bound, &proof.sign())
    };
    let few = layer_with(Dpop::required().algorithms([Algorithm::ES256]));
    expect(&few, &long(), &INVALID_PROOF, "longer than 8 KiB");
    if ml_dsa().next().is_some() {
        block_on(ask(&layer(), long())).accepted();
    }
}

#[test]
fn a_signature_of_another_length_or_with_a_flipped_bit_is_rejected() {
    for (algorithm, client) in clients() {
        let bound = token().bound_to(&client).sign();
        let proof = proof_by(&client, &bound).sign();
        let (message, signature) = proof.rsplit_once('.').unwrap();
        let signature = decode(signature);
        let mut flipped = signature.clone();
        flipped[777] ^= 4;
        for other in [
            &signature[1..],
            &signature[..64],
            &[&signature[..], &[0]].concat(),
            &vec![0; 4700],
            &flipped,
        ] {
            let request = presented(&bound, &format!("{message}.{}", encode(other)));
            expect(&layer(), &request, &INVALID_PROOF, algorithm.name());
        }
    }
}

#[test]
fn a_jwk_that_is_not_a_public_key_of_the_algorithm_is_rejected() {
    for (algorithm, client) in clients() {
        let bound = token().bound_to(&client).sign();
        let with = |name: &str, value: serde_json::Value| {
            let mut jwk = client.jwk();
            jwk[name] = value;
            presented(&bound, &proof_by(&client, &bound).header("jwk", jwk).sign())
        };
        for (name, value) in [
            ("priv", json!(encode([0; 32]))),
            ("kty", json!("OKP")),
            ("use", json!("enc")),
            ("alg", json!("ES256")),
            ("alg", json!(null)),
        ] {
            expect(&layer(), &with(name, value), &INVALID_PROOF, name);
        }
        // A key of another thumbprint.
        let short = with("pub", json!(encode([7; 32])));
        expect(&layer(), &short, &UNPROVEN, algorithm.name());
        let mut without = client.jwk();
        without.as_object_mut().unwrap().remove("alg");
        let proof = proof_by(&client, &bound).header("jwk", without).sign();
        let request = presented(&bound, &proof);
        expect(&layer(), &request, &INVALID_PROOF, "no alg");
    }
}

#[test]
fn a_proof_of_another_key_is_rejected() {
    for (algorithm, client) in clients() {
        let other = DpopClient::generate(algorithm);
        let bound = token().bound_to(&client).sign();
        let request = presented(&bound, &proof_by(&other, &bound).sign());
        expect(&layer(), &request, &UNPROVEN, algorithm.name());
    }
}
