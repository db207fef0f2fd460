//! A service whose secrets are in a folder, under a paused clock.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{
    Algorithm, Authenticator, Claims, Error, ErrorKind, Issuer, IssuerHealth, KeySource, KeysEvent,
    Secret, SecretEncoding, SecretFiles, SecretFilesBuilder, TokenCacheSettings,
};

use crate::files::{Folder, random};
use crate::support::tokio;
use crate::support::{AUDIENCE, ISSUER};

/// Longer than the interval and the confirmation that a file is absent.
const SCAN: Duration = Duration::from_secs(12);

/// A folder with secrets, and what uses them.
pub(super) struct Site {
    pub(super) folder: Folder,
    pub(super) files: SecretFiles,
    pub(super) authenticator: Authenticator,
    pub(super) events: Arc<Mutex<Vec<String>>>,
}

pub(super) fn watch(folder: impl Into<PathBuf>) -> SecretFilesBuilder {
    SecretFiles::watch(folder, Algorithm::HS256).encoding(SecretEncoding::Base64url)
}

/// Returns an authenticator with a token cache, and the events of the issuer.
pub(super) fn service(source: impl KeySource) -> (Authenticator, Arc<Mutex<Vec<String>>>) {
    let events = Arc::<Mutex<Vec<String>>>::default();
    let recorded = Arc::clone(&events);
    let issuer =
        Issuer::from_key_source(ISSUER, source, AUDIENCE).on_event(move |issuer, event| {
            assert_eq!(issuer, ISSUER);
            recorded.lock().unwrap().push(text(event));
        });
    let builder = Authenticator::builder(issuer).token_cache(TokenCacheSettings::default());
    (builder.build_authenticator().unwrap(), events)
}

/// Returns an event in short.
fn text(event: &KeysEvent<'_>) -> String {
    match event {
        KeysEvent::FilesChanged {
            keys,
            added,
            removed,
            ..
        } => {
            let ids: Vec<_> = keys.keys().filter_map(|key| key.key_id()).collect();
            format!(
                "{} +{} -{}",
                ids.join(","),
                added.join(","),
                removed.join(",")
            )
        }
        KeysEvent::FilesFailed {
            error, failures, ..
        } => format!("failed {failures}: {error}"),
        KeysEvent::FilesRecovered { failures, .. } => format!("recovered {failures}"),
        KeysEvent::SecretOld { key_id, age, .. } => format!("old {key_id}: {}", age.as_secs()),
        KeysEvent::SecretRepeated { key_id, other, .. } => format!("{key_id} is {other}"),
        KeysEvent::SecretMayBeEncoded {
            key_id,
            path,
            encoding,
            ..
        } => {
            let name = path.file_name().unwrap().to_string_lossy();
            format!("{encoding} {}: {name}", key_id.unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}

/// Returns a token with a `kid`, or without one if it is empty.
pub(super) fn token(secret: &Secret, kid: &str) -> String {
    let key = TestKey::from_secret(Algorithm::HS256, secret).with_key_id(kid);
    let token = key.token().issuer(ISSUER).audience(AUDIENCE);
    let token = match kid {
        "" => token.without_header("kid"),
        _ => token,
    };
    token.sign()
}

impl Site {
    /// Starts a service with some secrets, and returns them.
    pub(super) fn start<const N: usize>(names: [&str; N]) -> (Self, [Secret; N]) {
        let folder = Folder::new();
        let secrets = names.map(|name| add(&folder, name));
        let files = watch(folder.path()).build().unwrap();
        let (authenticator, events) = service(files.clone());
        let site = Self {
            folder,
            files,
            authenticator,
            events,
        };
        (site, secrets)
    }

    pub(super) fn add(&self, name: &str) -> Secret {
        add(&self.folder, name)
    }

    pub(super) fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.join(name)).unwrap();
    }

    pub(super) async fn send(&self, token: &str) -> Result<(), ErrorKind> {
        let claims: Result<Claims, Error> = self.authenticator.authenticate(token).await;
        claims.map(drop).map_err(|error| error.kind())
    }

    /// Sends a token of a secret with this `kid`.
    pub(super) async fn verifies(&self, secret: &Secret, kid: &str) -> bool {
        self.send(&token(secret, kid)).await.is_ok()
    }

    pub(super) fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    pub(super) fn health(&self) -> IssuerHealth {
        self.authenticator.health().remove(0)
    }
}

/// Writes a new secret into a folder.
pub(super) fn add(folder: &Folder, name: &str) -> Secret {
    let secret = random();
    folder.write(name, format!("{}\n", &*secret.to_base64url()));
    secret
}

/// Waits for the next scan.
pub(super) async fn next_scan() {
    tokio::time::sleep(SCAN).await;
}
