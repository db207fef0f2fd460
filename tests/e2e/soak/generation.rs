//! The keys that the issuer signs with at one time, and tokens that they signed.

use std::time::Duration;

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};

/// The prefix of all subjects. The server's log must not contain it.
pub(crate) const SUBJECT: &str = "soak-subject-";
const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::ES256,
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::Ed25519,
];
const TOKENS_PER_KEY: usize = 8;
/// The lifetime of tokens, longer than any run.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A valid token, and the subject that the response must contain.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) subject: String,
}

pub(crate) struct Generation {
    pub(crate) number: u32,
    keys: Vec<TestKey>,
    pub(crate) valid: Vec<Signed>,
    /// Invalid tokens with the key id of a published key, each with what is wrong.
    pub(crate) forged: Vec<(&'static str, String)>,
}

impl Generation {
    /// Generates keys on a blocking thread, because RSA keys take time.
    pub(crate) async fn generate(
        number: u32,
        issuer: String,
        attacker: TestKey,
        attacker_url: String,
    ) -> Self {
        let generate = move || {
            let keys: Vec<_> = ALGORITHMS.into_iter().map(TestKey::generate).collect();
            let valid = keys
                .iter()
                .flat_map(|key| tokens(&key.token().issuer(&*issuer)))
                .collect();
            let forged = keys
                .iter()
                .flat_map(|key| invalid_tokens(key, &issuer, &attacker, &attacker_url))
                .collect();
            Self {
                number,
                keys,
                valid,
                forged,
            }
        };
        tokio::task::spawn_blocking(generate)
            .await
            .expect("keys are made")
    }

    pub(crate) fn jwks(&self) -> Vec<Value> {
        self.keys.iter().map(TestKey::jwk).collect()
    }

    pub(crate) fn rsa_key(&self) -> &TestKey {
        self.keys
            .iter()
            .find(|key| key.algorithm() == Algorithm::RS256)
            .expect("it is among them")
    }
}

/// Returns tokens of different subjects.
pub(crate) fn tokens(base: &TokenBuilder) -> Vec<Signed> {
    let token = |_| {
        let subject = format!("{SUBJECT}{}", unique());
        Signed {
            token: base.clone().subject(&*subject).expires_in(LIFETIME).sign(),
            subject,
        }
    };
    (0..TOKENS_PER_KEY).map(token).collect()
}

fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Of fixed length, so that no subject is a prefix of another.
    format!("{:08}", COUNT.fetch_add(1, Relaxed))
}

fn invalid_tokens(
    key: &TestKey,
    issuer: &str,
    attacker: &TestKey,
    attacker_url: &str,
) -> [(&'static str, String); 8] {
    let valid = || {
        key.token()
            .issuer(issuer)
            .expires_in(LIFETIME)
            .subject(format!("{SUBJECT}forged"))
    };
    let attacker = attacker.clone().with_key_id(key.key_id());
    [
        (
            "wrong audience",
            valid().audience("https://other.example").sign(),
        ),
        ("no audience", valid().without_claim("aud").sign()),
        ("no expiry", valid().without_claim("exp").sign()),
        (
            "not yet valid",
            valid().claim("nbf", 4_102_444_800_u64).sign(),
        ),
        ("broken signature", broken(&valid().sign())),
        ("attacker's signature", valid().key(&attacker).sign()),
        (
            "key in the header",
            valid().key(&attacker).header("jwk", attacker.jwk()).sign(),
        ),
        (
            "key by URL",
            valid()
                .key(&attacker)
                .header("jku", attacker_url)
                .header("x5u", json!(attacker_url))
                .sign(),
        ),
    ]
}

/// Replaces the first character of the signature, of which every bit counts.
fn broken(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').expect("a token has dots");
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{message}.{other}{}", &signature[1..])
}
