//! The measured code paths.

use std::sync::Arc;
use std::time::Instant;

use tower::Layer as _;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, JwtAuthLayer, TokenCacheSettings};

use super::bare::bare_check;
use super::fetched;
use super::requests::{Floor, Inner, send, send_rejected};
use super::tokens::{MyClaims, REJECTIONS, bearer, cached, rejected_header, token, uncached};

/// One measured code path.
pub(crate) struct Candidate {
    pub(crate) name: String,
    /// Runs between two readings of the clock.
    batch: u32,
    pub(crate) run: Box<dyn FnMut()>,
}

/// Candidates that are timed in turns, and what they are compared with.
pub(crate) struct Group {
    /// The same requests without a layer. Their time is subtracted from that of the others.
    pub(crate) no_layer: Candidate,
    /// The candidate that the others are compared with.
    pub(crate) reference: Candidate,
    /// Whether the reference is a request too, so that the time without a layer is subtracted from
    /// it.
    pub(crate) reference_is_request: bool,
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

    /// Returns the microseconds that one run takes.
    pub(crate) fn time(&mut self) -> f64 {
        let start = Instant::now();
        for _ in 0..self.batch {
            (self.run)();
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(self.batch)
    }
}

/// Returns all groups. They must run within the runtime of [`fetched`].
pub(crate) fn all() -> Vec<Group> {
    let algorithms = [
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::Ed25519,
        Algorithm::HS256,
        Algorithm::MlDsa44,
        Algorithm::MlDsa65,
        Algorithm::MlDsa87,
    ];
    algorithms
        .into_iter()
        .map(verify_uncached)
        .chain([
            hits(Algorithm::ES256, 1),
            hits(Algorithm::ES256, 1000),
            hits(Algorithm::MlDsa65, 1),
            hits(Algorithm::MlDsa65, 1000),
            rejections(),
        ])
        .collect()
}

/// Rejections, compared with the signature check that most of them save.
fn rejections() -> Group {
    let key = TestKey::generate(Algorithm::RS256);
    let valid = token(&key);
    let layer = uncached(&key);
    send(layer.layer(Inner), vec![bearer(&valid)])();
    let candidate = |reason: &str| {
        let run = send_rejected(layer.layer(Inner), rejected_header(&key, reason));
        Candidate::new(format!("rejected: {reason}"), 200, run)
    };
    Group {
        no_layer: Candidate::new("rejected: no layer", 200, send(Inner, vec![bearer(&valid)])),
        reference: Candidate::new("RS256: bare check", 20, bare_check(&key, &valid)),
        reference_is_request: false,
        others: REJECTIONS.into_iter().map(candidate).collect(),
    }
}

/// Tokens that are not cached, compared with the bare signature check.
fn verify_uncached(algorithm: Algorithm) -> Group {
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
            format!("{algorithm}: verify{name}"),
            batch,
            send(layer.layer(Inner), values.clone()),
        )
    };
    let mut others = vec![candidate("", uncached(&key))];
    // Secrets are never fetched.
    if algorithm != Algorithm::HS256 {
        others.push(candidate(
            ", keys fetched",
            fetched::warm(&key, |builder| builder),
        ));
    }
    Group {
        no_layer: Candidate::new(
            format!("{algorithm}: no layer"),
            batch,
            send(Inner, values.clone()),
        ),
        reference: Candidate::new(
            format!("{algorithm}: bare check"),
            batch,
            bare_check(&key, &token),
        ),
        reference_is_request: false,
        others,
    }
}

/// Cached tokens in rotation, compared with the least work of an authenticating layer.
fn hits(algorithm: Algorithm, tokens: usize) -> Group {
    let key = TestKey::generate(algorithm);
    let seen = match algorithm {
        Algorithm::ES256 => format!("{tokens} seen"),
        other => format!("{tokens} seen, {other}"),
    };
    let values: Vec<_> = (0..tokens).map(|_| bearer(&token(&key))).collect();
    let settings = TokenCacheSettings::default();
    let candidate = |name: &str, layer: JwtAuthLayer<MyClaims>| {
        Candidate::new(
            format!("{seen}: hit{name}"),
            2000,
            send(layer.layer(Inner), values.clone()),
        )
    };
    let fetched = fetched::warm(&key, |builder| builder.token_cache(settings.clone()));
    let others = vec![
        candidate("", cached(&key, settings)),
        candidate(", keys fetched", fetched),
    ];
    let floor = send(Floor(Inner, Arc::default()), values.clone());
    Group {
        no_layer: Candidate::new(
            format!("{seen}: no layer"),
            2000,
            send(Inner, values.clone()),
        ),
        reference: Candidate::new(format!("{seen}: floor"), 2000, floor),
        reference_is_request: true,
        others,
    }
}
