//! A client's certificate in the header of a proxy.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{CertificateError, CertificateHeader, Thumbprint};
use crate::request::{RequestParts, TrustedProxies};
use crate::trace;

/// A header that counts in requests from these proxies only.
pub(super) struct ForwardedHeader {
    header: CertificateHeader,
    proxies: TrustedProxies,
    /// Whether the log says that the peer's address is not known.
    is_logged: AtomicBool,
}

impl ForwardedHeader {
    pub(super) const fn new(header: CertificateHeader, proxies: TrustedProxies) -> Self {
        Self {
            header,
            proxies,
            is_logged: AtomicBool::new(false),
        }
    }

    pub(super) const fn header(&self) -> &CertificateHeader {
        &self.header
    }

    pub(super) const fn proxies(&self) -> &TrustedProxies {
        &self.proxies
    }

    pub(super) fn thumbprint(
        &self,
        request: &RequestParts<'_>,
    ) -> Result<Option<Thumbprint>, CertificateError> {
        let headers = request.headers();
        if !self.header.is_in(headers) || !self.is_trusted(request) {
            return Ok(None);
        }
        self.header.thumbprint(headers).map_err(|flaw| {
            trace::certificate_header_rejected(self.header.as_str(), flaw.reason());
            flaw.into()
        })
    }

    fn is_trusted(&self, request: &RequestParts<'_>) -> bool {
        let header = self.header.as_str();
        match self.proxies.trusts(request) {
            Some(true) => return true,
            Some(false) => trace::certificate_header_ignored(header),
            // Relaxed: no other data depends on it.
            None if !self.is_logged.swap(true, Ordering::Relaxed) => {
                trace::peer_address_unknown(header);
            }
            None => {}
        }
        false
    }
}
