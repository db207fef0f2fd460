//! What happens to the issuer, and when.
//!
//! Keys are asked for when they age (42 to 48 s after the last time, at their life of 60 s), after
//! a failure (within 4 s), and for unknown key ids (2 in 30 s). So a cycle starts with a failure,
//! which makes the server come back for every fault that follows; lasts until the keys are stale;
//! goes on with rotations while no unknown key ids have used up the budget, which must not cost one
//! request; and ends with a rotation in the flood of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::{TestIssuer, TestKey};

use crate::client::Range;
use crate::fault::{Fault, half_bad, of_the_enemy};
use crate::generation::Generation;
use crate::provider::Issuer;
use crate::random::Random;

/// In which the server must notice that its issuer does well again: the longest pause (4 s), a
/// fetch that hangs at its end (5 s), and some room.
const GRACE: Duration = Duration::from_secs(11);
/// The flood ends with that many faults, so that the budget is whole again when they are over.
const FLOODED_FAULTS: usize = 5;

pub(crate) struct Schedule {
    pub(crate) range: Arc<Range>,
    pub(crate) issuer: Issuer,
    random: Random,
    enemy: TestKey,
    enemy_url: String,
    pub(crate) record: Record,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Each with the fetches that met it.
    pub(crate) faults: Vec<(String, u64)>,
    /// Each with the time until the new keys were known.
    pub(crate) rotations: Vec<(&'static str, Duration)>,
    pub(crate) kills: u64,
    /// How long the issuer did badly.
    pub(crate) troubles: Vec<Duration>,
    pub(crate) stale: u64,
    /// What did not come to pass in time.
    pub(crate) missed: Vec<String>,
}

impl Schedule {
    pub(crate) fn new(
        range: Arc<Range>,
        issuer: Issuer,
        random: Random,
        enemy: &TestIssuer,
    ) -> Self {
        let key = enemy.key(Algorithm::ES256).expect("its key");
        let (enemy_url, record) = (enemy.issuer().to_owned(), Record::default());
        Self {
            range,
            issuer,
            random,
            enemy: key,
            enemy_url,
            record,
        }
    }

    /// One cycle at least; as many as there is time for.
    pub(crate) async fn run(&mut self, time: Duration) {
        let start = Instant::now();
        self.come_up().await;
        let mut cycles = 0;
        loop {
            let cycle = Instant::now();
            self.faults().await;
            self.recover().await;
            self.rotate_quietly().await;
            self.rotate_in_flood(cycles).await;
            cycles += 1;
            if start.elapsed() + cycle.elapsed() > time {
                break;
            }
        }
        while start.elapsed() + GRACE < time {
            self.restart().await;
            sleep(GRACE + Duration::from_secs(self.random.below(4))).await;
        }
    }

    /// The server has started without its issuer.
    async fn come_up(&mut self) {
        sleep(Duration::from_secs(3)).await;
        let keys = json!({"keys": self.range.book().current()[0].jwks()}).to_string();
        self.issuer.order("keys", &keys).await;
        self.issuer.behave().await;
        self.issuer.start().await;
        self.until_known("after a start without the issuer").await;
        self.record.troubles.push(Duration::from_secs(3));
        self.range.book().end_trouble(Duration::ZERO);
    }

    async fn faults(&mut self) {
        let begin = Instant::now();
        self.range.book().begin_trouble();
        self.range.book().flood = true;
        let issuer = self.issuer.name();
        for (count, fault) in Fault::all(&mut self.random, &issuer, &self.enemy_url, &self.enemy)
            .iter()
            .enumerate()
        {
            let met = self.inject(fault).await;
            self.range.book().flood = count < FLOODED_FAULTS;
            self.record.faults.push((fault.name(), met));
        }
        self.range.book().flood = false;
        let stale = self
            .until("stale keys", async |schedule| schedule.health().await.stale)
            .await;
        self.record.stale += u64::from(stale);
        self.until("a whole budget", async |schedule| {
            schedule.range.book().is_rested()
        })
        .await;
        self.record.troubles.push(begin.elapsed());
    }

