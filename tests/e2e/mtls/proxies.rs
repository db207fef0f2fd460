//! The settings of `docs/sender-constrained.md`, in the proxies themselves. Each test runs only if
//! an environment variable names the proxy's program: `NGINX_PROGRAM`, `HAPROXY_PROGRAM`,
//! `APACHE_PROGRAM` (with `APACHE_MODULES`, the directory of its modules).

use http::HeaderName;
use reqwest::StatusCode;
use tower_jwt_auth::CertificateHeader;

use crate::bound_to;
use crate::clients::{http_client, send};
use crate::pki::{Authority, Client};
use crate::proxied::{Proxied, block, program};
use crate::support::client_certificate::{ClientDer, percent_encoded};
use crate::support::tokio;

const X_CLIENT_CERT: HeaderName = HeaderName::from_static("x-client-cert");

/// Asserts what must hold behind every proxy. `forged` are the headers with which a client could
/// pretend to have the certificate `alice`.
async fn assert_binds(
    proxy: &Proxied,
    authority: &Authority,
    forged: impl Fn(&Client) -> Vec<(&'static str, String)>,
) {
    let alice = authority.client("alice").unwrap();
    let thief = authority.client("alice").unwrap();
    let token = bound_to(&alice);
    let status = async |client: Option<&Client>, headers: &[(&str, &str)]| {
        let client = http_client(authority, client);
        send(proxy.address, &client, &token, headers).await.status()
    };
    assert_eq!(status(Some(&alice), &[]).await, StatusCode::OK);
    for client in [Some(&thief), None] {
        assert_eq!(status(client, &[]).await, StatusCode::UNAUTHORIZED);
        for (name, value) in forged(&alice) {
            let once = [(name, &*value)];
            let twice = [once[0], once[0]];
            let dropped = [once[0], ("connection", name)];
            for headers in [&once[..], &twice, &dropped] {
                let status = status(client, headers).await;
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{headers:?}");
            }
        }
    }
    for (name, value) in forged(&thief) {
        let status = status(Some(&alice), &[(name, &value)]).await;
        assert_eq!(status, StatusCode::OK, "{name} is replaced");
    }
}

fn pem_in_one_line(client: &Client) -> String {
    client
        .certificate_pem
        .trim()
        .replace("\r\n", "\n")
        .replace('\n', " ")
}

fn escaped_pem(client: &Client) -> String {
    percent_encoded(&client.certificate_pem, "-._~")
}

#[tokio::test]
async fn nginx_sends_the_certificate_and_removes_a_forged_one() {
    let Some(nginx) = program("NGINX_PROGRAM") else {
        return;
    };
    let authority = Authority::new().unwrap();
    let header = CertificateHeader::escaped_pem(X_CLIENT_CERT);
    let proxy = Proxied::prepare(&authority, header).await;
    let config = proxy.with_addresses(&block("nginx", "nginx"));
    let config = config.replace("listen 443", &format!("listen {}", proxy.address));
    let config = format!(
        "daemon off;\nmaster_process off;\nerror_log stderr;\npid nginx.pid;\nevents {{}}\n\
         http {{\naccess_log off;\nclient_body_temp_path a;\nproxy_temp_path b;\n\
         fastcgi_temp_path c;\nuwsgi_temp_path d;\nscgi_temp_path e;\n{config}}}\n"
    );
    let path = proxy.file("nginx.conf", &config);
    let folder = path.parent().unwrap();
    let _running = proxy
        .run(
            &nginx,
            &["-e", "stderr", "-p"],
            &[folder, "-c".as_ref(), &path],
        )
        .await;
    assert_binds(&proxy, &authority, |client| {
        let value = escaped_pem(client);
        vec![("x-client-cert", value.clone()), ("x_client_cert", value)]
    })
    .await;
}

#[tokio::test]
async fn haproxy_sends_the_certificate_and_removes_a_forged_one() {
    let Some(haproxy) = program("HAPROXY_PROGRAM") else {
        return;
    };
    let authority = Authority::new().unwrap();
    let proxy = Proxied::prepare(&authority, CertificateHeader::client_cert()).await;
    let config = proxy.with_addresses(&block("haproxy", "HAProxy"));
    let config = config.replace("bind :443", &format!("bind {}", proxy.address));
    let timeouts = "timeout connect 9s\ntimeout client 9s\ntimeout server 9s";
    let path = proxy.file("haproxy.cfg", &format!("defaults\n{timeouts}\n\n{config}"));
    let _running = proxy.run(&haproxy, &["-f"], &[&path]).await;
    assert_binds(&proxy, &authority, |client| {
        let certificate = ClientDer(client.certificate.clone());
        let value = format!(":{}:", certificate.base64());
        vec![("client-cert", value.clone()), ("client_cert", value)]
    })
    .await;
}

#[tokio::test]
async fn apache_sends_the_certificate_and_removes_a_forged_one() {
    let (Some(apache), Some(modules)) = (program("APACHE_PROGRAM"), program("APACHE_MODULES"))
    else {
        return;
    };
    let authority = Authority::new().unwrap();
    let header = CertificateHeader::pem(X_CLIENT_CERT);
    let proxy = Proxied::prepare(&authority, header).await;
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
    let modules: String = names.map(load).concat();
    let (address, backend) = (proxy.address, proxy.backend);
    let config = proxy.with_addresses(&format!(
        "{modules}ServerName localhost\nListen {address}\nPidFile httpd.pid\nErrorLog /dev/stderr\n\
         DefaultRuntimeDir .\nSSLEngine on\nSSLCertificateFile /etc/tls/server.pem\n\
         SSLCertificateKeyFile /etc/tls/server.key\nProxyPass / http://{backend}/\n{}",
        block("apache", "Apache")
    ));
    let path = proxy.file("httpd.conf", &config);
    let folder = path.parent().unwrap();
    let arguments = [folder, "-f".as_ref(), &path];
    let _running = proxy.run(&apache, &["-X", "-d"], &arguments).await;
    assert_binds(&proxy, &authority, |client| {
        let value = pem_in_one_line(client);
        vec![("x-client-cert", value.clone()), ("x_client_cert", value)]
    })
    .await;
}
