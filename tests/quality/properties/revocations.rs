//! A list of revocations: for any history, a token is rejected from its revocation on until the last
//! token that the revocation applies to has expired and the margin is over, and no other token is.

use std::time::Duration;

use proptest::prelude::*;
use tower_jwt_auth::testing::{TestClock, TestKey, TokenBuilder};
use tower_jwt_auth::{
    Algorithm, Authenticator, Clock as _, ErrorKind, Issuer, JwtAuthLayer, Key, Revocation,
    RevocationSettings, Revocations,
};

use crate::properties::support::{AUDIENCE, ISSUER, cases};
use crate::support::{at, block_on};

const START: u64 = 1_800_000_000;
const HOUR: u64 = 60 * 60;
/// An hour of leeway and 5 minutes for a clock that is set back.
const MARGIN: u64 = HOUR + 5 * 60;
/// The users, each with one token that has an id.
const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    /// Revokes the token of a user, which expires after so many seconds.
    Token(usize, u64),
    /// Revokes the tokens of a user that were issued more than so many seconds ago.
    Subject(usize, u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![0..10_u64, 0..HOUR, 0..3 * HOUR];
    (0..3_usize, seconds, 0..3_u8).prop_map(|(user, seconds, kind)| match kind {
        0 => Step::Token(user, seconds),
        1 => Step::Subject(user, seconds),
        _ => Step::Wait(seconds),
    })
}

/// What was revoked of a user, written down without a list.
#[derive(Clone, Copy, Default)]
struct Model {
    /// When the token with the id expires.
    expires_at: Option<u64>,
    /// The latest time before which the tokens were issued.
    before: Option<u64>,
}

impl Model {
    fn rejects(&self, has_id: bool, issued_at: Option<u64>, now: u64) -> bool {
        let by_id = self.expires_at.is_some_and(|exp| now < exp + MARGIN);
        let by_subject = self.before.is_some_and(|before| {
            issued_at.is_none_or(|iat| iat < before) && now < before + HOUR + MARGIN
        });
        has_id && by_id || by_subject
    }
}

struct Setup {
    key: TestKey,
    clock: TestClock,
    list: Revocations,
    authenticator: Authenticator,
}

impl Setup {
    fn new() -> Self {
        let key = TestKey::generate(Algorithm::HS256);
        let clock = TestClock::new(at(START));
        let settings = RevocationSettings::default().max_lifetime(Duration::from_secs(HOUR));
        // As many as there are users and kinds: entries that have ended make space.
        let list = Revocations::with_settings(settings.max_entries(6)).unwrap();
        let public = Key::from_jwk(&key.jwk().to_string()).unwrap();
        let builder = JwtAuthLayer::builder(Issuer::from_keys(ISSUER, public, AUDIENCE))
            .clock(clock.clone())
            .revocations(&list);
        Self {
            authenticator: builder.build_authenticator().unwrap(),
            key,
            clock,
            list,
        }
    }

    fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(at(0));
        now.unwrap().as_secs()
    }

    fn token(&self, user: &str) -> TokenBuilder {
        let token = self.key.token().issuer(ISSUER).audience(AUDIENCE);
        let token = token.subject(user).clock(&self.clock);
        token.without_claim("jti")
    }

    fn rejects(&self, token: &TokenBuilder) -> bool {
        match block_on(self.authenticator.authenticate(&token.sign())) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Revoked);
                true
            }
        }
    }

    fn run(&self, step: &Step, models: &mut [Model; 3]) {
        let now = self.now();
        match *step {
            Step::Wait(seconds) => self.clock.advance(Duration::from_secs(seconds)),
            Step::Token(user, seconds) => {
                let exp = now + seconds;
                let id = NAMES[user];
                self.list.revoke_token(ISSUER, id, at(exp)).unwrap();
                models[user].expires_at = models[user].expires_at.max(Some(exp));
            }
            Step::Subject(user, ago) => {
                let before = now - ago;
                let revocation = Revocation::subject(ISSUER, NAMES[user]);
                self.list.add(revocation.issued_before(at(before))).unwrap();
                models[user].before = models[user].before.max(Some(before));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_token_is_rejected_while_its_revocation_lasts_and_no_other_is(
        steps in prop::collection::vec(step(), 1..30)
    ) {
        let setup = Setup::new();
        let mut models = [Model::default(); 3];
        for step in &steps {
            setup.run(step, &mut models);
            let now = setup.now();
            for (user, model) in NAMES.into_iter().zip(models) {
                let token = setup.token(user);
                let without_iat = token.clone().without_claim("iat");
                prop_assert_eq!(setup.rejects(&without_iat), model.rejects(false, None, now));
                let with_id = token.clone().claim("jti", user);
                prop_assert_eq!(setup.rejects(&with_id), model.rejects(true, Some(now), now));
                let before = model.before.unwrap_or(now);
                for iat in [before.saturating_sub(1), before] {
                    if iat + HOUR <= now {
                        continue;
                    }
                    let old = token.clone().claim("iat", iat).claim("exp", iat + HOUR);
                    prop_assert_eq!(setup.rejects(&old), model.rejects(false, Some(iat), now));
                }
            }
        }
    }
}
