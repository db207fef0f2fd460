//! Clients that keep their connections, and one by one wait for their answers; sometimes three at
//! once.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tonic::Code;

use crate::allowed::Allowed;
use crate::book::{Book, Key};
use crate::forge::Forge;
use crate::http::{Answer, Connection};
use crate::random::Random;
use crate::shot::{Shot, Truth};
use crate::tally::Tally;
use crate::verdict::{Verdict, judge, judge_status};

/// What all that make load share.
pub(crate) struct Range {
    pub(crate) server: SocketAddr,
    pub(crate) forge: Forge,
    pub(crate) book: Mutex<Book>,
    pub(crate) tally: Mutex<Tally>,
    pub(crate) over: AtomicBool,
}

/// A request under way: what was right when it left.
pub(crate) struct Fired {
    allowed: Allowed,
    at: Instant,
}

impl Range {
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    pub(crate) fn shot(&self, random: &mut Random) -> Shot {
        self.forge.shot(random, &self.book)
    }

    /// To be called before the request's last byte leaves.
    pub(crate) fn fire(&self, shot: &Shot) -> Fired {
        Fired {
            allowed: self.allowed(shot),
            at: Instant::now(),
        }
    }

    pub(crate) fn hit(&self, shot: &Shot, fired: &Fired, answer: &Answer) {
        let took = fired.at.elapsed();
        // Right is what was so at any time since: at both ends is enough, for nothing changes and
        // changes back so soon.
        let verdict = judge(shot, fired.allowed.or(self.allowed(shot)), answer, took);
        self.settle(shot, answer.status, took, verdict);
    }

    /// gRPC's codes stand for the statuses.
    pub(crate) fn hit_grpc(&self, shot: &Shot, fired: &Fired, code: Code) {
        let status = match code {
            Code::Ok => 200,
            Code::Unauthenticated => 401,
            Code::Unavailable => 503,
            _ => 500,
        };
        let (took, allowed) = (fired.at.elapsed(), fired.allowed.or(self.allowed(shot)));
        self.settle(shot, status, took, judge_status(allowed, status, took));
    }

    fn settle(&self, shot: &Shot, status: u16, took: Duration, verdict: Verdict) {
        if let (Truth::Depends(Key::Good(generation)), 200) = (shot.truth, status) {
            self.book().prove(generation);
        }
        self.tally().answered(shot.kind, status, took, verdict);
    }

    fn allowed(&self, shot: &Shot) -> Allowed {
        match shot.truth {
            Truth::Depends(key) => self.book().allowed(key),
            _ => Allowed::ACCEPTED,
        }
    }
}

pub(crate) async fn client(range: Arc<Range>, mut random: Random) {
    let mut kept = None;
    while !range.is_over() {
        let mut shots: Vec<_> = (0..if random.chance(4) { 3 } else { 1 })
            .map(|_| range.shot(&mut random))
            .collect();
        // What comes after it would not be read.
        shots.truncate(
            shots
                .iter()
                .position(Shot::ends_connection)
                .map_or(shots.len(), |last| last + 1),
        );
        kept = volley(&range, &shots, kept).await.unwrap_or_else(|error| {
            range.tally().broke(shots[0].kind, &error);
            None
        });
        sleep(Duration::from_millis(random.below(8))).await;
    }
}

/// Sends requests without waiting between them, and reads the answers in their order.
async fn volley(
    range: &Range,
    shots: &[Shot],
    kept: Option<Connection>,
) -> io::Result<Option<Connection>> {
    let mut connection = match kept {
        Some(connection) => connection,
        None => Connection::open(range.server).await?,
    };
    if shots.len() > 1 {
        range.tally().did("requests sent at once, without waiting");
    }
    let requests: String = shots.iter().map(|shot| shot.request.as_str()).collect();
    let mut fired: Vec<_> = shots.iter().map(|shot| range.fire(shot)).collect();
    connection.send(requests.as_bytes()).await?;
    let mut turn = Instant::now();
    for (shot, fired) in shots.iter().zip(&mut fired) {
        let answer = connection.receive().await?;
        // Looked at when those before it were answered.
        fired.at = fired.at.max(turn);
        range.hit(shot, fired, &answer);
        turn = Instant::now();
        if answer.closes() {
            return Ok(None);
        }
    }
    Ok(Some(connection))
}
