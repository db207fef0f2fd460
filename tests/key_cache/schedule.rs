//! Ten thousand random steps: faults, rotations, requests and the passing of time, with the
//! invariants checked after each.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer, JwksCacheSettings, KeysEvent};

use crate::mock::{AUDIENCE, Answer, ISSUER, Mock, kind};

const STEPS: usize = 10_000;
/// In seconds: what the issuer says, by turns.
const LIVES: [u64; 4] = [60, 120, 300, 900];
const STALE: Duration = Duration::from_secs(1800);

/// `SplitMix64`: the same schedule at every run of a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// What the last good fetch brought, as the events tell.
#[derive(Default)]
struct Trusted {
    key_ids: BTreeSet<String>,
    /// Their life, and the time that they may serve beyond it, end here.
    end: Option<Instant>,
}

struct World {
    mock: Mock,
    authenticator: Authenticator,
    trusted: Arc<Mutex<Trusted>>,
    random: Random,
    /// Tokens of keys that are or were published.
    tokens: VecDeque<(String, String)>,
    /// When the issuer was last at fault.
    faulty: Option<Instant>,
    /// The last fetches, and how many there were in all.
    fetches: VecDeque<Instant>,
    seen: usize,
    unknown_keys: VecDeque<Instant>,
    served: usize,
    rejected: usize,
    unavailable: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let mock = Mock::new();
        mock.header("cache-control", &format!("max-age={}", LIVES[0]));
        let trusted = Arc::new(Mutex::new(Trusted::default()));
        let (noted, sender) = (Arc::clone(&trusted), mock.clone());
        let settings = JwksCacheSettings::default()
            .stale_if_error(STALE)
            .idle_timeout(Duration::from_secs(30 * 24 * 3600));
        let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
            .http_client(mock.client())
            .jwks_cache(settings)
            .on_event(move |_, event| {
                if let KeysEvent::Fetched { keys, .. } = event {
                    let key_ids = keys
                        .keys()
                        .filter_map(|key| key.key_id().map(str::to_owned))
                        .collect();
                    let end = Some(Instant::now() + sender.sent_life() + STALE);
                    *noted.lock().unwrap() = Trusted { key_ids, end };
                }
            });
        let authenticator = Authenticator::builder(issuer)
            .build_authenticator()
            .unwrap();
        let tokens = VecDeque::from([(mock.key_id(), mock.token())]);
        Self {
            mock,
            authenticator,
            trusted,
            random: Random(seed),
            tokens,
            faulty: None,
            fetches: VecDeque::new(),
            seen: 0,
            unknown_keys: VecDeque::new(),
            served: 0,
            rejected: 0,
            unavailable: 0,
        }
    }

    async fn step(&mut self) {
        match self.random.below(100) {
            0..10 => self.wait(Duration::from_millis(10), 100).await,
            10..30 => self.wait(Duration::from_secs(1), 20).await,
            30..32 => self.wait(Duration::from_secs(60), 50).await,
            32..36 => self.break_issuer(),
            36..42 => self.heal(),
            42..45 => self.rotate(),
            45..50 => self.unknown_key_token().await,
            _ => self.request().await,
        }
        self.check_fetches();
    }

    async fn wait(&mut self, unit: Duration, most: u64) {
        let times = u32::try_from(self.random.below(most) + 1).unwrap();
        sleep(unit * times).await;
    }

    fn break_issuer(&mut self) {
        let answers = [
            Answer::Hang,
            Answer::Unreachable,
            Answer::Status(500),
            Answer::Status(302),
            Answer::Body("{\"keys\":[]}"),
            Answer::Body("<html>"),
        ];
        let which = usize::try_from(self.random.below(6)).unwrap();
        self.mock.answer(answers[which].clone());
        self.faulty = Some(Instant::now() + Duration::from_secs(365 * 24 * 3600));
    }

    fn heal(&mut self) {
        self.mock.answer(Answer::Keys);
        // Half of a request's wait timeout at the most: it may wait for a fetch that is under way, and
        // for the next.
        self.mock
            .delay(Duration::from_millis(self.random.below(1400)));
        let life = LIVES[usize::try_from(self.random.below(4)).unwrap()];
        self.mock
            .header("cache-control", &format!("max-age={life}"));
        if self.faulty.is_some_and(|until| until > Instant::now()) {
            self.faulty = Some(Instant::now());
        }
    }

    fn rotate(&mut self) {
        self.mock.add_key();
        if self.random.below(3) == 0 {
            self.mock.keep_keys(1);
        }
        self.mock.keep_keys(4);
        self.tokens
            .push_back((self.mock.key_id(), self.mock.token()));
        if self.tokens.len() > 8 {
            self.tokens.pop_front();
        }
    }

    async fn unknown_key_token(&mut self) {
        self.unknown_keys.push_back(Instant::now());
        let outcome = kind(
            self.authenticator
                .authenticate(&Mock::unknown_key_token())
                .await,
        );
        assert!(
            matches!(
                outcome,
                Some(ErrorKind::UnknownKey | ErrorKind::KeysUnavailable)
            ),
            "{outcome:?}"
        );
    }

    /// Whether the last valid set has the key, and may still serve.
    fn trusts(&self, key_id: &str) -> (bool, bool) {
        let trusted = self.trusted.lock().unwrap();
        (
            trusted.key_ids.contains(key_id),
            trusted.end.is_some_and(|end| Instant::now() < end),
        )
    }

    async fn request(&mut self) {
        let which = usize::try_from(self.random.below(self.tokens.len() as u64)).unwrap();
        let (key_id, token) = self.tokens[which].clone();
        let live = self.trusts(&key_id) == (true, true);
        let start = Instant::now();
        let outcome = kind(self.authenticator.authenticate(&token).await);
        if live {
            assert_eq!(
                (outcome, start.elapsed()),
                (None, Duration::ZERO),
                "a known live key neither fails nor waits"
            );
        }
        match outcome {
            None => {
                let (trusted, in_time) = self.trusts(&key_id);
                assert!(
                    trusted,
                    "a removed key is never trusted after a successful fetch"
                );
                assert!(in_time, "no key is trusted beyond the limit");
                self.served += 1;
            }
            Some(ErrorKind::UnknownKey) => {
                let published = self.mock.published().contains(&key_id);
                let window = Duration::from_secs(31);
                let flooded = self
                    .unknown_keys
                    .iter()
                    .filter(|then| then.elapsed() < window)
                    .count()
                    > 0
                    || self
                        .fetches
                        .iter()
                        .filter(|then| then.elapsed() < window)
                        .count()
                        >= 2;
                assert!(
                    !published || flooded,
                    "a published key is rejected only where the budget is spent"
                );
                self.rejected += 1;
            }
            Some(ErrorKind::KeysUnavailable) => {
                assert!(
                    self.faulty
                        .is_some_and(|until| until + Duration::from_secs(15) > start),
                    "{:?} after the last fault",
                    self.faulty.map(|then| start - then)
                );
                self.unavailable += 1;
            }
            other => panic!("{other:?}"),
        }
    }

    /// In any 30 s: the budget, a scheduled refresh, and with an issuer at fault the attempts that
    /// the pauses allow.
    fn check_fetches(&mut self) {
        for time in self.mock.fetch_times(self.seen) {
            self.seen += 1;
            self.fetches.push_back(time);
            while self
                .fetches
                .front()
                .is_some_and(|then| time - *then >= Duration::from_secs(30))
            {
                self.fetches.pop_front();
            }
            let calm = self
                .faulty
                .is_none_or(|until| until + Duration::from_secs(60) < time);
            let most = if calm { 4 } else { 20 };
            assert!(
                self.fetches.len() <= most,
                "{} fetches in 30 s, calm: {calm}",
                self.fetches.len()
            );
        }
        self.unknown_keys
            .retain(|then| then.elapsed() < Duration::from_secs(60));
    }
}

#[tokio::test(start_paused = true)]
async fn the_invariants_hold_at_every_step_of_a_random_schedule() {
    for seed in 1..=3 {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step().await;
        }
        let World {
            served,
            rejected,
            unavailable,
            mock,
            ..
        } = &world;
        println!(
            "seed {seed}: {STEPS} steps, {served} served, {rejected} rejected, {unavailable} unavailable, {} fetches",
            mock.fetches()
        );
        assert!(
            *served > 1000 && *rejected > 100 && *unavailable > 10,
            "the schedule reaches every outcome"
        );
    }
}
