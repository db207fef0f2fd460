//! What is measured.

use std::sync::Arc;
use std::time::Instant;

use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuthLayer, TokenCacheSettings};

use super::bare::bare;
use super::fetched;
use super::requests::{Floor, Inner, send, send_refused};
use super::tokens::{MyClaims, REFUSALS, bearer, forgetful, refusal, remembering, token};

pub(crate) struct Candidate {
    pub(crate) name: String,
    batch: u32,
    pub(crate) run: Box<dyn FnMut()>,
}

/// Candidates that are timed in turn, and how to read them.
pub(crate) struct Group {
    /// Requests without a layer: what is taken off the others, since it is not the layer's.
    pub(crate) none: Candidate,
    /// What the others are compared with, and whether it is a request too.
    pub(crate) reference: Candidate,
    pub(crate) is_request: bool,
    pub(crate) others: Vec<Candidate>,
}

impl Candidate {
    fn new(name: impl Into<String>, batch: u32, run: impl FnMut() + 'static) -> Self {
        Self {
            name: name.into(),
            batch,
            run: Box::new(run),
        }
    }

    /// Microseconds for one run.
    pub(crate) fn time(&mut self) -> f64 {
        let start = Instant::now();
        for _ in 0..self.batch {
            (self.run)();
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(self.batch)
    }
}

/// To be run from within the runtime of [`fetched`].
pub(crate) fn all() -> Vec<Group> {
    let algorithms = [
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::Ed25519,
        Algorithm::HS256,
    ];
    algorithms
        .into_iter()
        .map(first_sight)
        .chain([seen_before(1), seen_before(1000), refusals()])
        .collect()
}

/// What is refused without a signature check, and a signature that is bad, against the check that it costs.
fn refusals() -> Group {
    let key = TestKey::generate(Algorithm::RS256);
    let good = token(&key);
    let layer = forgetful(&key);
    send(layer.layer(Inner), vec![bearer(&good)])();
    let refused = |reason: &str| {
        let run = send_refused(layer.layer(Inner), refusal(&key, reason));
        Candidate::new(format!("refused: {reason}"), 200, run)
    };
    Group {
        none: Candidate::new("refusals: no layer", 200, send(Inner, vec![bearer(&good)])),
        reference: Candidate::new("RS256: bare check", 20, bare(&key, &good)),
        is_request: false,
        others: REFUSALS.into_iter().map(refused).collect(),
    }
}

fn first_sight(algorithm: Algorithm) -> Group {
    let key = TestKey::generate(algorithm);
    let token = token(&key);
    let values = vec![bearer(&token)];
    let batch = if algorithm == Algorithm::HS256 {
        200
    } else {
        20
    };
    let candidate = |name: &str, layer: JwtAuthLayer<MyClaims>| {
        Candidate::new(
            format!("{algorithm}: first sight{name}"),
            batch,
            send(layer.layer(Inner), values.clone()),
        )
    };
    let mut others = vec![candidate("", forgetful(&key))];
    // A secret is not fetched.
    if algorithm != Algorithm::HS256 {
        others.push(candidate(
            ", keys fetched",
            fetched::warm(&key, |builder| builder),
        ));
    }
    Group {
        none: Candidate::new(
            format!("{algorithm}: no layer"),
            batch,
            send(Inner, values.clone()),
        ),
        reference: Candidate::new(
            format!("{algorithm}: bare check"),
            batch,
            bare(&key, &token),
        ),
        is_request: false,
        others,
    }
}

/// Tokens in rotation that were seen before, against what any layer does: read a header, insert an `Arc`.
fn seen_before(tokens: usize) -> Group {
    let key = TestKey::generate(Algorithm::ES256);
    let values: Vec<_> = (0..tokens).map(|_| bearer(&token(&key))).collect();
    let settings = TokenCacheSettings::default();
    let candidate = |name: &str, layer: JwtAuthLayer<MyClaims>| {
        Candidate::new(
            format!("{tokens} seen: hit{name}"),
            2000,
            send(layer.layer(Inner), values.clone()),
        )
    };
    let fetched = fetched::warm(&key, |builder| builder.token_cache(settings.clone()));
    let others = vec![
        candidate("", remembering(&key, settings)),
        candidate(", keys fetched", fetched),
    ];
    let floor = send(Floor(Inner, Arc::default()), values.clone());
    Group {
        none: Candidate::new(
            format!("{tokens} seen: no layer"),
            2000,
            send(Inner, values.clone()),
        ),
        reference: Candidate::new(format!("{tokens} seen: floor"), 2000, floor),
        is_request: true,
        others,
    }
}
