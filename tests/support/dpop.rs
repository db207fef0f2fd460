//! Tokens that are bound to a key of the client, and requests that prove it (RFC 9449).

use std::sync::OnceLock;

use http::{Request, Version};
use serde_json::json;
use tower_jwt_auth::testing::{DpopClient, ProofBuilder, TestKey};
use tower_jwt_auth::{
    Algorithm, Dpop, DpopNonces, Error, ErrorKind, JsonClaims, JwtAuthBuilder, JwtAuthLayer,
};

use super::answer::{Answer, ask};
use super::{builder, clock, token};

/// The URL of the protected service as clients know it.
pub(crate) const ORIGIN: &str = "https://api.example";
pub(crate) const URL: &str = "https://api.example/orders";
/// The algorithms of proofs in the challenges of [`dpop`].
pub(crate) const ALGS: &str = "ES256 EdDSA Ed25519";

/// Returns a client whose key is ES256. The tests share it.
pub(crate) fn client() -> &'static DpopClient {
    static CLIENT: OnceLock<DpopClient> = OnceLock::new();
    CLIENT.get_or_init(|| DpopClient::generate(Algorithm::ES256))
}

/// Returns another client.
pub(crate) fn other_client() -> &'static DpopClient {
    static CLIENT: OnceLock<DpopClient> = OnceLock::new();
    CLIENT.get_or_init(|| DpopClient::generate(Algorithm::ES256))
}

/// Returns a token that is bound to the key of [`client`].
pub(crate) fn bound() -> String {
    token().bound_to(client()).sign()
}

/// Returns a token with this confirmation claim.
pub(crate) fn bound_by(cnf: serde_json::Value) -> String {
    token().claim("cnf", cnf).sign()
}

/// Returns a valid proof for [`post`] with this token.
pub(crate) fn proof(token: &str) -> ProofBuilder {
    proof_by(client(), token)
}

pub(crate) fn proof_by(client: &DpopClient, token: &str) -> ProofBuilder {
    client.proof("POST", URL, token).clock(&clock())
}

/// Returns optional DPoP with few algorithms.
pub(crate) fn dpop() -> Dpop {
    few(Dpop::optional())
}

pub(crate) fn required() -> Dpop {
    few(Dpop::required())
}

fn few(dpop: Dpop) -> Dpop {
    dpop.algorithms([Algorithm::ES256, Algorithm::Ed25519])
}

/// Returns optional DPoP with nonces.
pub(crate) fn with_nonces() -> Dpop {
    dpop().nonces(DpopNonces::random())
}

pub(crate) fn builder_with(dpop: Dpop) -> JwtAuthBuilder {
    builder().dpop(dpop)
}

pub(crate) fn layer_with(dpop: Dpop) -> JwtAuthLayer {
    builder_with(dpop).build().unwrap()
}

/// Returns a request without credentials.
pub(crate) fn post() -> Request<()> {
    Request::post(URL).body(()).unwrap()
}

/// Returns a request with these headers.
pub(crate) fn post_with(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = post();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

/// Returns a request with a token of the scheme `DPoP`, and a proof.
pub(crate) fn presented(token: &str, proof: &str) -> Request<()> {
    post_with(&[("authorization", &format!("DPoP {token}")), ("dpop", proof)])
}

/// Returns a valid request of [`client`].
pub(crate) fn valid() -> Request<()> {
    let token = bound();
    presented(&token, &proof(&token).sign())
}

/// Returns a valid proof whose header has another text: `replace` gets it as JSON.
pub(crate) fn signed_raw(key: &TestKey, header: &str, claims: &str) -> String {
    key.sign_raw(header, claims.as_bytes())
}

/// Returns the claims of a valid proof for [`post`] with this token, as JSON.
pub(crate) fn proof_claims(token: &str) -> serde_json::Value {
    let proof = proof(token).sign();
    let claims = proof.split('.').nth(1).unwrap();
    serde_json::from_slice(&super::decode(claims)).unwrap()
}

/// Returns the header of a valid proof, as JSON.
pub(crate) fn proof_header() -> serde_json::Value {
    json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": client().jwk()})
}

/// A rejection with 401, over HTTP, or with the status 16 over gRPC.
pub(crate) struct Rejection {
    pub(crate) kind: ErrorKind,
    /// The scheme of the only challenge with an error, and its code.
    pub(crate) challenge: (&'static str, &'static str),
}

pub(crate) const INVALID_PROOF: Rejection = Rejection {
    kind: ErrorKind::InvalidDpopProof,
    challenge: ("DPoP", "invalid_dpop_proof"),
};
pub(crate) const USE_NONCE: Rejection = Rejection {
    kind: ErrorKind::UseDpopNonce,
    challenge: ("DPoP", "use_dpop_nonce"),
};
/// A token of the scheme `DPoP` that the proof does not fit.
pub(crate) const UNPROVEN: Rejection = Rejection {
    kind: ErrorKind::UnprovenBinding,
    challenge: ("DPoP", "invalid_token"),
};
/// A token of the scheme `DPoP` that is not bound.
pub(crate) const UNBOUND: Rejection = Rejection {
    kind: ErrorKind::UnboundToken,
    challenge: ("DPoP", "invalid_token"),
};
/// A bound token that came as a bearer token.
pub(crate) const STOLEN: Rejection = Rejection {
    kind: ErrorKind::UnprovenBinding,
    challenge: ("Bearer", "invalid_token"),
};

/// Sends a request over HTTP and over gRPC, and asserts that it is rejected. Returns the answer over
/// HTTP.
#[track_caller]
pub(crate) fn expect(
    layer: &JwtAuthLayer,
    request: &Request<()>,
    rejection: &Rejection,
    what: &str,
) -> Answer {
    let http = crate::support::block_on(ask(layer, copy(request)));
    assert_eq!(http.status, 401, "{what}");
    assert_eq!(http.header("grpc-status"), None, "{what}");
    let grpc = crate::support::block_on(ask(layer, as_grpc(request)));
    assert_eq!(grpc.status, 200, "{what}");
    assert_eq!(grpc.header("grpc-status"), Some("16"), "{what}");
    for answer in [&http, &grpc] {
        assert_eq!(answer.kind(), Some(rejection.kind), "{what}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
        assert_eq!(errors(answer), [rejection.challenge], "{what}");
    }
    let message = http.error.as_ref().map(Error::description);
    assert_eq!(grpc.header("grpc-message"), message, "{what}");
    http
}

/// Returns the challenges that have an error: scheme and code.
pub(crate) fn errors(answer: &Answer<JsonClaims>) -> Vec<(&str, &str)> {
    let challenges = answer.challenges().into_iter();
    challenges
        .filter_map(|(scheme, attributes)| {
            let error = attributes.iter().find(|(name, _)| *name == "error")?;
            Some((scheme, error.1))
        })
        .collect()
}

/// Returns a copy of a request.
pub(crate) fn copy(request: &Request<()>) -> Request<()> {
    let mut copy = Request::new(());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}

/// Returns the same request as a gRPC call.
pub(crate) fn as_grpc(request: &Request<()>) -> Request<()> {
    let mut call = copy(request);
    *call.version_mut() = Version::HTTP_2;
    let headers = call.headers_mut();
    headers.insert("content-type", "application/grpc".parse().unwrap());
    headers.insert("te", "trailers".parse().unwrap());
    call
}
