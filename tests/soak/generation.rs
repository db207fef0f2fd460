//! The keys that an issuer signs with at one time, and tokens that were made with them.

use std::time::Duration;

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestKey, TokenBuilder};

/// All subjects start so, and nothing else does.
pub(crate) const SUBJECT: &str = "soak-subject-";
const ALGORITHMS: [Algorithm; 4] = [
    Algorithm::ES256,
    Algorithm::RS256,
    Algorithm::PS256,
    Algorithm::Ed25519,
];
const TOKENS_A_KEY: usize = 8;
/// Longer than any run.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A token and what the server must tell of it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) subject: String,
}

pub(crate) struct Generation {
    pub(crate) number: u32,
    keys: Vec<TestKey>,
    pub(crate) good: Vec<Signed>,
    /// What is wrong, and a token whose key id is that of a valid key.
    pub(crate) forged: Vec<(&'static str, String)>,
}

impl Generation {
    /// RSA keys take a while.
    pub(crate) async fn make(
        number: u32,
        issuer: String,
        enemy: TestKey,
        enemy_url: String,
    ) -> Self {
        let make = move || {
            let keys: Vec<_> = ALGORITHMS.into_iter().map(TestKey::generate).collect();
            let good = keys
                .iter()
                .flat_map(|key| tokens(&key.token().issuer(&*issuer)))
                .collect();
            let forged = keys
                .iter()
                .flat_map(|key| forgeries(key, &issuer, &enemy, &enemy_url))
                .collect();
            Self {
                number,
                keys,
                good,
                forged,
            }
        };
        tokio::task::spawn_blocking(make)
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

/// Tokens for several callers.
pub(crate) fn tokens(base: &TokenBuilder) -> Vec<Signed> {
    let token = |_| {
        let subject = format!("{SUBJECT}{}", unique());
        Signed {
            token: base.clone().subject(&*subject).expires_in(LIFE).sign(),
            subject,
        }
    };
    (0..TOKENS_A_KEY).map(token).collect()
}

fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static COUNT: AtomicU64 = AtomicU64::new(0);
    // So long that none is the beginning of another.
    format!("{:08}", COUNT.fetch_add(1, Relaxed))
}

fn forgeries(
    key: &TestKey,
    issuer: &str,
    enemy: &TestKey,
    enemy_url: &str,
) -> [(&'static str, String); 8] {
    let good = || {
        key.token()
            .issuer(issuer)
            .expires_in(LIFE)
            .subject(format!("{SUBJECT}forged"))
    };
    let enemy = enemy.clone().with_key_id(key.key_id());
    [
        (
            "wrong audience",
            good().audience("https://other.example").sign(),
        ),
        ("no audience", good().without_claim("aud").sign()),
        ("no expiry", good().without_claim("exp").sign()),
        (
            "not yet valid",
            good().claim("nbf", 4_102_444_800_u64).sign(),
        ),
        ("broken signature", broken(&good().sign())),
        ("enemy's signature", good().key(&enemy).sign()),
        (
            "key in the header",
            good().key(&enemy).header("jwk", enemy.jwk()).sign(),
        ),
        (
            "key by URL",
            good()
                .key(&enemy)
                .header("jku", enemy_url)
                .header("x5u", json!(enemy_url))
                .sign(),
        ),
    ]
}

/// With another first character of the signature, which all its bits count in.
fn broken(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').expect("a token has dots");
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{message}.{other}{}", &signature[1..])
}
