//! Random requests: valid, invalid and hostile ones.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey};

use crate::case::{Case, Truth, get, whoami};
use crate::generation::{Generation, SUBJECT, Signed, tokens};
use crate::oracle::{Key, Oracle};
use crate::random::Random;

/// An issuer that shares a secret with the server.
pub(crate) const PARTNER: &str = "https://partner.example";
const HMAC_BY_PUBLIC_KEY: &str = "HMAC by a public key";

pub(crate) struct Cases {
    /// The name of the issuer in trouble.
    issuer: String,
    attacker: TestKey,
    steady: Vec<Signed>,
    partners: Vec<Signed>,
    /// Requests whose right response does not depend on the keys.
    fixed: Vec<(&'static str, Truth, String)>,
}

impl Cases {
    pub(crate) fn new(issuer: &str, attacker: &TestKey, steady: &TestIssuer, secret: &str) -> Self {
        let partner = TestKey::from_secret(Algorithm::HS256, secret);
        Self {
            issuer: issuer.to_owned(),
            attacker: attacker.clone(),
            steady: tokens(&steady.token()),
            partners: tokens(&partner.token().issuer(PARTNER)),
            fixed: fixed(issuer, steady, &partner),
        }
    }

    /// Returns a random request. Each kind has its probability.
    pub(crate) fn case(&self, random: &mut Random, oracle: &Mutex<Oracle>) -> Case {
        let (flood, current, withdrawn) = {
            let oracle = oracle.lock().unwrap_or_else(PoisonError::into_inner);
            (
                oracle.flood,
                oracle.a_current(random),
                oracle.a_withdrawn(random),
            )
        };
        // `None` for a moment between two generations.
        let Some(current) = current else {
            return signed("valid, of another issuer", random.pick(&self.steady));
        };
        match (random.below(100), withdrawn) {
            (0..8, _) => signed("valid, of another issuer", random.pick(&self.steady)),
            (8..13, _) => signed("valid, by a shared secret", random.pick(&self.partners)),
            (13..25, _) => forged(&current, random),
            (25..41, _) => self.fixed(random),
            (41..43, _) => self.hmac_by_public_key(&current, random),
            (43..49, _) if flood => self.unknown_key_token(random),
            (49..55, Some(withdrawn)) if flood => {
                valid("valid, of a withdrawn key", &withdrawn, random)
            }
            _ => valid("valid", &current, random),
        }
    }

    fn fixed(&self, random: &mut Random) -> Case {
        let (kind, truth, request) = random.pick(&self.fixed);
        Case::new(kind, *truth, request.clone())
    }

    /// Returns a token with a key id that was never published.
    fn unknown_key_token(&self, random: &mut Random) -> Case {
        let number = random.next();
        let key_id = match random.below(6) {
            0 => format!("../../../../etc/passwd/{number}"),
            1 => format!("' OR {number} = {number} --"),
            2 => format!("\0{number}"),
            3 => format!("{number}-{}", "k".repeat(4000)),
            4 => self.attacker.key_id().to_owned(),
            _ => format!("{number:x}"),
        };
        let token = self
            .attacker
            .token()
            .issuer(&*self.issuer)
            .header("kid", key_id)
            .subject(format!("{SUBJECT}unknown_key"));
        Case::bearing(
            "unknown key id",
            Truth::Depends(Key::Unknown),
            &token.sign(),
        )
    }

