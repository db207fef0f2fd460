//! What happens to the issuer, and when.
//!
//! Keys are fetched when they become old (42 to 48 s after the last fetch, with a `max-age` of 60
//! s), after a failure (within 4 s), and for unknown key ids (2 in 30 s). So a cycle begins with a
//! failure, after which the server fetches again for every fault that follows. It lasts until the
//! keys are stale, and goes on with rotations below the refetch limit, which must not cause a
//! single rejection. It ends with a rotation during a flood of unknown key ids.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey};

use crate::fault::{Fault, of_the_attacker, with_unusable_keys};
use crate::generation::Generation;
use crate::http_client::Load;
use crate::provider::Issuer;
use crate::random::Random;

/// The time in which the server must notice that the issuer has recovered: the maximum backoff (4
/// s), a fetch that hangs until its timeout (5 s), and some room.
const RECOVERY_TIME: Duration = Duration::from_secs(11);
/// The flood ends after this many faults, so that refetches are allowed again when all are over.
const FLOODED_FAULTS: usize = 5;

pub(crate) struct Schedule {
    pub(crate) load: Arc<Load>,
    pub(crate) issuer: Issuer,
    random: Random,
    attacker: TestKey,
    attacker_url: String,
    pub(crate) record: Record,
}

/// What has happened.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Each fault, with the number of fetches during it.
    pub(crate) faults: Vec<(String, u64)>,
    /// Each rotation, with the time until the new keys were cached.
    pub(crate) rotations: Vec<(&'static str, Duration)>,
    pub(crate) kills: u64,
    /// The durations of the trouble.
    pub(crate) troubles: Vec<Duration>,
    pub(crate) stale: u64,
    /// What did not happen in time.
    pub(crate) missed: Vec<String>,
}

impl Schedule {
    pub(crate) fn new(
        load: Arc<Load>,
        issuer: Issuer,
        random: Random,
        attacker: &TestIssuer,
    ) -> Self {
        let key = attacker.key(Algorithm::ES256).expect("its key");
        let (attacker_url, record) = (attacker.issuer().to_owned(), Record::default());
        Self {
            load,
            issuer,
            random,
            attacker: key,
            attacker_url,
            record,
        }
    }

    /// Runs as many cycles as there is time for, but at least one.
    pub(crate) async fn run(&mut self, time: Duration) {
        let start = Instant::now();
        self.start_issuer().await;
        let mut cycles = 0;
        loop {
            let cycle = Instant::now();
            self.faults().await;
            self.recover().await;
            self.rotate_without_flood().await;
            self.rotate_in_flood(cycles).await;
            cycles += 1;
            if start.elapsed() + cycle.elapsed() > time {
                break;
            }
        }
        while start.elapsed() + RECOVERY_TIME < time {
            self.restart().await;
            sleep(RECOVERY_TIME + Duration::from_secs(self.random.below(4))).await;
        }
    }

    /// Starts the issuer after the server.
    async fn start_issuer(&mut self) {
        sleep(Duration::from_secs(3)).await;
        let keys = json!({"keys": self.load.oracle().current()[0].jwks()}).to_string();
        self.issuer.order("keys", &keys).await;
        self.issuer.end_faults().await;
        self.issuer.start().await;
        self.until_cached("after a start without the issuer").await;
        self.record.troubles.push(Duration::from_secs(3));
        self.load.oracle().end_trouble(Duration::ZERO);
    }

    async fn faults(&mut self) {
        let begin = Instant::now();
        self.load.oracle().begin_trouble();
        self.load.oracle().flood = true;
        let issuer = self.issuer.name();
        for (count, fault) in Fault::all(
            &mut self.random,
            &issuer,
            &self.attacker_url,
            &self.attacker,
        )
        .iter()
        .enumerate()
        {
            let fetches = self.inject(fault).await;
            self.load.oracle().flood = count < FLOODED_FAULTS;
            self.record.faults.push((fault.name(), fetches));
        }
        self.load.oracle().flood = false;
        let stale = self
            .until("stale keys", async |schedule| schedule.health().await.stale)
            .await;
        self.record.stale += u64::from(stale);
        self.until("refetches left", async |schedule| {
            schedule.load.oracle().has_refetches_left()
        })
        .await;
        self.record.troubles.push(begin.elapsed());
    }

