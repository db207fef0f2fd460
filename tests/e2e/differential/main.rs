//! This crate's side of the differential test: its decisions on a corpus of tokens, which another
//! implementation decides on as well.
//!
//! `tests/e2e/interop/differential.sh` makes the corpus, runs this test and compares the decisions. The
//! test reads `corpus.json` from the folder `DIFFERENTIAL_FOLDER` and writes `answers.json` there,
//! with tokens that the test kit signs.
//! The script fails if that file is missing. Without the variable the test does nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::executor::block_on;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_jwt_auth::testing::{DpopClient, TestClock, TestKey};
use tower_jwt_auth::{Algorithm, Authenticator, Claims, Error, Issuer, Key, KeySet};

#[derive(Deserialize)]
struct Corpus {
    /// The time of the decisions, in seconds since 1970.
    now: u64,
    rules: HashMap<String, Rules>,
    tokens: Vec<Entry>,
}

#[derive(Deserialize)]
struct Rules {
    issuer: String,
    audiences: Vec<String>,
    algorithms: Vec<String>,
    jwks: Option<Value>,
    secret: Option<String>,
    #[serde(default)]
    access_tokens: bool,
}

#[derive(Deserialize)]
struct Entry {
    rules: String,
    token: String,
}

impl Rules {
    fn keys(&self) -> KeySet {
        match (&self.jwks, &self.secret) {
            (Some(jwks), None) => KeySet::from_json(&jwks.to_string()).unwrap(),
            (None, Some(secret)) => {
                Key::from_secret(Algorithm::HS256, URL_SAFE_NO_PAD.decode(secret).unwrap())
                    .unwrap()
                    .into()
            }
            _ => unreachable!("rules have a JWK set or a secret"),
        }
    }

    fn authenticator(&self, now: u64) -> Authenticator {
        let issuer = Issuer::from_keys(&self.issuer, self.keys(), self.audiences.clone());
        let issuer = issuer.algorithms(self.algorithms.iter().map(|name| name.parse().unwrap()));
        let clock = TestClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(now));
        let builder = Authenticator::builder(issuer).clock(clock);
        let builder = if self.access_tokens {
            builder.access_tokens_only()
        } else {
            builder
        };
        builder.build_authenticator().unwrap()
    }
}

fn answer(outcome: Result<Claims, Error>) -> Value {
    match outcome {
        Ok(claims) => json!({"accepted": true, "seen": seen(&claims), "claims": claims.as_map()}),
        Err(error) => {
            json!({"accepted": false, "kind": format!("{:?}", error.kind()), "claim": error.claim()})
        }
    }
}

/// Returns what the accessors of `Claims` return.
fn seen(claims: &Claims) -> Value {
    json!({
        "iss": claims.issuer(),
        "sub": claims.subject(),
        "aud": claims.audience().collect::<Vec<_>>(),
        "exp": seconds(claims.expires_at()),
        "iat": claims.issued_at().map(seconds),
        "nbf": claims.not_before().map(seconds),
        "jti": claims.id(),
        "kid": claims.key_id(),
        "alg": claims.algorithm().map(Algorithm::name),
        "scopes": claims.scopes().collect::<Vec<_>>(),
    })
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

/// Returns a token of the test kit for each algorithm, with the JWK of its key, and the thumbprint of
/// a public key.
fn signed() -> Vec<Value> {
    // RSA keys take long to generate: one is enough.
    let is_slow = |algorithm: &Algorithm| {
        let name = algorithm.name();
        name.starts_with("PS") || name.starts_with("RS") && name != "RS256"
    };
    let algorithms = Algorithm::all().filter(|algorithm| algorithm.is_supported());
    let signed = algorithms
        .filter(|algorithm| !is_slow(algorithm))
        .map(|algorithm| {
            let key = TestKey::generate(algorithm);
            let thumbprint =
                (!algorithm.is_symmetric()).then(|| DpopClient::new(&key).thumbprint());
            json!({"jwk": key.jwk(), "token": key.token().sign(), "thumbprint": thumbprint})
        });
    signed.collect()
}

#[test]
fn every_token_of_the_corpus_is_answered() {
    let Some(folder) = std::env::var_os("DIFFERENTIAL_FOLDER").map(PathBuf::from) else {
        println!("not run: tests/e2e/interop/differential.sh makes the corpus and runs this");
        return;
    };
    let corpus: Corpus =
        serde_json::from_slice(&std::fs::read(folder.join("corpus.json")).unwrap()).unwrap();
    let authenticators: HashMap<_, _> = corpus
        .rules
        .iter()
        .map(|(name, rules)| (name, rules.authenticator(corpus.now)))
        .collect();
    let authenticate = |entry: &Entry| {
        answer(block_on(
            authenticators[&entry.rules].authenticate(&entry.token),
        ))
    };
    let answers: Vec<_> = corpus.tokens.iter().map(authenticate).collect();
    let backend = if cfg!(feature = "aws-lc-rs") {
        "aws-lc-rs"
    } else {
        "rust-crypto"
    };
    std::fs::write(
        folder.join("answers.json"),
        json!({"backend": backend, "answers": answers, "signed": signed()}).to_string(),
    )
    .unwrap();
}
