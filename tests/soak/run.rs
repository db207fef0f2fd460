//! From the first process to the last check.

use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::{self, Range};
use crate::grpc;
use crate::health::Health;
use crate::hostile;
use crate::options::Options;
use crate::random::Random;
use crate::report::{Ended, report};
use crate::scene::Scene;
use crate::schedule::Schedule;
use crate::watch::{Sample, watch};

const QUITTERS: usize = 2;
const DRIBBLERS: usize = 8;

pub(crate) fn run(options: Options) -> ExitCode {
    println!(
        "seed {}: {} clients for {:?}",
        options.seed, options.clients, options.time
    );
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let passed = runtime.block_on(soak(options));
    runtime.shutdown_background();
    if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn soak(options: Options) -> bool {
    let mut random = Random::new(options.seed);
    let Scene {
        mut server,
        steady,
        enemy,
        issuer,
        range,
        file: _file,
    } = Scene::set(&mut random).await;
    let idle = Sample::take(server.process);
    let samples = Arc::new(Mutex::new(Vec::new()));
    let watching = tokio::spawn(watch(server.process, Arc::clone(&samples)));
    let begin = Instant::now();
    let load = start_load(&range, &options, &mut random);
    let mut schedule = Schedule::new(Arc::clone(&range), issuer, random, &enemy);
    let in_time = play(&mut schedule, &range, options.time).await;
    let took = begin.elapsed();
    let clients_ended = end_load(&range, load).await;
    watching.abort();

    let ended = Ended {
        took,
        in_time: in_time && clients_ended,
        running: server.is_running(),
        health: Health::of(server.address).await.unwrap_or_default(),
        idle,
        quiet: Sample::take(server.process),
        exit: server.terminate().await,
        samples: std::mem::take(&mut samples.lock().unwrap()),
        fetches: schedule.issuer.known_fetches(),
        enemy_asked: enemy.jwks_fetches() + enemy.metadata_fetches(),
        steady_asked: steady.jwks_fetches(),
    };
    let log = server.log.lock().unwrap();
    report(&ended, &range.tally(), &schedule.record, &log)
}

/// Whether all of it happened.
async fn play(schedule: &mut Schedule, range: &Range, time: Duration) -> bool {
    tokio::select! {
        () = schedule.run(time) => true,
        () = hopeless(range) => false,
        () = sleep(time + Duration::from_secs(300)) => false,
    }
}

/// Whether all clients got their last answers.
async fn end_load(range: &Range, load: JoinSet<()>) -> bool {
    range.over.store(true, Relaxed);
    let ended = timeout(Duration::from_secs(30), load.join_all())
        .await
        .is_ok();
    // For the server to see that they are gone.
    sleep(Duration::from_secs(2)).await;
    ended
}

/// So much is wrong that the rest would tell nothing new.
async fn hopeless(range: &Range) {
    while range.tally().wrong < 5000 {
        sleep(Duration::from_secs(1)).await;
    }
}

fn start_load(range: &Arc<Range>, options: &Options, random: &mut Random) -> JoinSet<()> {
    let mut load = JoinSet::new();
    for _ in 0..options.clients {
        load.spawn(client::client(Arc::clone(range), random.branch()));
    }
    for _ in 0..QUITTERS {
        load.spawn(hostile::quitter(Arc::clone(range), random.branch()));
    }
    for _ in 0..DRIBBLERS {
        load.spawn(hostile::dribbler(Arc::clone(range), random.branch()));
    }
    load.spawn(grpc::client(Arc::clone(range), random.branch()));
    load
}
