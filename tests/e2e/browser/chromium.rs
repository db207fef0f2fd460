//! Chromium without a window.

use std::ffi::OsStr;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::support::{tokio, wait_for};

const OPTIONS: [&str; 9] = [
    "--headless=new",
    // Root can't use the sandbox. The page is that of the test.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    // `/dev/shm` is small in containers.
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Opens a page until the future is ready, and returns its output.
///
/// # Panics
///
/// If Chromium ends before.
pub(crate) async fn open<F: Future>(program: &OsStr, url: &str, until: F) -> F::Output {
    let folder = tempfile::tempdir().unwrap();
    let mut process = spawn(program, url, folder.path());
    let mut stderr = process.stderr.take().unwrap();
    // Ready when all of Chromium's processes have ended: they share stderr.
    let mut end = pin!(async {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).await.unwrap();
        String::from_utf8_lossy(&log).into_owned()
    });
    let output = tokio::select! {
        output = wait_for("the page in Chromium", until) => output,
        log = &mut end => panic!("Chromium has ended: {log}"),
    };
    process.kill().await.unwrap();
    // After that, nothing is written to the folder.
    wait_for("the end of Chromium", end).await;
    output
}

/// Starts Chromium, which writes to this folder only.
fn spawn(program: &OsStr, url: &str, folder: &Path) -> Child {
    let mut command = Command::new(program);
    command
        .args(OPTIONS)
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(url)
        .envs([("HOME", folder), ("TMPDIR", folder)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().unwrap()
}
