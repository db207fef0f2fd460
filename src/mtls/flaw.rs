//! Why the certificate of a request can't be read.

/// Why the certificate of a request can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateError {
    /// The header is not one of its form: 401 `invalid_token`.
    Invalid,
    /// The header, or a certificate in it, is repeated (RFC 9440 §2.2): 400 `invalid_request`.
    Repeated,
}

/// A [`CertificateError`] with the reason, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Invalid(&'static str),
    Repeated,
}

impl Flaw {
    /// Returns what is wrong. Nothing of the request is in it.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Invalid(reason) => reason,
            Self::Repeated => "there is more than one, or a list",
        }
    }
}

impl From<Flaw> for CertificateError {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Invalid(_) => Self::Invalid,
            Flaw::Repeated => Self::Repeated,
        }
    }
}
