//! Proxies as processes, with the settings of the guide, one part of which may be replaced.

use std::net::SocketAddr;
use std::path::PathBuf;

use http::HeaderName;
use tokio::process::Child;
use tower_jwt_auth::CertificateHeader;

use crate::pki::Authority;
use crate::proxied::Proxied;
use crate::support::tokio;

const X_CLIENT_CERT: HeaderName = HeaderName::from_static("x-client-cert");

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    _process: Child,
    _files: Proxied,
}

impl Proxy {
    const fn new(files: Proxied, process: Child) -> Self {
        Self {
            address: files.address,
            _process: process,
            _files: files,
        }
    }
}

/// Returns `None` if nginx is not there.
pub(crate) async fn nginx(authority: &Authority, change: (&str, &str)) -> Option<Proxy> {
    let program = program("NGINX_PROGRAM")?;
    let header = CertificateHeader::escaped_pem(X_CLIENT_CERT);
    let files = Proxied::prepare(authority, header).await;
    let settings = files.with_addresses(&block("nginx", "nginx", change));
    let settings = settings.replace("listen 443", &format!("listen {}", files.address));
    let path = files.file(
        "nginx.conf",
        &format!(
            "daemon off;\nmaster_process off;\nerror_log stderr;\npid nginx.pid;\nevents {{}}\n\
             http {{\naccess_log off;\nclient_body_temp_path a;\nproxy_temp_path b;\n\
             fastcgi_temp_path c;\nuwsgi_temp_path d;\nscgi_temp_path e;\n{settings}}}\n"
        ),
    );
    let arguments = [path.parent()?, "-c".as_ref(), &path];
    let process = files
        .run(&program, &["-e", "stderr", "-p"], &arguments)
        .await;
    Some(Proxy::new(files, process))
}

/// Returns `None` if `HAProxy` is not there.
pub(crate) async fn haproxy(authority: &Authority, change: (&str, &str)) -> Option<Proxy> {
    let program = program("HAPROXY_PROGRAM")?;
    let files = Proxied::prepare(authority, CertificateHeader::client_cert()).await;
    let settings = files.with_addresses(&block("haproxy", "HAProxy", change));
    let settings = settings.replace("bind :443", &format!("bind {}", files.address));
    let timeouts = "timeout connect 9s\ntimeout client 9s\ntimeout server 9s";
    let path = files.file(
        "haproxy.cfg",
        &format!("defaults\n{timeouts}\n\n{settings}"),
    );
    let process = files.run(&program, &["-f"], &[&path]).await;
    Some(Proxy::new(files, process))
}

/// Returns `None` if Apache is not there.
pub(crate) async fn apache(authority: &Authority, change: (&str, &str)) -> Option<Proxy> {
    let (program, modules) = (program("APACHE_PROGRAM")?, program("APACHE_MODULES")?);
    let files = Proxied::prepare(authority, CertificateHeader::pem(X_CLIENT_CERT)).await;
    let names = [
        "mpm_event",
        "authz_core",
        "headers",
        "proxy",
        "proxy_http",
        "ssl",
    ];
    let load = |name| {
        format!(
            "LoadModule {name}_module {}/mod_{name}.so\n",
            modules.display()
        )
    };
    let settings = files.with_addresses(&format!(
        "{}ServerName localhost\nListen {}\nPidFile httpd.pid\nErrorLog /dev/stderr\n\
         DefaultRuntimeDir .\nSSLEngine on\nSSLCertificateFile /etc/tls/server.pem\n\
         SSLCertificateKeyFile /etc/tls/server.key\nProxyPass / http://{}/\n{}",
        names.map(load).concat(),
        files.address,
        files.backend,
        block("apache", "Apache", change)
    ));
    let path = files.file("httpd.conf", &settings);
    let arguments = [path.parent()?, "-f".as_ref(), &path];
    // One process, which ends at once.
    let process = files.run(&program, &["-X", "-d"], &arguments).await;
    Some(Proxy::new(files, process))
}

/// Returns the path of a program or directory that an environment variable names.
fn program(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// Returns the first code block of a language in a section of the guide, with this change.
fn block(language: &str, section: &str, (from, to): (&str, &str)) -> String {
    let guide = include_str!("../../../docs/sender-constrained.md");
    let (_, section) = guide.split_once(&format!("\n### {section}\n")).unwrap();
    let (_, block) = section.split_once(&format!("\n```{language}\n")).unwrap();
    let (block, _) = block.split_once("```\n").unwrap();
    assert!(block.contains(from), "{from} in {block}");
    if from.is_empty() {
        block.to_owned()
    } else {
        block.replace(from, to)
    }
}
