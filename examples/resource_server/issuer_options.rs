//! The options of one issuer.

use std::fmt;
use std::path::PathBuf;

/// `--issuer`, with the option that says where its keys are.
#[derive(Debug)]
pub(crate) struct IssuerOptions {
    pub(crate) url: String,
    pub(crate) keys: IssuerKeys,
}

/// Where the keys of an issuer come from.
pub(crate) enum IssuerKeys {
    Discovery,
    Url(String),
    SecretFile(PathBuf),
    SecretDir(PathBuf),
}

impl IssuerKeys {
    pub(crate) fn are_secret(&self) -> bool {
        matches!(self, Self::SecretFile(_) | Self::SecretDir(_))
    }
}

/// Displays the options as they were given.
impl fmt::Display for IssuerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--issuer {}{:?}", self.url, self.keys)
    }
}

/// Displays the option that names the keys.
impl fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery => Ok(()),
            Self::Url(url) => write!(f, " --jwks-uri {url}"),
            Self::SecretDir(dir) => write!(f, " --hmac-secret-dir {}", dir.display()),
            Self::SecretFile(file) => write!(f, " --hmac-secret-file {}", file.display()),
        }
    }
}
