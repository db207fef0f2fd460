//! An authority, and the certificates that it issues.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::Result;
use crate::server_tls::ServerTls;

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its private key.
pub(crate) struct Client {
    /// In DER.
    pub(crate) certificate: Vec<u8>,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
}

impl Authority {
    pub(crate) fn new() -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self(issuer))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Returns the certificate of a client.
    pub(crate) fn client(&self, name: &str) -> Result<Client> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        self.issue(&params)
    }

    /// Returns the settings of a server on this machine that asks for certificates of this
    /// authority.
    pub(crate) fn server_tls(&self) -> Result<ServerTls> {
        let server = self.issue(&CertificateParams::new(["localhost".to_owned()])?)?;
        Ok(ServerTls {
            authority: self.pem(),
            certificate: server.certificate_pem,
            key: server.key_pem,
        })
    }

    fn issue(&self, params: &CertificateParams) -> Result<Client> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok(Client {
            certificate: certificate.der().to_vec(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}
