//! What `Debug` shows of an issuer's configuration.

use std::fmt;

use super::Issuer;
use super::issuer::KeyOrigin;

/// Shows the constructor.
impl fmt::Debug for KeyOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discovery => f.write_str("discovery"),
            Self::Jwks(_) => f.write_str("jwks"),
            Self::Fixed(_) => f.write_str("from_keys"),
            Self::File(file) => file.fmt(f),
            Self::Source(source) => {
                let mut shown = f.debug_tuple("from_key_source");
                shown.field(&source.key_files()).finish()
            }
            Self::Introspection(origin) => {
                let mut shown = f.debug_tuple("introspection");
                shown.field(&origin.is_discovered());
                shown.field(origin.credentials()).finish()
            }
        }
    }
}

/// Shows the settings that are data. No URL, whose query may hold a secret, and no tenant.
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("name", &self.name)
            .field("audience", &self.audience)
            .field("keys", &self.keys)
            .field("secrets", &self.secrets.as_ref().map(Vec::len))
            .field("algorithms", &self.algorithms)
            .field("exceptions", &self.exceptions)
            .field("has_metadata_url", &self.metadata_url.is_some())
            .field("jwks_cache", &self.jwks_cache)
            .field("tenants", &self.tenants)
            .field("introspection", &self.introspection)
            .finish_non_exhaustive()
    }
}