    /// Gives the number of fetches that met it: of the key set, and of the metadata if that is
    /// wrong too.
    async fn inject(&mut self, fault: &Fault) -> u64 {
        match fault {
            Fault::Killed => {
                self.issuer.fail().await;
                self.issuer.kill().await;
                self.record.kills += 1;
                let met = self.until_failures().await;
                self.issuer.start().await;
                met
            }
            Fault::Stopped => {
                self.issuer.fail().await;
                self.issuer.signal("STOP").await;
                let met = self.until_failures().await;
                self.issuer.signal("CONT").await;
                met
            }
            Fault::Told { keys, metadata } => {
                if let Some(metadata) = metadata {
                    self.issuer.order(metadata.verb, &metadata.rest).await;
                }
                if keys.verb == "keys" {
                    self.issuer.order("keys", &keys.rest).await;
                    self.issuer.order("fault", "none").await;
                } else {
                    self.issuer.order(keys.verb, &keys.rest).await;
                }
                let met = self.until_fetched(metadata.is_some()).await;
                self.issuer.fail().await;
                self.publish().await;
                self.issuer.tell_the_truth().await;
                met
            }
        }
    }

    /// A slow answer with bad keys among the good ones, under metadata of the enemy: the valid keys
    /// are taken in.
    async fn recover(&mut self) {
        let lie = of_the_enemy(&self.enemy_url);
        let keys = half_bad(self.current_keys(), &self.enemy);
        self.issuer.order(lie.verb, &lie.rest).await;
        self.issuer.order("keys", &keys).await;
        self.issuer.order("fault", "delay 1000").await;
        let before = self.health().await.successes();
        let well = self
            .until("a recovery", async |schedule| {
                schedule.health().await.successes() > before
            })
            .await;
        self.record.faults.push((
            "slow and half bad; metadata: of the enemy".to_owned(),
            u64::from(well),
        ));
        self.publish().await;
        self.issuer.behave().await;
        self.range.book().end_trouble(Duration::ZERO);
    }

    async fn rotate_quietly(&mut self) {
        let new = self.new_generation().await;
        self.rotate("overlapping", new).await;
        sleep(Duration::from_secs(2)).await;
        let new = self.new_generation().await;
        self.range.book().withdraw_all();
        self.rotate("hard", new).await;
    }

    /// To new keys; in every other cycle to the last old ones, as if some cache on the way had kept
    /// them: who serves a set at the issuer's address is the issuer, so that they are good again.
    async fn rotate_in_flood(&mut self, cycles: u32) {
        self.range.book().flood = true;
        sleep(Duration::from_secs(3)).await;
        let old = if cycles % 2 == 1 {
            self.range.book().take_withdrawn()
        } else {
            None
        };
        let (how, next) = match old {
            Some(old) => ("back to the old set, in a flood", old),
            None => ("hard, in a flood", self.new_generation().await),
        };
        self.range.book().withdraw_all();
        self.rotate(how, next).await;
    }

    async fn new_generation(&self) -> Arc<Generation> {
        let number = self.range.book().next_number();
        Arc::new(
            Generation::make(
                number,
                self.issuer.name(),
                self.enemy.clone(),
                self.enemy_url.clone(),
            )
            .await,
        )
    }

    /// Publishes these keys too, and only then are tokens made with them.
    async fn rotate(&mut self, how: &'static str, next: Arc<Generation>) {
        let mut keys = self.current_keys();
        keys.extend(next.jwks());
        self.issuer
            .order("keys", &json!({"keys": keys}).to_string())
            .await;
        self.range.book().publish(next);
        let took = self.until_known(how).await;
        self.record.rotations.push((how, took));
    }

    /// Killed and started again while all keys are available.
    async fn restart(&mut self) {
        self.range.book().begin_trouble();
        let begin = Instant::now();
        self.issuer.kill().await;
        self.record.kills += 1;
        sleep(Duration::from_secs(1 + self.random.below(4))).await;
        self.issuer.start().await;
        self.record.troubles.push(begin.elapsed());
        self.range.book().end_trouble(GRACE);
    }

    async fn publish(&mut self) {
        let keys = json!({"keys": self.current_keys()}).to_string();
        self.issuer.order("keys", &keys).await;
    }

    fn current_keys(&self) -> Vec<serde_json::Value> {
        self.range
            .book()
            .current()
            .iter()
            .flat_map(|generation| generation.jwks())
            .collect()
    }
}
