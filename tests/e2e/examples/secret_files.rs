//! The folder of secrets of the resource server, in its health and its log.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use tower_jwt_auth::{Algorithm, Secret};

use crate::harness::{AUDIENCE, Server, in_time};

const ISSUER: &str = "https://signers.example";

fn add(folder: &TempDir, name: &str, secret: &Secret) {
    fs::write(folder.path().join(name), &*secret.to_base64url()).unwrap();
}

fn generate() -> Secret {
    Secret::generate(Algorithm::HS256).unwrap()
}

/// Starts a server with a folder for each issuer.
async fn start(folders: &[&TempDir]) -> Server {
    let mut args = vec!["--audience".to_owned(), AUDIENCE.to_owned()];
    for (index, folder) in folders.iter().enumerate() {
        let dir = folder.path().to_str().unwrap();
        args.extend(["--issuer", &format!("{ISSUER}/{index}")].map(str::to_owned));
        args.extend(["--hmac-secret-dir", dir].map(str::to_owned));
    }
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    Server::resource_server(&args).await
}

/// Waits until the health has this status, and returns it.
async fn health_with(server: &Server, status: &str) -> Value {
    in_time(async {
        loop {
            let health = server.get("/healthz").await.json();
            if health["status"] == status {
                return health;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_the_first_scan_finds_is_logged_once() {
    let folder = tempfile::tempdir().unwrap();
    add(&folder, "one", &generate());
    let server = start(&[&folder]).await;
    // A second scan, whose line comes after all those of the first one.
    add(&folder, "two", &generate());
    server.send_signal("HUP").await;
    server.logged(r#"added=["two"]"#).await;
    let log = server.log();
    let (first, _) = log.split_once(r#"added=["two"]"#).unwrap();
    let lines = |text: &str| {
        let lines = text.lines();
        lines
            .filter(|line| line.contains("the files of keys have changed"))
            .count()
    };
    let until_second = first.rsplit_once('\n').map_or("", |(before, _)| before);
    assert_eq!(lines(until_second), 1, "{log}");
    assert_eq!(until_second.matches(r#"added=["one"]"#).count(), 1, "{log}");
}

#[tokio::test]
async fn the_health_is_degraded_while_a_file_of_the_folder_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    add(&folder, "one", &generate());
    let server = start(&[&folder]).await;
    health_with(&server, "ready").await;
    fs::write(folder.path().join("two"), "weak").unwrap();
    server.send_signal("HUP").await;
    let health = health_with(&server, "degraded").await;
    let error = health["issuers"][0]["files"]["last_error"]
        .as_str()
        .unwrap();
    let path = folder.path().join("two");
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    assert_eq!(health["issuers"][0]["serving"], true);
    fs::remove_file(path).unwrap();
    server.send_signal("HUP").await;
    health_with(&server, "ready").await;
}

#[tokio::test]
async fn the_server_is_not_ready_while_its_two_issuers_share_a_secret() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let secrets = [generate(), generate()];
    for (folder, secret) in folders.iter().zip(&secrets) {
        add(folder, "one", secret);
    }
    let server = start(&folders.each_ref()).await;
    health_with(&server, "ready").await;
    add(&folders[1], "two", &secrets[0]);
    server.send_signal("HUP").await;
    let health = health_with(&server, "not_ready").await;
    for issuer in health["issuers"].as_array().unwrap() {
        assert_eq!(issuer["serving"], false);
        let error = issuer["error"].as_str().unwrap();
        assert!(error.contains("must not share a secret"), "{error}");
        assert!(
            error.contains("/0\" (kid \"one\")") && error.contains("/1\" (kid \"two\")"),
            "{error}"
        );
    }
    server.logged("other_key_id=\"two\"").await;
    fs::remove_file(folders[1].path().join("two")).unwrap();
    server.send_signal("HUP").await;
    health_with(&server, "ready").await;
}
