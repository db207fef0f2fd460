//! A service with what it depends on: one for each fault.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tokio::process::Child;
use tokio::sync::Mutex;
use tokio::time::sleep;
use tower_jwt_auth::testing::{Fault as IssuerFault, Rotation, TestIssuer, TestKey};
use tower_jwt_auth::{Algorithm, Secret};

use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::process::{Redis, operated};
use crate::traffic::{Attack, Clients};

/// How long short outages take: keys are stale after 6 s, and the alert fires 10 s later.
const SHORT: Duration = Duration::from_secs(24);

pub(crate) struct Site {
    pub(crate) fault: Fault,
    pub(crate) address: String,
    issuer: TestIssuer,
    endpoint: Option<Endpoint>,
    redis: Option<Mutex<Redis>>,
    secrets: Option<TempDir>,
    clients: Arc<Clients>,
    is_over: AtomicBool,
    _service: Child,
}

impl Site {
    /// Starts the service and its clients. Returns `None` if Redis is needed and not there.
    pub(crate) async fn start(fault: Fault, folder: &Path) -> Option<Self> {
        let issuer = TestIssuer::builder().max_age(Some(Duration::from_secs(6)));
        let issuer = issuer.start().await.expect("the issuer starts");
        let mut arguments = vec!["--issuer".to_owned(), issuer.issuer().to_owned()];
        let mut option = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        option("--audience", "https://api.example".to_owned());
        let redis = if fault.needs_redis() {
            Redis::start().await
        } else {
            None
        };
        if fault.needs_redis() && redis.is_none() && fault != Fault::Story {
            return None;
        }
        if let Some(redis) = &redis {
            option("--redis", redis.url());
        }
        let endpoint = if fault.needs_introspection() {
            Some(Endpoint::start().await)
        } else {
            None
        };
        if let Some(endpoint) = &endpoint {
            option("--introspection", endpoint.url.clone());
        }
        let secrets = fault.needs_secrets().then(secrets);
        if let Some((folder, _)) = &secrets {
            option("--secrets", folder.path().display().to_string());
        }
        let log = folder.join(format!("{}.log", fault.name()));
        let (service, address) = operated(&arguments, &log).await;
        let (secrets, secret) = secrets.unzip();
        let clients = Clients {
            fault,
            url: format!("http://{address}"),
            issuer: issuer.clone(),
            secret,
            attack: std::sync::Mutex::default(),
            has_opaque: endpoint.is_some(),
        };
        let clients = Arc::new(clients);
        Arc::clone(&clients).start();
        Some(Self {
            fault,
            address,
            issuer,
            endpoint,
            redis: redis.map(Mutex::new),
            secrets,
            clients,
            is_over: AtomicBool::new(false),
            _service: service,
        })
    }

    /// Returns the names that issuers have in the pictures.
    pub(crate) fn names(&self) -> Vec<(String, &'static str)> {
        if self.fault != Fault::Story {
            return Vec::new();
        }
        let mut names = vec![(self.issuer.issuer().to_owned(), "https://login.example.com")];
        if let Some(endpoint) = &self.endpoint {
            let origin = endpoint.url.trim_end_matches("/introspect").to_owned();
            names.push((origin, "https://partner.example.com"));
        }
        names
    }

