//! A client, its proofs, and a verifier with a fixed time.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::{Value, json};

use crate::crypto::sha256;
use crate::dpop::{Dpop, PresentedProof, ProofError, ProofVerifier, VerifiedProof};
use crate::request::RequestParts;

pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const LEEWAY: u64 = 60;
pub(super) const TOKEN: &str = "eyJh.eyJz.c2ln";
pub(super) const URL: &str = "https://api.example.com/orders";

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

type Sign = dyn Fn(&[u8]) -> Vec<u8>;

/// A client with a key.
pub(super) struct Client {
    sign: Box<Sign>,
    pub(super) alg: &'static str,
    pub(super) jwk: Value,
}

impl Client {
    pub(super) fn p256() -> Self {
        Self::ec(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256")
    }

    pub(super) fn p384() -> Self {
        Self::ec(&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384")
    }

    fn ec(
        algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm,
        alg: &'static str,
        crv: &str,
    ) -> Self {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let coordinates = &pair.public_key().as_ref()[1..];
        let (x, y) = coordinates.split_at(coordinates.len() / 2);
        let jwk = json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y)});
        let sign = move |message: &[u8]| {
            let signature = pair.sign(&SystemRandom::new(), message).unwrap();
            signature.as_ref().to_vec()
        };
        Self {
            sign: Box::new(sign),
            alg,
            jwk,
        }
    }

    pub(super) fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = encode(pair.public_key());
        Self {
            sign: Box::new(move |message| pair.sign(message).as_ref().to_vec()),
            alg: "EdDSA",
            jwk: json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        }
    }

    /// Returns the thumbprint, computed from a text that is written here.
    pub(super) fn thumbprint(&self) -> String {
        thumbprint(&self.jwk)
    }

    pub(super) fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": self.alg, "jwk": self.jwk})
    }

    /// Signs header and claims as they are.
    pub(super) fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = encode((self.sign)(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// Returns a valid proof, with another member of its header.
    pub(super) fn with_header(&self, name: &str, value: Value) -> String {
        let header = changed(self.header(), name, Some(value));
        self.sign(&header.to_string(), &claims().to_string())
    }

    /// Returns a valid proof, with another member of its JWK.
    pub(super) fn with_jwk_member(&self, name: &str, value: Value) -> String {
        self.with_header("jwk", changed(self.jwk.clone(), name, Some(value)))
    }

    /// Returns a valid proof, with another claim, or without it.
    pub(super) fn with_claim(&self, name: &str, value: Option<Value>) -> String {
        let claims = changed(claims(), name, value);
        self.sign(&self.header().to_string(), &claims.to_string())
    }

    pub(super) fn proof(&self) -> String {
        self.sign(&self.header().to_string(), &claims().to_string())
    }

    /// Verifies a proof for a token that is bound to this client.
    pub(super) fn verify(
        &self,
        verifier: &ProofVerifier,
        proof: &str,
    ) -> Result<VerifiedProof, ProofError> {
        self.verify_at(verifier, proof, NOW)
    }

    pub(super) fn verify_at(
        &self,
        verifier: &ProofVerifier,
        proof: &str,
        now: u64,
    ) -> Result<VerifiedProof, ProofError> {
        let request = Request::get(URL).body(()).unwrap();
        self.verify_request(verifier, proof, &request, seconds(now))
    }

    pub(super) fn verify_request<B>(
        &self,
        verifier: &ProofVerifier,
        proof: &str,
        request: &Request<B>,
        now: Duration,
    ) -> Result<VerifiedProof, ProofError> {
        let presented = PresentedProof {
            proof: proof.as_bytes(),
            token: TOKEN.as_bytes(),
            thumbprint: &self.thumbprint(),
            request: RequestParts::from(request),
        };
        verifier.verify(&presented, now)
    }
}

pub(super) fn decode(text: &Value) -> Vec<u8> {
    crate::encoding::base64url::decode(text.as_str().unwrap()).unwrap()
}

/// Verifies a proof with a token that is bound to the key in the proof, whatever that is.
pub(super) fn verify_own(proof: &str) -> Result<VerifiedProof, ProofError> {
    let (header, _) = proof.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&decode(&json!(header))).unwrap();
    let request = Request::get(URL).body(()).unwrap();
    let presented = PresentedProof {
        proof: proof.as_bytes(),
        token: TOKEN.as_bytes(),
        thumbprint: &thumbprint(&header["jwk"]),
        request: RequestParts::from(&request),
    };
    verifier().verify(&presented, seconds(NOW))
}

/// Returns the thumbprint of a JWK (RFC 7638), also of one that is not usable.
fn thumbprint(jwk: &Value) -> String {
    let names: &[&str] = match jwk["kty"].as_str() {
        Some("EC") => &["crv", "kty", "x", "y"],
        Some("RSA") => &["e", "kty", "n"],
        _ => &["crv", "kty", "x"],
    };
    let member = |name: &&str| {
        let value = jwk[*name].as_str().unwrap_or_default();
        format!(r#""{name}":"{value}""#)
    };
    let members: Vec<_> = names.iter().map(member).collect();
    encode(sha256(&[format!("{{{}}}", members.join(",")).as_bytes()]))
}

/// Returns the claims of a valid proof.
pub(super) fn claims() -> Value {
    json!({
        "jti": "1",
        "htm": "GET",
        "htu": URL,
        "iat": NOW,
        "ath": encode(sha256(&[TOKEN.as_bytes()])),
    })
}

pub(super) fn changed(mut object: Value, name: &str, value: Option<Value>) -> Value {
    let members = object.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    object
}

pub(super) fn build(dpop: Dpop) -> ProofVerifier {
    dpop.build(seconds(LEEWAY)).unwrap()
}

pub(super) fn verifier() -> ProofVerifier {
    build(Dpop::optional())
}

/// Returns the reason why a proof is rejected as invalid.
pub(super) fn reason(outcome: Result<VerifiedProof, ProofError>) -> &'static str {
    match outcome {
        Err(ProofError::Invalid(_, reason)) => reason,
        Err(other) => panic!("rejected as {other:?}"),
        Ok(_) => panic!("accepted"),
    }
}

pub(super) fn is_accepted(outcome: &Result<VerifiedProof, ProofError>) -> bool {
    outcome.is_ok()
}
