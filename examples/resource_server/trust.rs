//! From the options to the layer.

use std::error::Error;

use tower_jwt_auth::{
    Algorithm, Audience, ConfigError, Issuer, JwtAuthBuilder, JwtAuthLayer, Key, KeySet,
};

use crate::mistake::Mistake;
use crate::options::{IssuerOptions, KeysFrom, Options};

impl Options {
    /// The layer that checks tokens as asked for. Fetches nothing yet.
    pub(crate) fn layer(&self) -> Result<JwtAuthLayer, Mistake> {
        let mut issuers = self
            .issuers
            .iter()
            .map(|options| self.checked_issuer(options));
        let first = issuers
            .next()
            .ok_or_else(|| Mistake::new("--issuer is missing"))??;
        let mut builder = JwtAuthLayer::builder(first);
        for issuer in issuers {
            builder = builder.add_issuer(issuer?);
        }
        self.set(builder)
            .build()
            .map_err(|error| Mistake::new(in_full(&error)))
    }

    fn set(&self, mut builder: JwtAuthBuilder) -> JwtAuthBuilder {
        if let Some(leeway) = self.leeway {
            builder = builder.leeway(leeway);
        }
        match &self.token_type {
            None => builder,
            Some(typ) if is_access_token(typ) => builder.access_tokens_only(),
            Some(typ) => builder.token_types([typ]),
        }
    }

    /// Builds a layer of this issuer alone first, so that what is wrong with it can be told from the others.
    fn checked_issuer(&self, options: &IssuerOptions) -> Result<Issuer, Mistake> {
        if self.audiences.is_empty() {
            let message = format!("--issuer {} without --audience", options.url);
            return Err(Mistake::new(message));
        }
        let issuer = || self.issuer(options, self.audiences.iter().collect());
        let alone =
            issuer().and_then(|issuer| JwtAuthLayer::builder(issuer).claims::<()>().build());
        alone
            .and_then(|_| issuer())
            .map_err(|error| Mistake::new(format!("{options}: {}", in_full(&error))))
    }

    fn issuer(&self, options: &IssuerOptions, audience: Audience) -> Result<Issuer, ConfigError> {
        let url = options.url.as_str();
        Ok(match &options.keys {
            KeysFrom::Discovery => self.restricted(Issuer::discovery(url, audience)),
            KeysFrom::Url(jwks_uri) => self.restricted(Issuer::jwks(url, jwks_uri, audience)),
            KeysFrom::Secret { secret, .. } => {
                Issuer::from_keys(url, self.secret_keys(secret)?, audience)
            }
        })
    }

    /// For an issuer with public keys. HMAC algorithms are for the others; where nothing remains, the crate says why.
    fn restricted(&self, issuer: Issuer) -> Issuer {
        let (hmac, public): (Vec<_>, Vec<_>) = self
            .algorithms
            .iter()
            .partition(|algorithm| algorithm.is_symmetric());
        match (public.is_empty(), hmac.is_empty()) {
            (true, true) => issuer,
            (true, false) => issuer.algorithms(hmac),
            (false, _) => issuer.algorithms(public),
        }
    }

    /// A key for each HMAC algorithm that was named: a secret belongs to one of them, which the file can't tell.
    fn secret_keys(&self, secret: &[u8]) -> Result<KeySet, ConfigError> {
        let named: Vec<_> = self
            .algorithms
            .iter()
            .copied()
            .filter(|algorithm| algorithm.is_symmetric())
            .collect();
        let algorithms = if named.is_empty() {
            vec![Algorithm::HS256]
        } else {
            named
        };
        algorithms
            .into_iter()
            .map(|algorithm| Key::from_secret(algorithm, secret))
            .collect()
    }
}

/// RFC 9068 §2.1 and RFC 7515 §4.1.9: without case, and `application/` may be left out.
fn is_access_token(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.as_str(), "at+jwt" | "application/at+jwt")
}

/// An error and its causes.
pub(crate) fn in_full(error: &ConfigError) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn Error| (**cause).source());
    causes.fold(error.to_string(), |message, cause| {
        format!("{message}: {cause}")
    })
}