    /// Begins the fault. Those that end by themselves have ended when this returns.
    pub(crate) async fn begin(&self) {
        match self.fault {
            Fault::Rotation => self.issuer.rotate(Rotation::Hard),
            Fault::Everyday => self.clients.attack(Attack::Everyday),
            Fault::ShortOutage => {
                self.issuer.stop().await;
                sleep(SHORT).await;
                self.end().await;
            }
            Fault::LongOutage => self.issuer.stop().await,
            Fault::Withdrawn => {
                self.issuer.set_fault(Some(IssuerFault::NoKeys));
                sleep(SHORT).await;
                self.end().await;
            }
            Fault::UnknownKeys => self.clients.attack(Attack::UnknownKeys),
            Fault::Forged => self.clients.attack(Attack::Forged),
            Fault::WrongAudience => self.clients.attack(Attack::WrongAudience),
            Fault::Replays => self.clients.attack(Attack::Replays),
            Fault::OldSecret => {
                let (path, days) = (self.secret("2"), Duration::from_secs(100 * 24 * 60 * 60));
                write_secret(&path, &secret());
                let file = std::fs::File::options().write(true).open(path);
                let changed = file.and_then(|file| file.set_modified(SystemTime::now() - days));
                changed.expect("the time of the file is changed");
            }
            Fault::UnreadableSecret => {
                std::fs::write(self.secret("2"), "\n").expect("a file is written");
            }
            Fault::RedisDown => self.stop_redis().await,
            Fault::IntrospectionDown => self.endpoint().set_fails(true),
            Fault::Story => self.story().await,
        }
    }

    /// Ends the fault.
    pub(crate) async fn end(&self) {
        if self.is_over.swap(true, Ordering::Relaxed) {
            return;
        }
        self.clients.attack(Attack::None);
        self.issuer.set_fault(None);
        self.issuer
            .restart()
            .await
            .expect("the issuer starts again");
        self.start_redis().await;
        if let Some(endpoint) = &self.endpoint {
            endpoint.set_fails(false);
        }
        match self.fault {
            Fault::OldSecret => write_secret(&self.secret("3"), &secret()),
            Fault::UnreadableSecret => {
                std::fs::remove_file(self.secret("2")).expect("the file is removed");
            }
            _ => {}
        }
    }

    /// What the pictures show, in about a minute.
    async fn story(&self) {
        let seconds = |seconds| sleep(Duration::from_secs(seconds));
        self.issuer.rotate(Rotation::Overlapping);
        write_secret(&self.secret("2"), &secret());
        self.clients.attack(Attack::Replays);
        seconds(5).await;
        self.clients.attack(Attack::None);
        self.issuer.stop().await;
        seconds(8).await;
        self.clients.attack(Attack::Forged);
        seconds(8).await;
        self.clients.attack(Attack::None);
        std::fs::write(self.secret("3"), "\n").expect("a file is written");
        seconds(24).await;
        self.issuer.retire_old_keys();
        self.issuer
            .restart()
            .await
            .expect("the issuer starts again");
        std::fs::remove_file(self.secret("3")).expect("the file is removed");
        seconds(5).await;
        self.clients.attack(Attack::UnknownKeys);
        self.endpoint().set_fails(true);
        seconds(5).await;
        self.endpoint().set_fails(false);
        self.clients.attack(Attack::None);
        self.stop_redis().await;
        seconds(8).await;
        self.start_redis().await;
    }

    async fn stop_redis(&self) {
        if let Some(redis) = &self.redis {
            redis.lock().await.stop().await;
        }
    }

    async fn start_redis(&self) {
        if let Some(redis) = &self.redis {
            let mut redis = redis.lock().await;
            if redis.is_stopped() {
                redis.resume().await;
            }
        }
    }

    fn endpoint(&self) -> &Endpoint {
        self.endpoint
            .as_ref()
            .expect("it has an introspection endpoint")
    }

    fn secret(&self, name: &str) -> PathBuf {
        self.secrets
            .as_ref()
            .expect("it has secrets")
            .path()
            .join(name)
    }
}

/// Makes a folder with one secret, and the key that signs with it.
fn secrets() -> (TempDir, TestKey) {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = secret();
    write_secret(&folder.path().join("1"), &secret);
    (
        folder,
        TestKey::from_secret(Algorithm::HS256, &secret).with_key_id("1"),
    )
}

fn secret() -> Secret {
    Secret::generate(Algorithm::HS256).expect("random bytes")
}

fn write_secret(path: &Path, secret: &Secret) {
    std::fs::write(path, secret.to_base64url().as_bytes()).expect("a secret is written");
}
