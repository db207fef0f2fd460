//! Tokens that are bound to the client's certificate.

use serde::{Deserialize, Serialize};

use super::location::{invalid, is_required};
use super::proxies::ProxiesConfig;
use super::token_source::header_name;
use crate::{CertificateHeader, ClientCertificates, ConfigError};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MtlsConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<HeaderConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_proxies: Option<ProxiesConfig>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderConfig {
    form: Form,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// The constructors of [`CertificateHeader`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    ClientCert,
    Envoy,
    EnvoyFirst,
    EnvoyLast,
    EscapedPem,
    IngressNginx,
    AwsAlb,
    Pem,
    Traefik,
    Base64Der,
}

impl MtlsConfig {
    pub(super) fn certificates(self, path: &str) -> Result<ClientCertificates, ConfigError> {
        let required = is_required(self.required, path)?;
        let certificates = match (self.header, self.trusted_proxies) {
            (None, None) => ClientCertificates::from_connection(),
            (Some(header), Some(proxies)) => ClientCertificates::from_header(
                header.header(&format!("{path}.header"))?,
                proxies.proxies(&format!("{path}.trusted_proxies"))?,
            ),
            (Some(_), None) => {
                let problem = "is missing: header needs the proxies that set it";
                return Err(invalid(&format!("{path}.trusted_proxies"), problem));
            }
            (None, Some(_)) => {
                let problem = "is missing: trusted_proxies needs the header that they set";
                return Err(invalid(&format!("{path}.header"), problem));
            }
        };
        Ok(if required {
            certificates.required()
        } else {
            certificates
        })
    }
}

impl HeaderConfig {
    fn header(self, path: &str) -> Result<CertificateHeader, ConfigError> {
        let path = format!("{path}.name");
        let name = self
            .name
            .map(|name| header_name(&name, &path))
            .transpose()?;
        let named = |make: fn(http::HeaderName) -> CertificateHeader| {
            let name = name.clone();
            let name = name.ok_or_else(|| invalid(&path, "is missing: this form has no default"));
            Ok(make(name?))
        };
        let header = match self.form {
            Form::EscapedPem => return named(CertificateHeader::escaped_pem),
            Form::Pem => return named(CertificateHeader::pem),
            Form::Base64Der => return named(CertificateHeader::base64_der),
            Form::ClientCert => CertificateHeader::client_cert(),
            Form::Envoy => CertificateHeader::envoy(),
            Form::EnvoyFirst => CertificateHeader::envoy_first(),
            Form::EnvoyLast => CertificateHeader::envoy_last(),
            Form::IngressNginx => CertificateHeader::ingress_nginx(),
            Form::AwsAlb => CertificateHeader::aws_alb(),
            Form::Traefik => CertificateHeader::traefik(),
        };
        Ok(match name {
            Some(name) => header.name(name),
            None => header,
        })
    }
}
