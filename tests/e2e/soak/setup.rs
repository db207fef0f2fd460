//! The processes of a run: the server, its issuers, and the attacker's issuer.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestIssuer;

use crate::cases::{Cases, PARTNER};
use crate::generation::{Generation, SUBJECT};
use crate::http_client::Load;
use crate::oracle::Oracle;
use crate::provider::Issuer;
use crate::random::Random;
use crate::server::Server;
use crate::tally::Tally;

const AUDIENCE: &str = "https://api.example";

pub(crate) struct Setup {
    pub(crate) server: Server,
    /// An issuer that never fails.
    pub(crate) steady: TestIssuer,
    /// An issuer that the server must not fetch from.
    pub(crate) attacker: TestIssuer,
    /// The issuer in trouble. It is not running yet.
    pub(crate) issuer: Issuer,
    pub(crate) load: Arc<Load>,
    pub(crate) file: SecretFile,
}

impl Setup {
    pub(crate) async fn start(random: &mut Random) -> Self {
        let secret = format!("{:016x}{:016x}", random.next(), random.next());
        let file = SecretFile::new(&secret);
        let steady = TestIssuer::builder().max_age(Some(Duration::from_secs(60)));
        let steady = steady.start().await.expect("an issuer on loopback");
        let attacker = TestIssuer::start().await.expect("an issuer on loopback");
        let issuer = Issuer::new(free_port());
        let server = start_server(&issuer, &steady, &file, &secret).await;

        let key = attacker.key(Algorithm::ES256).expect("its key");
        let cases = Cases::new(&issuer.name(), &key, &steady, &secret);
        let (oracle, tally) = (Mutex::new(Oracle::new()), Mutex::new(Tally::default()));
        let load = Arc::new(Load {
            server: server.address,
            cases,
            oracle,
            tally,
            over: AtomicBool::new(false),
        });
        let first = Generation::generate(0, issuer.name(), key, attacker.issuer().to_owned()).await;
        load.oracle().publish(Arc::new(first));
        Self {
            server,
            steady,
            attacker,
            issuer,
            load,
            file,
        }
    }
}

async fn start_server(
    issuer: &Issuer,
    steady: &TestIssuer,
    file: &SecretFile,
    secret: &str,
) -> Server {
    let (name, jwks_uri) = (issuer.name(), steady.jwks_uri());
    let of_steady = ["--issuer", steady.issuer(), "--jwks-uri", &jwks_uri];
    let of_partner = [
        "--issuer",
        PARTNER,
        "--hmac-secret-file",
        file.path(),
        "--audience",
        AUDIENCE,
    ];
    let args = [&["--issuer", &*name][..], &of_steady, &of_partner].concat();
    let forbidden = ["eyJ", SUBJECT, secret].map(ToOwned::to_owned).to_vec();
    Server::start(&args, forbidden).await
}

/// Returns a free port below those that systems give to clients, so that no other process gets it
/// while the issuer is down. It does not depend on the seed, which another run may have, too.
fn free_port() -> SocketAddr {
    let first = std::process::id() % 10_000;
    let ports =
        (0..10_000).filter_map(|offset| u16::try_from(20_000 + (first + offset) % 10_000).ok());
    let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// A file that is removed when this is dropped.
pub(crate) struct SecretFile(PathBuf);

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
