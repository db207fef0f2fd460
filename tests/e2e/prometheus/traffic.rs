//! The clients of a service: everyday requests all the time, and attacks on demand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use tokio::time::{MissedTickBehavior, interval};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{DpopClient, TestIssuer, TestKey};

use crate::fault::Fault;

/// The time between two rounds of requests.
const PAUSE: Duration = Duration::from_millis(200);
/// How many requests an attack sends in each round.
const ATTACK: usize = 3;

/// What clients send beside everyday requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Attack {
    #[default]
    None,
    Everyday,
    UnknownKeys,
    Forged,
    WrongAudience,
    Replays,
}

pub(crate) struct Clients {
    pub(crate) fault: Fault,
    pub(crate) url: String,
    pub(crate) issuer: TestIssuer,
    pub(crate) secret: Option<TestKey>,
    pub(crate) attack: Mutex<Attack>,
    pub(crate) has_opaque: bool,
}

/// One client's state.
struct Session {
    clients: Arc<Clients>,
    http: reqwest::Client,
    dpop: DpopClient,
    round: u64,
    token: String,
    /// A request with a proof that was accepted.
    captured: Option<(String, String)>,
}

impl Clients {
    pub(crate) fn attack(&self, attack: Attack) {
        *self.attack.lock().unwrap() = attack;
    }

    /// Sends requests until the runtime ends.
    pub(crate) fn start(self: Arc<Self>) {
        tokio::spawn(async move {
            let mut session = Session {
                http: reqwest::Client::new(),
                dpop: DpopClient::generate(Algorithm::ES256),
                round: 0,
                token: self.issuer.token().sign(),
                captured: None,
                clients: self,
            };
            let mut rounds = interval(PAUSE);
            rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rounds.tick().await;
                session.everyday().await;
                let attack = *session.clients.attack.lock().unwrap();
                for _ in 0..ATTACK {
                    session.attack(attack).await;
                }
            }
        });
    }
}

impl Session {
    /// A token is used several times. Each round has one request at least.
    async fn everyday(&mut self) {
        self.round += 1;
        if self.round.is_multiple_of(10) {
            self.token = self.clients.issuer.token().sign();
        }
        let token = self.token.clone();
        self.bearer("/me", &token).await;
        if self.round.is_multiple_of(5) {
            self.bearer("/admin", &token).await;
            self.none().await;
            let expired = self.clients.issuer.token().expired().sign();
            self.bearer("/me", &expired).await;
        }
        if let Some(key) = self.clients.secret.clone() {
            let token = key.token().issuer("https://internal.example").sign();
            self.bearer("/me", &token).await;
        }
        if self.clients.has_opaque {
            let token = format!("an-opaque-token-{}", self.round / 3);
            self.bearer("/me", &token).await;
        }
        if self.clients.fault.has_dpop() {
            self.dpop().await;
        }
    }

    async fn attack(&mut self, attack: Attack) {
        let issuer = self.clients.issuer.clone();
        let token = match attack {
            Attack::None => return,
            Attack::Everyday => {
                self.none().await;
                issuer.token().expired().sign()
            }
            Attack::UnknownKeys => {
                self.round += 1;
                issuer
                    .token()
                    .header("kid", format!("unknown-{}", self.round))
                    .sign()
            }
            Attack::Forged => {
                let id = issuer
                    .key(Algorithm::ES256)
                    .expect("its key")
                    .key_id()
                    .to_owned();
                let key = TestKey::generate(Algorithm::ES256).with_key_id(id);
                key.token().issuer(issuer.issuer()).sign()
            }
            Attack::WrongAudience => issuer.token().audience("https://other.example").sign(),
            Attack::Replays => {
                if let Some((token, proof)) = self.captured.clone() {
                    self.send("/me", Some(format!("DPoP {token}")), Some(proof))
                        .await;
                }
                return;
            }
        };
        self.bearer("/me", &token).await;
    }

    async fn none(&self) {
        self.send("/me", None, None).await;
    }

    async fn bearer(&self, path: &str, token: &str) {
        self.send(path, Some(format!("Bearer {token}")), None).await;
    }

    /// Sends a request with a proof, and once more if the service asks for a nonce.
    async fn dpop(&mut self) {
        let token = self.clients.issuer.token().bound_to(&self.dpop).sign();
        for _ in 0..2 {
            let uri = format!("{}/me", self.clients.url);
            let request = Request::get(uri).body(()).expect("a request");
            let request = self.dpop.authorize(request, &token);
            let proof = request.headers()["dpop"].to_str().expect("text").to_owned();
            let authorization = Some(format!("DPoP {token}"));
            let response = self.send("/me", authorization, Some(proof.clone())).await;
            let Some(response) = response else { return };
            if response.status().is_success() {
                self.captured = Some((token, proof));
                return;
            }
            if !self.dpop.store_nonce(response.headers()) {
                return;
            }
        }
    }

    async fn send(
        &self,
        path: &str,
        authorization: Option<String>,
        proof: Option<String>,
    ) -> Option<reqwest::Response> {
        let mut request = self.http.get(format!("{}{path}", self.clients.url));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        request.timeout(Duration::from_secs(5)).send().await.ok()
    }
}
