//! Where requests come from: good, bad and hostile ones.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey};

use crate::book::{Book, Key};
use crate::generation::{Generation, SUBJECT, Signed, tokens};
use crate::random::Random;
use crate::shot::{Shot, Truth, get, whoami};

/// An issuer that shares a secret with the server.
pub(crate) const PARTNER: &str = "https://partner.example";
const CONFUSED: &str = "HMAC by a public key";

pub(crate) struct Forge {
    /// The issuer in trouble.
    issuer: String,
    enemy: TestKey,
    steady: Vec<Signed>,
    partners: Vec<Signed>,
    /// Bad ones whose truth doesn't depend on keys.
    fixed: Vec<(&'static str, Truth, String)>,
}

impl Forge {
    pub(crate) fn new(issuer: &str, enemy: &TestKey, steady: &TestIssuer, secret: &str) -> Self {
        let partner = TestKey::from_secret(Algorithm::HS256, secret);
        Self {
            issuer: issuer.to_owned(),
            enemy: enemy.clone(),
            steady: tokens(&steady.token()),
            partners: tokens(&partner.token().issuer(PARTNER)),
            fixed: fixed(issuer, steady, &partner),
        }
    }

    /// Any request, as often as its kind deserves.
    pub(crate) fn shot(&self, random: &mut Random, book: &Mutex<Book>) -> Shot {
        let (flood, current, withdrawn) = {
            let book = book.lock().unwrap_or_else(PoisonError::into_inner);
            (book.flood, book.a_current(random), book.a_withdrawn(random))
        };
        // Between two generations there is none for a moment.
        let Some(current) = current else {
            return signed("good, of another issuer", random.pick(&self.steady));
        };
        match (random.below(100), withdrawn) {
            (0..8, _) => signed("good, of another issuer", random.pick(&self.steady)),
            (8..13, _) => signed("good, by a shared secret", random.pick(&self.partners)),
            (13..25, _) => forged(&current, random),
            (25..41, _) => self.fixed(random),
            (41..43, _) => self.confused(&current, random),
            (43..49, _) if flood => self.unknown_key_token(random),
            (49..55, Some(withdrawn)) if flood => {
                good("good, of a withdrawn key", &withdrawn, random)
            }
            _ => good("good", &current, random),
        }
    }

    fn fixed(&self, random: &mut Random) -> Shot {
        let (kind, truth, request) = random.pick(&self.fixed);
        Shot::new(kind, *truth, request.clone())
    }

    /// A key id that was never published, of a key that never was.
    fn unknown_key_token(&self, random: &mut Random) -> Shot {
        let number = random.next();
        let key_id = match random.below(6) {
            0 => format!("../../../../etc/passwd/{number}"),
            1 => format!("' OR {number} = {number} --"),
            2 => format!("\0{number}"),
            3 => format!("{number}-{}", "k".repeat(4000)),
            4 => self.enemy.key_id().to_owned(),
            _ => format!("{number:x}"),
        };
        let token = self
            .enemy
            .token()
            .issuer(&*self.issuer)
            .header("kid", key_id)
            .subject(format!("{SUBJECT}unknown_key"));
        Shot::bearing(
            "unknown key id",
            Truth::Depends(Key::Unknown),
            &token.sign(),
        )
    }

    /// CVE-2015-9235 and its kin.
    fn confused(&self, current: &Generation, random: &mut Random) -> Shot {
        let public = current.rsa_key();
        let secret = match random.below(3) {
            0 => public.pem().into_bytes(),
            1 => public.der(),
            _ => public.jwk().to_string().into_bytes(),
        };
        let key = TestKey::from_secret(Algorithm::HS256, secret).with_key_id(public.key_id());
        Shot::bearing(
            CONFUSED,
            Truth::Rejected,
            &key.token().issuer(&*self.issuer).sign(),
        )
    }
}

pub(crate) fn good(kind: &'static str, generation: &Generation, random: &mut Random) -> Shot {
    let Signed { token, subject } = random.pick(&generation.good);
    Shot::bearing(kind, Truth::Depends(Key::Good(generation.number)), token).of(subject)
}

fn signed(kind: &'static str, Signed { token, subject }: &Signed) -> Shot {
    Shot::bearing(kind, Truth::Accepted, token).of(subject)
}

fn forged(generation: &Generation, random: &mut Random) -> Shot {
    let (kind, token) = random.pick(&generation.forged);
    Shot::bearing(kind, Truth::Depends(Key::Forged(generation.number)), token)
}

fn fixed(
    issuer: &str,
    steady: &TestIssuer,
    partner: &TestKey,
) -> Vec<(&'static str, Truth, String)> {
    let good = steady
        .token()
        .expires_in(Duration::from_secs(24 * 60 * 60))
        .sign();
    let bearing = |token: &str| whoami(&format!("authorization: Bearer {token}\r\n"));
    let rejected = |kind, token: &str| (kind, Truth::Rejected, bearing(token));
    let (message, _) = good.rsplit_once('.').expect("a token has dots");
    vec![
        rejected("expired", &steady.token().expired().sign()),
        rejected(
            "wrong issuer",
            &steady.token().issuer("https://other.example").sign(),
        ),
        rejected(
            "issuer with a slash more",
            &steady
                .token()
                .issuer(format!("{}/", steady.issuer()))
                .sign(),
        ),
        rejected("another's secret", &partner.token().issuer(issuer).sign()),
        rejected("algorithm none", &unsigned(issuer, "none")),
        rejected("algorithm NONE", &unsigned(issuer, "NONE")),
        rejected(
            "unknown critical header",
            &steady.token().header("crit", ["exp"]).sign(),
        ),
        rejected("no signature", message),
        rejected("empty signature", &format!("{message}.")),
        rejected("five parts", &format!("{good}.{}.{}", "AAAA", "AAAA")),
        rejected("hundreds of dots", &".".repeat(800)),
        rejected("garbage", "%%%"),
        rejected(
            "60 KB of token",
            &format!("{message}.{}", "A".repeat(60 * 1024)),
        ),
        (
            "60 KB of header",
            Truth::Accepted,
            whoami(&format!("authorization: Bearer {good}\r\n{}", padding())),
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
            whoami(&format!("authorization: Bearer {good}\r\n").repeat(2)),
        ),
        (
            "credentials joined",
            Truth::Ambiguous,
            bearing(&format!("{good}, Bearer {good}")),
        ),
        ("public route", Truth::Status(200), get("/public", "")),
        ("health", Truth::Status(200), get("/healthz", "")),
        (
            "no such path",
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
