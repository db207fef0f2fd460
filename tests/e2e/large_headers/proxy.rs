//! Proxies as processes, before a server whose limits are higher than theirs. Each runs only if an
//! environment variable names its program.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::support::{tokio, wait_for};
use crate::{is_run, server};

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

/// Returns `None` if nginx is not there.
pub(crate) async fn nginx(http2: bool, setting: &str) -> Option<Proxy> {
    let http2 = if http2 { " http2" } else { "" };
    start("NGINX_PROGRAM", "nginx.conf", |address, backend| {
        format!(
            "daemon off;\nmaster_process off;\nerror_log stderr;\npid nginx.pid;\nevents {{}}\n\
             http {{\naccess_log off;\nclient_body_temp_path a;\nproxy_temp_path b;\n\
             fastcgi_temp_path c;\nuwsgi_temp_path d;\nscgi_temp_path e;\n\
             server {{\nlisten {address}{http2};\n{setting}\n\
             location / {{ proxy_pass http://{backend}; }}\n}}\n}}\n"
        )
    })
    .await
}

/// Returns `None` if `HAProxy` is not there.
pub(crate) async fn haproxy(http2: bool, global: &str) -> Option<Proxy> {
    let http2 = if http2 { " proto h2" } else { "" };
    start("HAPROXY_PROGRAM", "haproxy.cfg", |address, backend| {
        format!(
            "{global}defaults\nmode http\ntimeout connect 9s\ntimeout client 9s\n\
             timeout server 9s\nlisten all\nbind {address}{http2}\nserver one {backend}\n"
        )
    })
    .await
}

/// Starts a proxy with the settings that `settings` makes of its address and that of the service.
async fn start(
    variable: &str,
    file: &str,
    settings: impl Fn(SocketAddr, SocketAddr) -> String,
) -> Option<Proxy> {
    let program = std::env::var_os(variable)?;
    if !is_run() {
        return None;
    }
    let backend = server::axum().await;
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, settings(address, backend)).unwrap();
    let process = run(&program, folder.path(), &path);
    let listening = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait_for("the proxy", listening).await;
    Some(Proxy {
        address,
        _process: process,
        _folder: folder,
    })
}

/// Runs the program, which ends when the returned process is dropped.
fn run(program: &OsStr, folder: &Path, settings: &Path) -> Child {
    let mut command = Command::new(program);
    if settings.extension() == Some("conf".as_ref()) {
        command.args(["-e", "stderr", "-p"]).arg(folder).arg("-c");
    } else {
        command.arg("-f");
    }
    command.arg(settings).kill_on_drop(true).spawn().unwrap()
}
