//! A protected service behind a proxy that is a process of its own.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::extract::ConnectInfo;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tower_jwt_auth::{CertificateHeader, ClientCertificates, TrustedProxies};

use crate::pki::Authority;
use crate::support::{tokio, wait_for};
use crate::{app, auth};

pub(crate) struct Proxied {
    /// Where the proxy is to listen.
    pub(crate) address: SocketAddr,
    /// Where the service listens.
    pub(crate) backend: SocketAddr,
    folder: TempDir,
}

impl Proxied {
    /// Starts the service, and writes the files of the proxy.
    pub(crate) async fn prepare(authority: &Authority, header: CertificateHeader) -> Self {
        let proxies = TrustedProxies::networks(["127.0.0.1"]).unwrap();
        let proxies = proxies.peer_from(|extensions| {
            let peer = extensions.get::<ConnectInfo<SocketAddr>>()?;
            Some(peer.0.into())
        });
        let app = app(auth(ClientCertificates::from_header(header, proxies)).unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let backend = listener.local_addr().unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });

        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let files = Self {
            address: free.local_addr().unwrap(),
            backend,
            folder: tempfile::tempdir().unwrap(),
        };
        let server = authority.server_tls().unwrap();
        let both = format!("{}{}", server.certificate, server.key);
        for (name, content) in [
            ("server.pem", server.certificate),
            ("server.key", server.key),
            ("server-and-key.pem", both),
            ("clients-ca.pem", authority.pem()),
        ] {
            files.file(name, &content);
        }
        files
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Replaces the paths and the address of the service in the settings of the guide.
    pub(crate) fn with_addresses(&self, settings: &str) -> String {
        let folder = self.folder.path().to_str().unwrap();
        let settings = settings.replace("/etc/tls", folder);
        settings.replace("127.0.0.1:8080", &self.backend.to_string())
    }

    /// Starts the proxy, which ends when the returned process is dropped.
    pub(crate) async fn run(&self, program: &Path, options: &[&str], paths: &[&Path]) -> Child {
        let arguments = options.iter().map(AsRef::<OsStr>::as_ref);
        let paths = paths.iter().map(|path| path.as_os_str());
        let mut command = Command::new(program);
        command.args(arguments.chain(paths)).kill_on_drop(true);
        let running = command.spawn().unwrap();
        let listening = async {
            while TcpStream::connect(self.address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        wait_for("the proxy", listening).await;
        running
    }
}
