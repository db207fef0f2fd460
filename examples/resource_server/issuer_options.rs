//! The options of one issuer.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::usage_error::UsageError;
use crate::values::without_newline;

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
    Secret {
        file: PathBuf,
        secret: Zeroizing<Vec<u8>>,
    },
    SecretDir(PathBuf),
}

impl IssuerKeys {
    pub(crate) fn are_secret(&self) -> bool {
        matches!(self, Self::Secret { .. } | Self::SecretDir(_))
    }

    pub(crate) fn read_secret(file: PathBuf) -> Result<Self, UsageError> {
        let unreadable =
            |error| UsageError::new(format!("--hmac-secret-file {}: {error}", file.display()));
        let mut secret = Zeroizing::new(std::fs::read(&file).map_err(unreadable)?);
        let len = without_newline(&secret).len();
        secret.truncate(len);
        Ok(Self::Secret { file, secret })
    }
}

/// Displays the options as they were given.
impl fmt::Display for IssuerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--issuer {}{:?}", self.url, self.keys)
    }
}

/// Displays the option that names the keys. Never displays a secret.
impl fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery => Ok(()),
            Self::Url(url) => write!(f, " --jwks-uri {url}"),
            Self::SecretDir(dir) => write!(f, " --hmac-secret-dir {}", dir.display()),
            Self::Secret { file, .. } => write!(f, " --hmac-secret-file {}", file.display()),
        }
    }
}