    /// Returns the number of fetches of the key set during the fault.
    async fn inject(&mut self, fault: &Fault) -> u64 {
        match fault {
            Fault::Killed => {
                self.issuer.fail().await;
                self.issuer.kill().await;
                self.record.kills += 1;
                let fetches = self.until_failures().await;
                self.issuer.start().await;
                fetches
            }
            Fault::Stopped => {
                self.issuer.fail().await;
                self.issuer.signal("STOP").await;
                let fetches = self.until_failures().await;
                self.issuer.signal("CONT").await;
                fetches
            }
            Fault::WrongResponses { keys, metadata } => {
                if let Some(metadata) = metadata {
                    self.issuer.order(metadata.verb, &metadata.rest).await;
                }
                if keys.verb == "keys" {
                    self.issuer.order("keys", &keys.rest).await;
                    self.issuer.order("fault", "none").await;
                } else {
                    self.issuer.order(keys.verb, &keys.rest).await;
                }
                let fetches = self.until_fetched(metadata.is_some()).await;
                self.issuer.fail().await;
                self.publish().await;
                self.issuer.serve_own_metadata().await;
                fetches
            }
        }
    }

    /// Ends the trouble by a slow response with some unusable keys, and metadata of the attacker.
    /// The server must cache the usable keys.
    async fn recover(&mut self) {
        let wrong = of_the_attacker(&self.attacker_url);
        let keys = with_unusable_keys(self.current_keys(), &self.attacker);
        self.issuer.order(wrong.verb, &wrong.rest).await;
        self.issuer.order("keys", &keys).await;
        self.issuer.order("fault", "delay 1000").await;
        let before = self.health().await.successes();
        let recovered = self
            .until("a recovery", async |schedule| {
                schedule.health().await.successes() > before
            })
            .await;
        self.record.faults.push((
            "slow, with unusable keys; metadata: of the attacker".to_owned(),
            u64::from(recovered),
        ));
        self.publish().await;
        self.issuer.end_faults().await;
        self.load.oracle().end_trouble(Duration::ZERO);
    }

    async fn rotate_without_flood(&mut self) {
        let new = self.new_generation().await;
        self.rotate("overlapping", new).await;
        sleep(Duration::from_secs(2)).await;
        let new = self.new_generation().await;
        self.load.oracle().withdraw_all();
        self.rotate("hard", new).await;
    }

    /// Rotates to new keys, or in every other cycle back to the withdrawn ones, as a cache in front
    /// of the issuer may do. They are then valid again.
    async fn rotate_in_flood(&mut self, cycles: u32) {
        self.load.oracle().flood = true;
        sleep(Duration::from_secs(3)).await;
        let old = if cycles % 2 == 1 {
            self.load.oracle().take_withdrawn()
        } else {
            None
        };
        let (how, next) = match old {
            Some(old) => ("back to the old set, in a flood", old),
            None => ("hard, in a flood", self.new_generation().await),
        };
        self.load.oracle().withdraw_all();
        self.rotate(how, next).await;
    }

    async fn new_generation(&self) -> Arc<Generation> {
        let number = self.load.oracle().next_number();
        Arc::new(
            Generation::generate(
                number,
                self.issuer.name(),
                self.attacker.clone(),
                self.attacker_url.clone(),
            )
            .await,
        )
    }

    /// Publishes these keys, too. Tokens are signed with them only afterwards.
    async fn rotate(&mut self, how: &'static str, next: Arc<Generation>) {
        let mut keys = self.current_keys();
        keys.extend(next.jwks());
        self.issuer
            .order("keys", &json!({"keys": keys}).to_string())
            .await;
        self.load.oracle().publish(next);
        let took = self.until_cached(how).await;
        self.record.rotations.push((how, took));
    }

    /// Kills the issuer and starts it again, while all keys are cached.
    async fn restart(&mut self) {
        self.load.oracle().begin_trouble();
        let begin = Instant::now();
        self.issuer.kill().await;
        self.record.kills += 1;
        sleep(Duration::from_secs(1 + self.random.below(4))).await;
        self.issuer.start().await;
        self.record.troubles.push(begin.elapsed());
        self.load.oracle().end_trouble(RECOVERY_TIME);
    }

    async fn publish(&mut self) {
        let keys = json!({"keys": self.current_keys()}).to_string();
        self.issuer.order("keys", &keys).await;
    }

    fn current_keys(&self) -> Vec<serde_json::Value> {
        self.load
            .oracle()
            .current()
            .iter()
            .flat_map(|generation| generation.jwks())
            .collect()
    }
}
