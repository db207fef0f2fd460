//! Who takes part: the server, and the issuers that it trusts.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_jwt_auth::Algorithm;
use tower_jwt_auth::testing::TestIssuer;

use crate::book::Book;
use crate::client::Range;
use crate::forge::{Forge, PARTNER};
use crate::generation::{Generation, SUBJECT};
use crate::provider::Issuer;
use crate::random::Random;
use crate::server::Server;
use crate::tally::Tally;

const AUDIENCE: &str = "https://api.example";

pub(crate) struct Scene {
    pub(crate) server: Server,
    /// An issuer that never fails.
    pub(crate) steady: TestIssuer,
    /// One whom no one may ask.
    pub(crate) enemy: TestIssuer,
    /// The one in trouble. It is not running yet.
    pub(crate) issuer: Issuer,
    pub(crate) range: Arc<Range>,
    pub(crate) file: SecretFile,
}

impl Scene {
    pub(crate) async fn set(random: &mut Random) -> Self {
        let secret = format!("{:016x}{:016x}", random.next(), random.next());
        let file = SecretFile::new(&secret);
        let steady = TestIssuer::builder().max_age(Some(Duration::from_secs(60)));
        let steady = steady.start().await.expect("an issuer on loopback");
        let enemy = TestIssuer::start().await.expect("an issuer on loopback");
        let issuer = Issuer::new(free_port());
        let server = start_server(&issuer, &steady, &file, &secret).await;

        let key = enemy.key(Algorithm::ES256).expect("its key");
        let forge = Forge::new(&issuer.name(), &key, &steady, &secret);
        let (book, tally) = (Mutex::new(Book::new()), Mutex::new(Tally::default()));
        let range = Arc::new(Range {
            server: server.address,
            forge,
            book,
            tally,
            over: AtomicBool::new(false),
        });
        let first = Generation::make(0, issuer.name(), key, enemy.issuer().to_owned()).await;
        range.book().publish(Arc::new(first));
        Self {
            server,
            steady,
            enemy,
            issuer,
            range,
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

/// Below the ports that systems give to clients: no one may get it while the issuer is down. Not by
/// the seed, which another run may have too.
fn free_port() -> SocketAddr {
    let first = std::process::id() % 10_000;
    let ports =
        (0..10_000).filter_map(|offset| u16::try_from(20_000 + (first + offset) % 10_000).ok());
    let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// A file that is gone after the run.
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
