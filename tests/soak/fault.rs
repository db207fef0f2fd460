//! What the issuer does wrong. Each is such that the server must not take in what it gets: the good
//! keys stay.

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::random::Random;

pub(crate) enum Fault {
    /// SIGKILL: connections are refused.
    Killed,
    /// SIGSTOP: connections are taken, and no response comes.
    Stopped,
    /// Wrong answers: what the issuer is told about its key set, and about its metadata.
    Told { keys: Told, metadata: Option<Told> },
}

/// An order to the issuer.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) verb: &'static str,
    pub(crate) rest: String,
}

impl Fault {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Killed => "killed".to_owned(),
            Self::Stopped => "stopped".to_owned(),
            Self::Told {
                keys,
                metadata: None,
            } => keys.name.to_owned(),
            Self::Told {
                keys,
                metadata: Some(metadata),
            } => format!("{}; metadata: {}", keys.name, metadata.name),
        }
    }

    /// All of them, in some order. Metadata that lies goes with a key set that is not to be had, so
    /// that it is asked for again and again.
    pub(crate) fn all(
        random: &mut Random,
        issuer: &str,
        enemy_url: &str,
        enemy: &TestKey,
    ) -> Vec<Self> {
        let mut keys = of_keys(enemy_url, enemy);
        random.shuffle(&mut keys);
        let mut metadata = of_metadata(issuer, enemy_url).into_iter();
        let mut all: Vec<_> = keys
            .into_iter()
            .map(|keys| Self::Told {
                keys,
                metadata: metadata.next(),
            })
            .collect();
        all.extend([Self::Killed, Self::Stopped]);
        random.shuffle(&mut all);
        all
    }
}

fn of_keys(enemy_url: &str, enemy: &TestKey) -> Vec<Told> {
    let fault = |name, rest: &str| Told {
        name,
        verb: "fault",
        rest: rest.to_owned(),
    };
    vec![
        fault("status 500", "status 500"),
        fault("status 404", "status 404"),
        fault("503 with Retry-After", "retry-after 3"),
        fault("hangs", "hang"),
        fault("resets", "reset"),
        fault("too slow", "delay 8000"),
        fault("drips", "drip"),
        fault("truncated", "truncated"),
        fault("garbage", "garbage"),
        fault("a web page", "html"),
        fault("empty", "empty"),
        fault("no keys", "no-keys"),
        fault("200 MB", "huge"),
        fault("endless", "endless"),
        fault(
            "redirects to the enemy",
            &format!("redirect {enemy_url}/jwks"),
        ),
        Told {
            name: "secrets and private keys",
            verb: "keys",
            rest: secrets(enemy),
        },
    ]
}

fn of_metadata(issuer: &str, enemy_url: &str) -> Vec<Told> {
    let fault = |name, rest: &str| Told {
        name,
        verb: "metadata-fault",
        rest: rest.to_owned(),
    };
    let enemys = format!("redirect {enemy_url}/.well-known/openid-configuration");
    let lie = |name, rest: String| Told {
        name,
        verb: "metadata",
        rest,
    };
    vec![
        of_the_enemy(enemy_url),
        lie(
            "keys in the clear",
            format!("{issuer} http://192.0.2.1/jwks"),
        ),
        fault("redirects to the enemy", &enemys),
        fault("hangs", "hang"),
        fault("a web page", "html"),
        fault("truncated", "truncated"),
        fault("endless", "endless"),
        fault("status 500", "status 500"),
        Told {
            name: "not OpenID's",
            verb: "openid",
            rest: "off".to_owned(),
        },
    ]
}

/// Names another issuer than the one that was asked, and his keys.
pub(crate) fn of_the_enemy(enemy_url: &str) -> Told {
    Told {
        name: "of the enemy",
        verb: "metadata",
        rest: format!("{enemy_url} {enemy_url}/jwks"),
    }
}

/// A set in which nothing may be used: who takes it in locks all callers out, or lets the enemy in.
fn secrets(enemy: &TestKey) -> String {
    let shared = TestKey::generate(Algorithm::HS256).with_key_id(enemy.key_id());
    json!({"keys": [private(enemy), shared.jwk()]}).to_string()
}

/// The valid keys among others that may not be used.
pub(crate) fn half_bad(good: Vec<Value>, enemy: &TestKey) -> String {
    let mut for_encryption = enemy.jwk();
    for_encryption["use"] = json!("enc");
    let weak =
        json!({"kty": "RSA", "kid": "weak", "alg": "RS256", "n": "x".repeat(171), "e": "AQAB"});
    let off_curve = json!({"kty": "EC", "kid": "off", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)});
    let bad = [
        json!({}),
        json!({"kty": "XYZ"}),
        weak,
        off_curve,
        private(enemy),
        for_encryption,
    ];
    json!({"keys": bad.into_iter().chain(good).collect::<Vec<_>>()}).to_string()
}

/// Any `d` makes it a private key (RFC 7518 §6.2.2).
fn private(key: &TestKey) -> Value {
    let mut private = key.jwk();
    private["d"] = private["x"].clone();
    private
}
