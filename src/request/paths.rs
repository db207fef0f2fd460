//! Sets of paths.

use crate::config_error::ConfigError;

/// A set of paths, for [`skip_paths`](crate::JwtAuthBuilder::skip_paths),
/// [`only_for_paths`](crate::RequireLayer::only_for_paths) and
/// [`grpc_paths`](crate::JwtAuthBuilder::grpc_paths).
///
/// A path is compared byte by byte, as it is in the request's URI, without the query. Nothing is
/// decoded, nothing is collapsed and case matters: `/Healthz`, `/healthz/`, `//healthz`,
/// `/a/../healthz` and `/%68ealthz` are not `/healthz`, and `/public/../admin` is below the prefix
/// `/public`. axum's and tonic's routing compare paths in the same way, but a proxy or a file
/// server below may not: exempt no prefix from a layer in front of those.
///
/// Inside axum's `nest`, the path lacks the prefix of the nest, unless
/// [`predicate_uri`](crate::JwtAuthBuilder::predicate_uri) is set.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::Paths;
///
/// let open = Paths::exact(["/healthz", "/version"])?.or(Paths::prefix(["/public"])?);
/// assert!(open.contains("/healthz") && open.contains("/public/logo.svg"));
/// assert!(!open.contains("/healthz/live") && !open.contains("/publications"));
///
/// let health = Paths::grpc_methods(["grpc.health.v1.Health", "demo.Greeter/Version"])?;
/// assert!(health.contains("/grpc.health.v1.Health/Watch"));
/// assert!(!health.contains("/demo.Greeter/Hello"));
/// # Ok::<_, tower_jwt_auth::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Paths(Vec<Pattern>);

#[derive(Clone, Debug)]
enum Pattern {
    Exact(Box<str>),
    /// The path itself and those below it.
    Prefix(Box<str>),
    /// `package.Service`, for all its methods.
    Service(Box<str>),
}

impl Paths {
    /// Returns a set of these paths alone.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if there is none, or one is not
    /// the path of a URI: it starts with `/` and has no space, `?`, `#` or non-ASCII character,
    /// which are percent-encoded in a request.
    pub fn exact(paths: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, ConfigError> {
        let pattern = |path: String| Ok(Pattern::Exact(checked_path(path)?));
        Self::new("Paths::exact", paths, pattern)
    }

    /// Returns a set of these paths and those below them: `/public` stands for `/public`,
    /// `/public/` and `/public/logo.svg`, and not for `/publications`. `/public/` does not stand
    /// for `/public`.
    ///
    /// # Errors
    ///
    /// As [`exact`](Self::exact).
    pub fn prefix(paths: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, ConfigError> {
        let pattern = |path: String| Ok(Pattern::Prefix(checked_path(path)?));
        Self::new("Paths::prefix", paths, pattern)
    }

    /// Returns a set of the paths of gRPC services and methods.
    ///
    /// A name is a service (`grpc.health.v1.Health`), which stands for all its methods, or a single
    /// method (`grpc.health.v1.Health/Check`). Names are compared as a whole: `demo.Greeter` stands
    /// neither for `demo.GreeterAdmin` nor for `demo.Greeter.v2`. tonic's generated code has the
    /// names of services as constants: `GreeterServer::<…>::NAME`, or `SERVICE_NAME`.
    ///
    /// # Errors
    ///
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if there is none, or one is not
    /// such a name: it has letters, digits, `_` and `.`, and at most one `/`.
    pub fn grpc_methods(
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        Self::new("Paths::grpc_methods", names, grpc_pattern)
    }

    /// Returns the union of two sets.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns whether the set contains the path of a URI, which has no query.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(path))
    }

    fn new(
        setting: &str,
        patterns: impl IntoIterator<Item = impl Into<String>>,
        pattern: impl Fn(String) -> Result<Pattern, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let patterns = patterns.into_iter().map(Into::into).map(pattern);
        let patterns: Vec<_> = patterns.collect::<Result<_, _>>()?;
        if patterns.is_empty() {
            return Err(ConfigError::invalid_setting(format!(
                "{setting} is empty: must name at least one"
            )));
        }
        Ok(Self(patterns))
    }
}

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == &**exact,
            Self::Prefix(prefix) => path.strip_prefix(&**prefix).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/')
            }),
            Self::Service(service) => method_of(service, path)
                .is_some_and(|method| !method.is_empty() && !method.contains('/')),
        }
    }
}

/// Returns what follows `/package.Service/`.
fn method_of<'p>(service: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix('/')?
        .strip_prefix(service)?
        .strip_prefix('/')
}

fn checked_path(path: String) -> Result<Box<str>, ConfigError> {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
    if path.starts_with('/') && path.bytes().all(is_allowed) {
        return Ok(path.into());
    }
    Err(ConfigError::invalid_setting(format!(
        "path {path:?}: must start with / and have no space, ?, # or non-ASCII character"
    )))
}

fn grpc_pattern(name: String) -> Result<Pattern, ConfigError> {
    let is_name = |part: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        !part.is_empty() && part.bytes().all(is_allowed)
    };
    match name.split_once('/') {
        None if is_name(&name) => Ok(Pattern::Service(name.into())),
        Some((service, method)) if is_name(service) && is_name(method) => {
            Ok(Pattern::Exact(format!("/{name}").into()))
        }
        _ => Err(ConfigError::invalid_setting(format!(
            "gRPC name {name:?}: must be package.Service or package.Service/Method"
        ))),
    }
}
