//! From data to the builder and the layer.

use super::JwtAuthConfig;
use super::issuer::IssuerConfig;
use super::location::{At as _, invalid, only_one};
use super::resource::ResourceConfig;
use super::set::{set, set_times, turn_on};
use super::settings::Settings;
use crate::{ConfigError, Issuer, JwtAuthBuilder, JwtAuthLayer};

impl JwtAuthConfig {
    /// Returns a builder with these settings. On it, set what data can't express: the claims type,
    /// checks, [`Revocations`](crate::Revocations), the response to rejected requests. Reads the
    /// files of secrets and keys, and fetches nothing.
    ///
    /// # Errors
    ///
    /// If a setting can't be used, with its path: `issuers[1].secrets.dir: …`. What depends on
    /// several settings is checked by [`JwtAuthBuilder::build`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{ConfigError, JwtAuthConfig, JwtAuthLayer, Revocations};
    ///
    /// fn layer(config: JwtAuthConfig, list: &Revocations) -> Result<JwtAuthLayer, ConfigError> {
    ///     config.into_builder()?.revocations(list).build()
    /// }
    /// ```
    pub fn into_builder(self) -> Result<JwtAuthBuilder, ConfigError> {
        let mut settings = self.settings;
        settings
            .secret
            .reject("", "secret, secrets, key, keys, password, token or value")?;
        let has_resource = settings.resource.is_some();
        let issuers = std::mem::take(&mut settings.issuers)
            .into_iter()
            .enumerate();
        let mut issuers = issuers
            .map(|(index, issuer)| issuer.issuer(&format!("issuers[{index}]"), has_resource));
        let first = issuers.next();
        let first = first.ok_or_else(|| invalid("issuers", "is empty: must have an issuer"))??;
        let mut builder = JwtAuthLayer::builder(first);
        for issuer in issuers {
            builder = builder.add_issuer(issuer?);
        }
        settings.apply_to(builder)
    }

    /// Returns a layer with these settings. Fetches nothing yet: the first request does, or
    /// [`Authenticator::prefetch`](crate::Authenticator::prefetch).
    ///
    /// # Errors
    ///
    /// As [`into_builder`](Self::into_builder) and [`JwtAuthBuilder::build`], with the path of the
    /// issuer if the error is that of one issuer.
    pub fn build(self) -> Result<JwtAuthLayer, ConfigError> {
        let (issuers, resource) = (
            self.settings.issuers.clone(),
            self.settings.resource.clone(),
        );
        let built = self.into_builder()?.build();
        built.map_err(|error| of_one_issuer(issuers, resource.as_ref()).unwrap_or(error))
    }
}

impl Settings {
    fn apply_to(mut self, builder: JwtAuthBuilder) -> Result<JwtAuthBuilder, ConfigError> {
        set_times!(
            builder,
            self,
            leeway,
            max_lifetime,
            check_timeout,
            offload_timeout
        );
        set!(builder, self, max_token_len, max_members);
        set!(builder, self, allow_missing_token_type, reject_replays);
        turn_on!(builder, self, allow_padding, access_tokens_only);
        let builder = match self.token_types.take() {
            Some(types) => builder.token_types(types),
            None => builder,
        };
        let builder = builder
            .require_scopes(&self.require_scopes)
            .offload(self.offload.iter().map(|name| name.0));
        let implied = self.implied_scopes.iter();
        let builder = implied.fold(builder, |builder, (scope, implied)| {
            builder.add_implied_scopes(scope, implied)
        });
        let mut builder = match self.token_cache.clone() {
            Some(cache) => builder.token_cache(cache.settings()),
            None => builder,
        };
        for (index, rule) in self.rules.iter().cloned().enumerate() {
            builder = builder.check(rule.rule(&format!("rules[{index}]"))?);
        }
        self.apply_bindings_to(builder)
            .and_then(|(config, builder)| config.apply_requests_to(builder))
    }

    fn apply_bindings_to(
        mut self,
        mut builder: JwtAuthBuilder,
    ) -> Result<(Self, JwtAuthBuilder), ConfigError> {
        if let Some(dpop) = self.dpop.take() {
            builder = builder.dpop(dpop.dpop("dpop")?);
        }
        if let Some(mtls) = self.mtls.take() {
            builder = builder.mtls(mtls.certificates("mtls")?);
        }
        if let Some(resource) = self.resource.take() {
            builder = builder.resource(resource.metadata());
        }
        Ok((self, builder))
    }

    /// Applies what is about requests and responses.
    fn apply_requests_to(self, builder: JwtAuthBuilder) -> Result<JwtAuthBuilder, ConfigError> {
        let forwarding = [
            ("strip_token", self.strip_token),
            ("keep_token", self.keep_token),
        ];
        only_one("", &forwarding)?;
        turn_on!(
            builder,
            self,
            strip_token,
            keep_token,
            optional,
            pass_preflight
        );
        set!(builder, self, grpc_responses);
        let mut builder = builder;
        if let Some(realm) = &self.realm {
            builder = builder.realm(realm);
        }
        if let Some(sources) = self.token_sources {
            let sources = sources.into_iter().enumerate();
            let sources =
                sources.map(|(index, source)| source.source(&format!("token_sources[{index}]")));
            builder = builder.token_sources(sources.collect::<Result<Vec<_>, _>>()?);
        }
        if let Some(paths) = self.skip_paths {
            builder = builder.skip_paths(paths.paths("skip_paths")?);
        }
        match (self.grpc_paths, self.grpc_responses) {
            (Some(_), Some(_)) => Err(invalid("grpc_paths", "excludes grpc_responses: remove one")),
            (Some(paths), None) => Ok(builder.grpc_paths(paths.paths("grpc_paths")?)),
            (None, _) => Ok(builder),
        }
    }
}

/// Returns the error of the first issuer that no layer can be built with.
fn of_one_issuer(
    issuers: Vec<IssuerConfig>,
    resource: Option<&ResourceConfig>,
) -> Option<ConfigError> {
    let issuers = issuers.into_iter().enumerate();
    let mut errors = issuers.filter_map(|(index, issuer)| {
        let path = format!("issuers[{index}]");
        let issuer = issuer.issuer(&path, resource.is_some());
        let built = issuer.and_then(|issuer| build_alone(issuer, resource));
        built.at(&path).err()
    });
    errors.next()
}

fn build_alone(issuer: Issuer, resource: Option<&ResourceConfig>) -> Result<(), ConfigError> {
    let builder = JwtAuthLayer::builder(issuer);
    let builder = match resource {
        Some(resource) => builder.resource(resource.clone().metadata()),
        None => builder,
    };
    builder.build().map(drop)
}
