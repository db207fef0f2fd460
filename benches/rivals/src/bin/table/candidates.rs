//! The candidates. Each must accept a valid token and reject an invalid signature before it is
//! measured.

use std::time::Instant;

use tower::Layer as _;
use tower_jwt_auth::Algorithm;
use tower_jwt_auth_rivals::drive::{Driver, assert_protects, drive};
use tower_jwt_auth_rivals::protected::Protected;
use tower_jwt_auth_rivals::provider::{Provider, bearer};
use tower_jwt_auth_rivals::{floor, ours, rivals};

use crate::allocations;
use crate::report::Row;

/// The approximate time of a candidate in each round, in µs. It is short, so that most rounds are
/// not interrupted on a busy machine.
const ROUND: f64 = 400.0;

pub(crate) struct Candidate {
    row: Row,
    batch: u32,
    run: Box<dyn FnMut()>,
}

impl Candidate {
    fn new(row: Row, run: impl FnMut() + 'static) -> Self {
        Self {
            row,
            batch: 10,
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

    /// Sets the number of runs in a round, so that all candidates take about the same time.
    pub(crate) fn calibrate(&mut self) {
        self.time();
        self.batch = (ROUND / self.time()).clamp(1.0, 10_000.0) as u32;
    }

    pub(crate) fn row(&mut self, micros: f64, ratio: f64) -> Row {
        let allocations = allocations::count(&mut self.run);
        Row {
            measured: Ok((micros, ratio, allocations)),
            ..self.row.clone()
        }
    }
}

/// Returns the candidates, of which the first is the reference, and the rows of those that can't be
/// driven with this algorithm.
pub(crate) fn all(algorithm: Algorithm) -> (Vec<Candidate>, Vec<Row>) {
    let provider = Provider::new(algorithm);
    let row = |name: &str| Row::new(algorithm, name);
    let mut candidates = vec![
        Candidate::new(row("bare check"), provider.bare_check()),
        unprotected(row("no layer"), &provider, drive(Protected(|_| true))),
        unprotected(
            row("floor: reads, inserts an Arc"),
            &provider,
            drive(floor::layer().layer(Protected(floor::CLAIMS_CHECK))),
        ),
        protected(
            row("tower-jwt-auth, verify"),
            &provider,
            our(&provider, false),
        ),
        protected(
            row("tower-jwt-auth, cached"),
            &provider,
            our(&provider, true),
        ),
    ];
    let mut missing = Vec::new();
    for rival in rivals::ALL {
        let row = Row {
            version: rival.version(),
            signatures: rival.signatures,
            ..row(rival.name)
        };
        match (rival.driver)(&provider) {
            Ok(driver) => candidates.push(protected(row, &provider, driver)),
            Err(reason) => missing.push(Row {
                measured: Err(reason),
                ..row
            }),
        }
    }
    (candidates, missing)
}

fn our(provider: &Provider, token_cache: bool) -> Driver {
    drive(ours::layer(provider, token_cache).layer(Protected(ours::CLAIMS_CHECK)))
}

fn protected(row: Row, provider: &Provider, mut driver: Driver) -> Candidate {
    assert_protects(&row.name, &mut driver, provider);
    unprotected(row, provider, driver)
}

fn unprotected(row: Row, provider: &Provider, mut driver: Driver) -> Candidate {
    let authorization = bearer(&provider.token(0));
    Candidate::new(row, move || assert!(driver(&authorization).is_success()))
}
