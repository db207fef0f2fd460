//! Runs the soak, from the start of the processes to the last check.

use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::grpc_client;
use crate::health::Health;
use crate::hostile_client;
use crate::http_client::{self, Load};
use crate::options::Options;
use crate::random::Random;
use crate::report::{Results, report};
use crate::schedule::Schedule;
use crate::setup::Setup;
use crate::watch::{Sample, watch};

const DISCONNECTING_CLIENTS: usize = 2;
const SLOW_CLIENTS: usize = 8;

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
    let Setup {
        mut server,
        steady,
        attacker,
        issuer,
        load,
        file: _file,
    } = Setup::start(&mut random).await;
    let idle = Sample::take(server.process);
    let samples = Arc::new(Mutex::new(Vec::new()));
    let watcher = tokio::spawn(watch(server.process, Arc::clone(&samples)));
    let begin = Instant::now();
    let clients = start_clients(&load, &options, &mut random);
    let mut schedule = Schedule::new(Arc::clone(&load), issuer, random, &attacker);
    let in_time = run_schedule(&mut schedule, &load, options.time).await;
    let took = begin.elapsed();
    let clients_ended = end_load(&load, clients).await;
    watcher.abort();

    let results = Results {
        took,
        in_time: in_time && clients_ended,
        running: server.is_running(),
        health: Health::of(server.address).await.unwrap_or_default(),
        idle,
        quiet: Sample::take(server.process),
        exit: server.terminate().await,
        samples: std::mem::take(&mut samples.lock().unwrap()),
        fetches: schedule.issuer.known_fetches(),
        attacker_fetches: attacker.jwks_fetches() + attacker.metadata_fetches(),
        steady_fetches: steady.jwks_fetches(),
    };
    let log = server.log.lock().unwrap();
    report(&results, &load.tally(), &schedule.record, &log)
}

/// Returns whether the schedule was run to its end.
async fn run_schedule(schedule: &mut Schedule, load: &Load, time: Duration) -> bool {
    tokio::select! {
        () = schedule.run(time) => true,
        () = until_too_many_violations(load) => false,
        () = sleep(time + Duration::from_secs(300)) => false,
    }
}

/// Returns whether all clients got their last responses.
async fn end_load(load: &Load, clients: JoinSet<()>) -> bool {
    load.over.store(true, Relaxed);
    let ended = timeout(Duration::from_secs(30), clients.join_all())
        .await
        .is_ok();
    // So that the server notices the closed connections.
    sleep(Duration::from_secs(2)).await;
    ended
}

/// Returns when there are so many wrong responses that more would add no information.
async fn until_too_many_violations(load: &Load) {
    while load.tally().wrong < 5000 {
        sleep(Duration::from_secs(1)).await;
    }
}

fn start_clients(load: &Arc<Load>, options: &Options, random: &mut Random) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for _ in 0..options.clients {
        clients.spawn(http_client::client(Arc::clone(load), random.branch()));
    }
    for _ in 0..DISCONNECTING_CLIENTS {
        clients.spawn(hostile_client::disconnecting(
            Arc::clone(load),
            random.branch(),
        ));
    }
    for _ in 0..SLOW_CLIENTS {
        clients.spawn(hostile_client::slow(Arc::clone(load), random.branch()));
    }
    clients.spawn(grpc_client::client(Arc::clone(load), random.branch()));
    clients
}
