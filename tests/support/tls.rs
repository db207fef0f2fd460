//! An issuer with TLS on loopback, its certificate authority, and certificates of clients.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tower_jwt_auth::testing::TestKey;

use crate::support::tokio;

/// A certificate authority, and a folder for its files.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Returns the path of the certificate of the authority.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.file("ca.crt", &self.issuer.pem())
    }

    /// Returns the path of a certificate and its private key.
    pub(crate) fn identity(&self) -> PathBuf {
        let (certificate, key) = self.issue(Served::Valid);
        self.file(
            "identity.pem",
            &format!("{}{}", certificate.pem(), key.serialize_pem()),
        )
    }

    fn issue(&self, served: Served) -> (rcgen::Certificate, KeyPair) {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        match served {
            Served::Valid => {}
            Served::OfAnotherName => {
                params = CertificateParams::new(["other.example".to_owned()]).unwrap();
            }
            Served::Expired => params.not_after = rcgen::date_time_ymd(2000, 1, 1),
            Served::NotYetValid => params.not_before = rcgen::date_time_ymd(3000, 1, 1),
            Served::Authority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        }
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        Arc::new(roots)
    }
}

/// A request that has arrived.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
}

/// An issuer that publishes one key, with metadata. Stops with the runtime.
pub(crate) struct TlsIssuer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

/// How the server speaks TLS.
#[derive(Default)]
pub(crate) struct Tls {
    /// The protocols that it offers, in ALPN.
    pub(crate) protocols: Vec<Vec<u8>>,
    pub(crate) needs_client_certificate: bool,
    pub(crate) certificate: Served,
}

/// The certificate of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Served {
    #[default]
    Valid,
    OfAnotherName,
    Expired,
    NotYetValid,
    /// One that may sign others.
    Authority,
}

impl TlsIssuer {
    pub(crate) async fn start(authority: &Authority, key: &TestKey, tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
        };
        let acceptor = TlsAcceptor::from(Arc::new(config(authority, tls)));
        let pages = Pages {
            name: issuer.name(),
            key: key.clone(),
            received: Arc::clone(&issuer.received),
        };
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, pages) = (acceptor.clone(), pages.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends the connection.
                    let Ok(stream) = acceptor.accept(socket).await else {
                        return;
                    };
                    let service = tower::service_fn(move |request| {
                        let response = pages.answer(&request);
                        async { Ok::<_, std::convert::Infallible>(response) }
                    });
                    let service = TowerToHyperService::new(service);
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        issuer
    }

    pub(crate) fn name(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) fn jwks_uri(&self) -> String {
        format!("{}/jwks", self.name())
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn config(authority: &Authority, tls: Tls) -> ServerConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if tls.needs_client_certificate {
        let verifier = WebPkiClientVerifier::builder_with_provider(authority.roots(), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let (certificate, key) = authority.issue(tls.certificate);
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let mut config = builder.with_single_cert(chain, key).unwrap();
    config.alpn_protocols = tls.protocols;
    config
}

#[derive(Clone)]
struct Pages {
    name: String,
    key: TestKey,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Pages {
    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        self.received.lock().unwrap().push(Received {
            version: request.version(),
            headers: request.headers().clone(),
        });
        let page = if request.uri().path() == "/jwks" {
            json!({"keys": [self.key.jwk()]})
        } else {
            json!({"issuer": self.name, "jwks_uri": format!("{}/jwks", self.name)})
        };
        Response::new(Full::from(page.to_string()))
    }
}

/// Returns a path where nothing is.
pub(crate) fn nowhere() -> &'static Path {
    Path::new("/nonexistent")
}
