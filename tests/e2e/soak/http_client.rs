//! HTTP clients that reuse their connections. They send one request at a time, sometimes three.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tonic::Code;

use crate::allowed::Allowed;
use crate::case::{Case, Truth};
use crate::cases::Cases;
use crate::check::{Outcome, check, check_status};
use crate::http::{Connection, Response};
use crate::oracle::{Key, Oracle};
use crate::random::Random;
use crate::tally::Tally;

/// What all clients share.
pub(crate) struct Load {
    pub(crate) server: SocketAddr,
    pub(crate) cases: Cases,
    pub(crate) oracle: Mutex<Oracle>,
    pub(crate) tally: Mutex<Tally>,
    /// The clients are to stop.
    pub(crate) over: AtomicBool,
}

/// When a request was sent, and which statuses were right then.
pub(crate) struct Sent {
    allowed: Allowed,
    at: Instant,
}

impl Load {
    pub(crate) fn oracle(&self) -> MutexGuard<'_, Oracle> {
        self.oracle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(crate) fn case(&self, random: &mut Random) -> Case {
        self.cases.case(random, &self.oracle)
    }

    /// Must be called before the last byte of the request is sent.
    pub(crate) fn sent(&self, case: &Case) -> Sent {
        Sent {
            allowed: self.allowed(case),
            at: Instant::now(),
        }
    }

    pub(crate) fn check(&self, case: &Case, sent: &Sent, response: &Response) {
        let took = sent.at.elapsed();
        // A response is right if it was right at any time since. Looking at both ends is enough:
        // nothing changes and changes back in so short a time.
        let outcome = check(case, sent.allowed.or(self.allowed(case)), response, took);
        self.settle(case, response.status, took, outcome);
    }

    /// Checks a gRPC code as the status that it corresponds to.
    pub(crate) fn check_grpc(&self, case: &Case, sent: &Sent, code: Code) {
        let status = match code {
            Code::Ok => 200,
            Code::Unauthenticated => 401,
            Code::Unavailable => 503,
            _ => 500,
        };
        let (took, allowed) = (sent.at.elapsed(), sent.allowed.or(self.allowed(case)));
        self.settle(case, status, took, check_status(allowed, status, took));
    }

    fn settle(&self, case: &Case, status: u16, took: Duration, outcome: Outcome) {
        if let (Truth::Depends(Key::Valid(generation)), 200) = (case.truth, status) {
            self.oracle().accepted(generation);
        }
        self.tally().record(case.kind, status, took, outcome);
    }

    fn allowed(&self, case: &Case) -> Allowed {
        match case.truth {
            Truth::Depends(key) => self.oracle().allowed(key),
            _ => Allowed::ACCEPTED,
        }
    }
}

pub(crate) async fn client(load: Arc<Load>, mut random: Random) {
    let mut idle = None;
    while !load.is_over() {
        let mut cases: Vec<_> = (0..if random.chance(4) { 3 } else { 1 })
            .map(|_| load.case(&mut random))
            .collect();
        // The server would not read the requests after it.
        cases.truncate(
            cases
                .iter()
                .position(Case::ends_connection)
                .map_or(cases.len(), |last| last + 1),
        );
        idle = pipeline(&load, &cases, idle).await.unwrap_or_else(|error| {
            load.tally().record_error(cases[0].kind, &error);
            None
        });
        sleep(Duration::from_millis(random.below(8))).await;
    }
}

/// Pipelines the requests, and reads the responses in order.
async fn pipeline(
    load: &Load,
    cases: &[Case],
    idle: Option<Connection>,
) -> io::Result<Option<Connection>> {
    let mut connection = match idle {
        Some(connection) => connection,
        None => Connection::open(load.server).await?,
    };
    if cases.len() > 1 {
        load.tally().count("pipelined requests");
    }
    let requests: String = cases.iter().map(|case| case.request.as_str()).collect();
    let mut sent: Vec<_> = cases.iter().map(|case| load.sent(case)).collect();
    connection.send(requests.as_bytes()).await?;
    let mut previous = Instant::now();
    for (case, sent) in cases.iter().zip(&mut sent) {
        let response = connection.receive().await?;
        // The server starts with it when it has responded to those before it.
        sent.at = sent.at.max(previous);
        load.check(case, sent, &response);
        previous = Instant::now();
        if response.closes() {
            return Ok(None);
        }
    }
    Ok(Some(connection))
}
