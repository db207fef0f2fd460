//! Clients that use DPoP.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Request, header};
use serde_json::{Value, json};

use super::key::TestKey;
use super::proof::ProofBuilder;
use crate::algorithm::Algorithm;
use crate::crypto::sha256;

/// A client that uses DPoP (RFC 9449): a key, and the last nonce of the server.
///
/// Clones share the key and the nonce.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use tower_jwt_auth::Algorithm;
/// use tower_jwt_auth::testing::{DpopClient, TestKey};
///
/// let client = DpopClient::generate(Algorithm::ES256);
/// let issuer_key = TestKey::generate(Algorithm::ES256);
/// let token = issuer_key.token().subject("alice").bound_to(&client).sign();
///
/// let request = Request::get("https://api.example/orders").body(()).unwrap();
/// let request = client.authorize(request, &token);
/// assert_eq!(request.headers()["authorization"], format!("DPoP {token}"));
/// assert!(request.headers().contains_key("dpop"));
///
/// // An invalid one: a proof for another method.
/// let proof = client.proof("GET", "https://api.example/orders", &token).claim("htm", "PUT").sign();
/// # drop(proof);
/// ```
#[derive(Clone)]
pub struct DpopClient {
    key: TestKey,
    nonce: Arc<Mutex<Option<String>>>,
}

impl DpopClient {
    /// Returns a client with a new key.
    ///
    /// # Panics
    ///
    /// If the algorithm is an HMAC one: a proof has a public key.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Self {
        Self::new(&TestKey::generate(algorithm))
    }

    /// Returns a client with this key.
    ///
    /// # Panics
    ///
    /// If the algorithm of the key is an HMAC one.
    #[must_use]
    pub fn new(key: &TestKey) -> Self {
        assert!(
            !key.algorithm().is_symmetric(),
            "DpopClient: {} has no public key",
            key.algorithm()
        );
        Self {
            key: key.clone(),
            nonce: Arc::default(),
        }
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &TestKey {
        &self.key
    }

    /// Returns the JWK of the public key as proofs contain it: only the members that the type of
    /// the key requires.
    #[must_use]
    pub fn jwk(&self) -> Value {
        json!(self.required_members())
    }

    /// Returns the thumbprint of the key (RFC 7638), which is `cnf.jkt` of a token that is bound to
    /// it.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // Sorted, whichever features of `serde_json` are on.
        let members = self.required_members().into_iter();
        let members = members.map(|(name, value)| format!("\"{name}\":{value}"));
        let canonical = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        URL_SAFE_NO_PAD.encode(sha256(&[canonical.as_bytes()]))
    }

    /// Returns a builder of a valid proof for a request with this method and URI, and this token.
    /// It contains the last nonce.
    ///
    /// `htu` is the URI without its query and fragment.
    pub fn proof(&self, method: impl AsRef<str>, uri: &str, token: &str) -> ProofBuilder {
        let builder = ProofBuilder::new(self, method.as_ref(), uri, token);
        match self.nonce() {
            Some(nonce) => builder.claim("nonce", nonce),
            None => builder,
        }
    }

    /// Returns the request with the headers `Authorization` and `DPoP`, in place of those that it
    /// has.
    ///
    /// # Panics
    ///
    /// If neither its URI nor `Host` has an authority, or `token` is not a header value.
    #[must_use]
    pub fn authorize<B>(&self, request: Request<B>, token: &str) -> Request<B> {
        let uri = absolute_uri(&request);
        let proof = self.proof(request.method(), &uri, token).sign();
        with_proof(request, token, &proof)
    }

    /// Stores the nonce of a response, if it has one, for the next proofs. Returns whether it has.
    pub fn store_nonce(&self, headers: &HeaderMap) -> bool {
        let nonce = headers
            .get("dpop-nonce")
            .and_then(|nonce| nonce.to_str().ok());
        if let Some(nonce) = nonce {
            *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_owned());
        }
        nonce.is_some()
    }

    /// Returns the last nonce.
    #[must_use]
    pub fn nonce(&self) -> Option<String> {
        let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner);
        nonce.clone()
    }

    /// Returns the members that a thumbprint is computed from (RFC 7638 §3.2, RFC 9964 §6).
    fn required_members(&self) -> BTreeMap<String, Value> {
        let Value::Object(jwk) = self.key.jwk() else {
            panic!("a JWK is an object")
        };
        let required: &[_] = if jwk["kty"] == "AKP" {
            &["alg", "kty", "pub"]
        } else {
            &["crv", "e", "kty", "n", "x", "y"]
        };
        let members = jwk.into_iter();
        members
            .filter(|(name, _)| required.contains(&name.as_str()))
            .collect()
    }
}

/// Returns a request with this token and this proof, which need not be valid.
///
/// # Panics
///
/// If one of them is not a header value.
#[must_use]
pub(super) fn with_proof<B>(mut request: Request<B>, token: &str, proof: &str) -> Request<B> {
    let value = |text: &str| {
        HeaderValue::try_from(text)
            .unwrap_or_else(|_| panic!("DpopClient: the token or the proof is not a header value"))
    };
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, value(&format!("DPoP {token}")));
    headers.insert("dpop", value(proof));
    request
}

/// Returns the URI of a request, with `https` and `Host` if it has none of its own.
fn absolute_uri<B>(request: &Request<B>) -> String {
    let uri = request.uri();
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(http::uri::Authority::as_str).or(host);
    let authority = authority.expect("DpopClient: the request has no authority");
    format!(
        "{}://{authority}{}",
        uri.scheme_str().unwrap_or("https"),
        uri.path()
    )
}

/// Shows no key material and no nonce.
impl fmt::Debug for DpopClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopClient")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
