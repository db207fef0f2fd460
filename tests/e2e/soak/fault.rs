//! The faults of the issuer. In each of them the server must keep the keys that it has cached.

use serde_json::{Value, json};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestKey;

use crate::random::Random;

pub(crate) enum Fault {
    /// By SIGKILL: connections are refused.
    Killed,
    /// By SIGSTOP: connections are accepted, and no response comes.
    Stopped,
    /// Wrong responses, by an order for the key set and perhaps one for the metadata.
    WrongResponses {
        keys: Order,
        metadata: Option<Order>,
    },
}

/// An order to the issuer, of a verb and its arguments.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) name: &'static str,
    pub(crate) verb: &'static str,
    pub(crate) rest: String,
}

impl Fault {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Killed => "killed".to_owned(),
            Self::Stopped => "stopped".to_owned(),
            Self::WrongResponses {
                keys,
                metadata: None,
            } => keys.name.to_owned(),
            Self::WrongResponses {
                keys,
                metadata: Some(metadata),
            } => format!("{}; metadata: {}", keys.name, metadata.name),
        }
    }

    /// Returns whether the issuer sends a key set without a usable key. The server then keeps its
    /// keys for five minutes, unless it gets usable ones.
    fn withdraws_keys(&self) -> bool {
        match self {
            Self::WrongResponses { keys, .. } => keys.verb == "keys" || keys.rest == "no-keys",
            Self::Killed | Self::Stopped => false,
        }
    }

    /// Returns all faults, in random order, those that withdraw the keys last: the others take
    /// longer than the keys are kept. Wrong metadata is combined with a fault of the key set, so
    /// that both are fetched again and again.
    pub(crate) fn all(
        random: &mut Random,
        issuer: &str,
        attacker_url: &str,
        attacker: &TestKey,
    ) -> Vec<Self> {
        let mut keys = key_set_faults(attacker_url, attacker);
        random.shuffle(&mut keys);
        let mut metadata = metadata_faults(issuer, attacker_url).into_iter();
        let mut all: Vec<_> = keys
            .into_iter()
            .map(|keys| Self::WrongResponses {
                keys,
                metadata: metadata.next(),
            })
            .collect();
        all.extend([Self::Killed, Self::Stopped]);
        random.shuffle(&mut all);
        all.sort_by_key(Self::withdraws_keys);
        all
    }
}

fn key_set_faults(attacker_url: &str, attacker: &TestKey) -> Vec<Order> {
    let fault = |name, rest: &str| Order {
        name,
        verb: "fault",
        rest: rest.to_owned(),
    };
    vec![
        fault("status 500", "status 500"),
        fault("status 404", "status 404"),
        fault("503 with Retry-After", "retry-after 3"),
        fault("hangs", "hang"),
        fault("closes", "close"),
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
            "redirects to the attacker",
            &format!("redirect {attacker_url}/jwks"),
        ),
        Order {
            name: "secrets and private keys",
            verb: "keys",
            rest: secrets(attacker),
        },
    ]
}

fn metadata_faults(issuer: &str, attacker_url: &str) -> Vec<Order> {
    let fault = |name, rest: &str| Order {
        name,
        verb: "metadata-fault",
        rest: rest.to_owned(),
    };
    let redirect = format!("redirect {attacker_url}/.well-known/openid-configuration");
    let wrong = |name, rest: String| Order {
        name,
        verb: "metadata",
        rest,
    };
    vec![
        of_the_attacker(attacker_url),
        wrong("keys over http", format!("{issuer} http://192.0.2.1/jwks")),
        fault("redirects to the attacker", &redirect),
        fault("hangs", "hang"),
        fault("a web page", "html"),
        fault("truncated", "truncated"),
        fault("endless", "endless"),
        fault("status 500", "status 500"),
        Order {
            name: "none of OpenID Connect",
            verb: "openid",
            rest: "off".to_owned(),
        },
    ]
}

/// Returns metadata with the issuer and the key set of the attacker.
pub(crate) fn of_the_attacker(attacker_url: &str) -> Order {
    Order {
        name: "of the attacker",
        verb: "metadata",
        rest: format!("{attacker_url} {attacker_url}/jwks"),
    }
}

/// Returns a set without a usable key. With these keys the server would reject all callers, or
/// accept the attacker.
fn secrets(attacker: &TestKey) -> String {
    let shared = TestKey::generate(Algorithm::HS256).with_key_id(attacker.key_id());
    json!({"keys": [private(attacker), shared.jwk()]}).to_string()
}

/// Returns a set of these keys and some that must not be used.
pub(crate) fn with_unusable_keys(usable: Vec<Value>, attacker: &TestKey) -> String {
    let mut for_encryption = attacker.jwk();
    for_encryption["use"] = json!("enc");
    let weak =
        json!({"kty": "RSA", "kid": "weak", "alg": "RS256", "n": "x".repeat(171), "e": "AQAB"});
    let zero = "A".repeat(43);
    let off_curve = json!({"kty": "EC", "kid": "off", "crv": "P-256", "x": zero, "y": zero});
    let unusable = [
        json!({}),
        json!({"kty": "XYZ"}),
        weak,
        off_curve,
        private(attacker),
        for_encryption,
    ];
    json!({"keys": unusable.into_iter().chain(usable).collect::<Vec<_>>()}).to_string()
}

/// Returns the JWK with a `d`, which makes it a private key (RFC 7518 §6.2.2).
fn private(key: &TestKey) -> Value {
    let mut private = key.jwk();
    private["d"] = private["x"].clone();
    private
}