    /// Returns a token that is signed by HMAC with a public key as the secret (CVE-2015-9235).
    fn hmac_by_public_key(&self, current: &Generation, random: &mut Random) -> Case {
        let public = current.rsa_key();
        let secret = match random.below(3) {
            0 => public.pem().into_bytes(),
            1 => public.der(),
            _ => public.jwk().to_string().into_bytes(),
        };
        let key = TestKey::from_secret(Algorithm::HS256, secret).with_key_id(public.key_id());
        Case::bearing(
            HMAC_BY_PUBLIC_KEY,
            Truth::Rejected,
            &key.token().issuer(&*self.issuer).sign(),
        )
    }
}

pub(crate) fn valid(kind: &'static str, generation: &Generation, random: &mut Random) -> Case {
    let Signed { token, subject } = random.pick(&generation.valid);
    Case::bearing(kind, Truth::Depends(Key::Valid(generation.number)), token).of(subject)
}

fn signed(kind: &'static str, Signed { token, subject }: &Signed) -> Case {
    Case::bearing(kind, Truth::Accepted, token).of(subject)
}

fn forged(generation: &Generation, random: &mut Random) -> Case {
    let (kind, token) = random.pick(&generation.forged);
    Case::bearing(kind, Truth::Depends(Key::Forged(generation.number)), token)
}

fn fixed(
    issuer: &str,
    steady: &TestIssuer,
    partner: &TestKey,
) -> Vec<(&'static str, Truth, String)> {
    let valid = steady
        .token()
        .expires_in(Duration::from_secs(24 * 60 * 60))
        .sign();
    let bearing = |token: &str| whoami(&format!("authorization: Bearer {token}\r\n"));
    let rejected = |kind, token: &str| (kind, Truth::Rejected, bearing(token));
    let (message, _) = valid.rsplit_once('.').expect("a token has dots");
    vec![
        rejected("expired", &steady.token().expired().sign()),
        rejected(
            "wrong issuer",
            &steady.token().issuer("https://other.example").sign(),
        ),
        rejected(
            "issuer with a trailing slash",
            &steady
                .token()
                .issuer(format!("{}/", steady.issuer()))
                .sign(),
        ),
        rejected(
            "secret of another issuer",
            &partner.token().issuer(issuer).sign(),
        ),
        rejected("algorithm none", &unsigned(issuer, "none")),
        rejected("algorithm NONE", &unsigned(issuer, "NONE")),
        rejected(
            "unknown critical header",
            &steady.token().header("crit", ["exp"]).sign(),
        ),
        rejected("no signature", message),
        rejected("empty signature", &format!("{message}.")),
        rejected("five parts", &format!("{valid}.{}.{}", "AAAA", "AAAA")),
        rejected("hundreds of dots", &".".repeat(800)),
        rejected("garbage", "%%%"),
        rejected(
            "60 KB of token",
            &format!("{message}.{}", "A".repeat(60 * 1024)),
        ),
        (
            "60 KB of header",
            Truth::Accepted,
            whoami(&format!("authorization: Bearer {valid}\r\n{}", padding())),
        ),
        (
            "empty token",
            Truth::Rejected,
            whoami("authorization: Bearer \r\n"),
        ),
        ("no token", Truth::Challenged, whoami("")),
        (
            "another scheme",
            Truth::Challenged,
            whoami("authorization: Basic YTpi\r\n"),
        ),
        (
            "credentials twice",
            Truth::Ambiguous,
            whoami(&format!("authorization: Bearer {valid}\r\n").repeat(2)),
        ),
        (
            "credentials joined",
            Truth::Ambiguous,
            bearing(&format!("{valid}, Bearer {valid}")),
        ),
        ("public route", Truth::Status(200), get("/public", "")),
        ("health", Truth::Status(200), get("/healthz", "")),
        (
            "unknown path",
            Truth::Status(404),
            get("/nowhere", "authorization: Bearer x\r\n"),
        ),
        (
            "not HTTP",
            Truth::Status(400),
            "\u{16}\u{3}\u{1} \r\n\r\n".to_owned(),
        ),
    ]
}

fn padding() -> String {
    format!("x-padding: {}\r\n", "p".repeat(60 * 1024))
}

fn unsigned(issuer: &str, algorithm: &str) -> String {
    let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#);
    let claims =
        format!(r#"{{"iss":"{issuer}","sub":"x","aud":"https://api.example","exp":4102444800}}"#);
    format!(
        "{}.{}.",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}
