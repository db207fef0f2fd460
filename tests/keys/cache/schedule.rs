//! Twelve thousand random steps: faults, rotations, requests and waits. The invariants are checked
//! after each step.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tower_jwt_auth::{Authenticator, ErrorKind, Issuer, JwksCacheSettings, KeysEvent};

use crate::cache::mock::{AUDIENCE, Answer, ISSUER, Mock, kind};
use crate::support::tokio;

/// Of each schedule.
const STEPS: usize = 4_000;
/// The values of `max-age` that the issuer sends, in seconds.
const MAX_AGES: [u64; 4] = [60, 120, 300, 900];
const STALE_IF_ERROR: Duration = Duration::from_secs(1800);

/// `SplitMix64`: each seed gives one schedule.
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

/// The keys of the last successful fetch, according to the events.
#[derive(Default)]
struct Trusted {
    key_ids: BTreeSet<String>,
    /// When they expire: after their TTL and `stale_if_error`.
    expires_at: Option<Instant>,
}

struct World {
    mock: Mock,
    authenticator: Authenticator,
    trusted: Arc<Mutex<Trusted>>,
    random: Random,
    /// Key ids and tokens of keys that are or were published.
    tokens: VecDeque<(String, String)>,
    /// When the issuer last failed.
    faulty: Option<Instant>,
    /// The times of the last fetches, and the number of all fetches.
    fetches: VecDeque<Instant>,
    seen: usize,
    unknown_keys: VecDeque<Instant>,
    accepted: usize,
    rejected: usize,
    unavailable: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let mock = Mock::new();
        mock.header("cache-control", &format!("max-age={}", MAX_AGES[0]));
        let trusted = Arc::new(Mutex::new(Trusted::default()));
        let (recorded, sender) = (Arc::clone(&trusted), mock.clone());
        let settings = JwksCacheSettings::default()
            .stale_if_error(STALE_IF_ERROR)
            .idle_timeout(Duration::from_secs(30 * 24 * 3600));
        let issuer = Issuer::jwks(ISSUER, "https://issuer.example/jwks", AUDIENCE)
            .http_client(mock.client())
            .jwks_cache(settings)
            .on_event(move |_, event| {
                if let KeysEvent::Withdrawn { grace, .. } = event {
                    let mut recorded = recorded.lock().unwrap();
                    let end = Instant::now() + *grace;
                    recorded.expires_at = recorded.expires_at.map(|time| time.min(end));
                }
                if let KeysEvent::Fetched { keys, .. } = event {
                    let key_ids = keys
                        .keys()
                        .filter_map(|key| key.key_id().map(str::to_owned))
                        .collect();
                    let expires_at = Some(Instant::now() + sender.sent_max_age() + STALE_IF_ERROR);
                    *recorded.lock().unwrap() = Trusted {
                        key_ids,
                        expires_at,
                    };
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
            accepted: 0,
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

    async fn wait(&mut self, unit: Duration, max: u64) {
        let times = u32::try_from(self.random.below(max) + 1).unwrap();
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
        // At most half of the wait timeout: a request can wait for the fetch in flight and for the
        // next one.
        self.mock
            .delay(Duration::from_millis(self.random.below(1400)));
        let max_age = MAX_AGES[usize::try_from(self.random.below(4)).unwrap()];
        self.mock
            .header("cache-control", &format!("max-age={max_age}"));
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

    /// Returns whether the last fetched set has the key, and whether that set is usable.
    fn trusts(&self, key_id: &str) -> (bool, bool) {
        let trusted = self.trusted.lock().unwrap();
        (
            trusted.key_ids.contains(key_id),
            trusted
                .expires_at
                .is_some_and(|expires_at| Instant::now() < expires_at),
        )
    }

    async fn request(&mut self) {
        let which = usize::try_from(self.random.below(self.tokens.len() as u64)).unwrap();
        let (key_id, token) = self.tokens[which].clone();
        let usable = self.trusts(&key_id) == (true, true);
        let start = Instant::now();
        let outcome = kind(self.authenticator.authenticate(&token).await);
        if usable {
            assert_eq!(
                (outcome, start.elapsed()),
                (None, Duration::ZERO),
                "a token whose key is usable is accepted without waiting"
            );
        }
        match outcome {
            None => {
                let (trusted, in_time) = self.trusts(&key_id);
                assert!(
                    trusted,
                    "a removed key is never trusted after a successful fetch"
                );
                assert!(in_time, "no key is trusted after it has expired");
                self.accepted += 1;
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
                let is_faulty = self
                    .faulty
                    .is_some_and(|until| until + Duration::from_secs(15) > start);
                assert!(
                    !published || flooded || is_faulty,
                    "a published key is unknown only while the refetch limit is reached, or the \
                     issuer fails"
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

    /// Checks the number of fetches in any 30 s: those within the refetch limit, a scheduled
    /// refresh, and the retries that the backoff allows while the issuer fails.
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
            let max = if calm { 4 } else { 20 };
            assert!(
                self.fetches.len() <= max,
                "{} fetches in 30 s, calm: {calm}",
                self.fetches.len()
            );
        }
        self.unknown_keys
            .retain(|then| then.elapsed() < Duration::from_secs(60));
    }
}

/// Runs the steps of a schedule. The three run beside each other.
async fn run(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step().await;
    }
    let World {
        accepted,
        rejected,
        unavailable,
        mock,
        ..
    } = &world;
    println!(
        "seed {seed}: {STEPS} steps, {accepted} accepted, {rejected} rejected, \
         {unavailable} unavailable, {} fetches",
        mock.fetches()
    );
    assert!(
        *accepted > 400 && *rejected > 40 && *unavailable > 4,
        "the schedule reaches every outcome"
    );
}

#[tokio::test(start_paused = true)]
async fn the_invariants_hold_at_every_step_of_a_first_random_schedule() {
    run(1).await;
}

#[tokio::test(start_paused = true)]
async fn the_invariants_hold_at_every_step_of_a_second_random_schedule() {
    run(2).await;
}

#[tokio::test(start_paused = true)]
async fn the_invariants_hold_at_every_step_of_a_third_random_schedule() {
    run(3).await;
}
