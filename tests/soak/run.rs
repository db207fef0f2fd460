//! From the first process to the last check.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestIssuer;

use crate::book::Book;
use crate::client::{self, Range};
use crate::forge::{Forge, PARTNER};
use crate::generation::{Generation, SUBJECT};
use crate::grpc;
use crate::health::Health;
use crate::hostile;
use crate::options::Options;
use crate::provider::Issuer;
use crate::random::Random;
use crate::report::{Ended, report};
use crate::schedule::{Record, Schedule};
use crate::server::Server;
use crate::tally::Tally;
use crate::watch::{Sample, watch};

const AUDIENCE: &str = "https://api.example";
const QUITTERS: usize = 2;
const DRIBBLERS: usize = 8;

pub(crate) fn run(options: Options) -> ExitCode {
    println!("seed {}: {} clients for {:?}", options.seed, options.clients, options.time);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let passed = runtime.block_on(soak(options));
    runtime.shutdown_background();
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn soak(options: Options) -> bool {
    let mut random = Random::new(options.seed);
    let secret = format!("{:016x}{:016x}", random.next(), random.next());
    let file = SecretFile::new(&secret);
    // One that never fails, and one whom nobody may ask.
    let steady = TestIssuer::builder().max_age(Some(Duration::from_secs(60)));
    let steady = steady.start().await.expect("an issuer on loopback");
    let enemy_host = TestIssuer::start().await.expect("an issuer on loopback");
    let enemy = enemy_host.key(Algorithm::ES256).expect("its key");
    let issuer = Issuer::new(free_port());
    let first = Generation::make(0, issuer.name(), enemy.clone(), enemy_host.issuer().to_owned()).await;

    let (name, jwks_uri) = (issuer.name(), steady.jwks_uri());
    let of_steady = ["--issuer", steady.issuer(), "--jwks-uri", &jwks_uri];
    let of_partner = ["--issuer", PARTNER, "--hmac-secret-file", file.path(), "--audience", AUDIENCE];
    let args = [&["--issuer", &*name][..], &of_steady, &of_partner].concat();
    let forbidden = ["eyJ", SUBJECT, &secret].map(ToOwned::to_owned).to_vec();
    let mut server = Server::start(&args, forbidden).await;

    let forge = Forge::new(&name, &enemy, &steady, &secret);
    let (book, tally) = (Mutex::new(Book::new()), Mutex::new(Tally::default()));
    let range = Arc::new(Range { server: server.address, forge, book, tally, over: AtomicBool::new(false) });
    range.book().publish(Arc::new(first));

    let idle = Sample::take(server.process);
    let samples = Arc::new(Mutex::new(Vec::new()));
    let watching = tokio::spawn(watch(server.process, Arc::clone(&samples)));
    let begin = Instant::now();
    let load = start_load(&range, &options, &mut random);
    let enemy_url = enemy_host.issuer().to_owned();
    let record = Record::default();
    let mut schedule = Schedule { range: Arc::clone(&range), issuer, random, enemy, enemy_url, record };
    let in_time = tokio::select! {
        () = schedule.run(options.time) => true,
        () = hopeless(&range) => false,
        () = sleep(options.time + Duration::from_secs(300)) => false,
    };
    range.over.store(true, Relaxed);
    let took = begin.elapsed();
    let joined = load.join_all();
    let clients_ended = timeout(Duration::from_secs(30), joined).await.is_ok();
    watching.abort();
    // For the server to see that its clients are gone.
    sleep(Duration::from_secs(2)).await;

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
        enemy_asked: enemy_host.jwks_fetches() + enemy_host.metadata_fetches(),
        steady_asked: steady.jwks_fetches(),
    };
    let log = server.log.lock().unwrap();
    report(&ended, &range.tally(), &schedule.record, &log)
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

/// Below the ports that systems give to clients: nobody may get it while the issuer is down. Not by the seed, which
/// another run may have too.
fn free_port() -> SocketAddr {
    let first = std::process::id() % 10_000;
    let ports = (0..10_000).filter_map(|offset| u16::try_from(20_000 + (first + offset) % 10_000).ok());
    let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses.find(|address| TcpListener::bind(address).is_ok()).expect("a free port")
}

/// A file that is gone after the run.
struct SecretFile(PathBuf);

impl SecretFile {
    fn new(secret: &str) -> Self {
        let path = std::env::temp_dir().join(format!("soak-secret-{}", std::process::id()));
        std::fs::write(&path, secret).expect("a file for the secret");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("it is UTF-8")
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}
