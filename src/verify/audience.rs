//! The audience that tokens must name.

use std::sync::Arc;

use crate::jwt::{AudRule, AudienceRule, NamedClaim};

/// Which of an issuer's tokens are for this service (RFC 7519 §4.1.3).
///
/// Strings, and lists of strings, convert into the default rule: `aud` contains one of these names.
/// Where an issuer writes no `aud` into its access tokens, [`Audience::claim`] compares another
/// claim in its place, and [`Audience::header_parameter`] a header parameter. Names and values are
/// compared byte by byte.
///
/// | rule | `aud` is absent or `[]` | `aud` has one of the names | `aud` has others only |
/// |---|---|---|---|
/// | `Audience::from("name")` | rejected | accepted | rejected |
/// | [`Audience::resource`], whose name is the resource identifier | rejected | accepted | rejected |
/// | [`Audience::claim`] | accepted, if the claim has one of the values | rejected | rejected |
/// | [`Audience::header_parameter`] | accepted, if the parameter has one of the values | rejected | rejected |
/// | [`dangerous_any_with_scope`](Self::dangerous_any_with_scope), [`dangerous_any_with_claim`](Self::dangerous_any_with_claim) | accepted, if the scope or the claim is there | accepted, likewise | accepted, likewise |
///
/// An `aud` that is `null`, or of another type than a string or an array of strings, is invalid
/// whatever the rule. [`and_claim`](Self::and_claim),
/// [`and_claim_present`](Self::and_claim_present),
/// [`and_header_parameter`](Self::and_header_parameter) and [`and_scope`](Self::and_scope) add
/// conditions to every rule.
///
/// Tokens must be access tokens. ID tokens have a client as their `aud`, so the id of a client
/// should not be a name here: see [`allow_id_tokens`](crate::Issuer::allow_id_tokens), which says
/// what tells them apart.
///
/// # Errors
///
/// Building the layer fails with [`EmptyAudience`](crate::ConfigErrorKind::EmptyAudience) if a list
/// is empty, or a name or value in it; and with
/// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) if a claim is `aud`, if `scope`,
/// `scp`, `iss`, `exp`, `nbf`, `iat` or `jti` is given values, if a name contains control
/// characters, or if a scope is invalid (RFC 6749 §3.3).
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Audience, Issuer};
///
/// let one = Issuer::discovery("https://login.example.com/", "https://api.example.com");
///
/// // A service that is known under two names: either is enough.
/// let audience = Audience::from(["https://api.example.com", "https://api.example.org"]);
/// let two = Issuer::discovery("https://login.example.com/", audience);
///
/// // Access tokens of Amazon Cognito have no `aud`.
/// let audience = Audience::claim("client_id", ["4f5example"]).and_claim("token_use", ["access"]);
/// let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example";
/// let cognito = Issuer::discovery(pool, audience);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Audience {
    rule: AudienceRule,
    /// Whether the name in `aud` is the resource identifier, which is set when the layer is built.
    is_resource: bool,
}

impl Audience {
    /// Returns the rule that `aud` contains the resource identifier (RFC 8707 §2) of
    /// [`JwtAuthBuilder::resource`](crate::JwtAuthBuilder::resource). So the identifier is
    /// configured once, for audience, metadata and challenge.
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`EmptyAudience`](crate::ConfigErrorKind::EmptyAudience) if
    /// [`JwtAuthBuilder::resource`](crate::JwtAuthBuilder::resource) is not set.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Audience, ConfigError, Issuer, JwtAuthLayer, ResourceMetadata};
    ///
    /// # fn build() -> Result<JwtAuthLayer, ConfigError> {
    /// let issuer = Issuer::discovery("https://login.example.com/", Audience::resource());
    /// let resource = ResourceMetadata::new("https://api.example.com/mcp");
    /// JwtAuthLayer::builder(issuer).resource(resource).build()
    /// # }
    /// # assert!(build().is_ok());
    /// ```
    pub const fn resource() -> Self {
        let mut audience = Self::new(AudRule::AnyOf(Vec::new()));
        audience.is_resource = true;
        audience
    }

    /// Returns a rule for tokens without `aud`: `claim` is compared in its place, such as
    /// `client_id` (Amazon Cognito) or `azp` (Clerk, Kinde). It must be one of the values, or an
    /// array of strings that contains one.
    ///
    /// A token that does have an `aud`, other than an empty array, is rejected: it is meant for the
    /// services that it names, and this rule names none (RFC 7519 §4.1.3). So it can't be used here
    /// by a service that received it, nor can an ID token, whose `aud` is its client. If the issuer
    /// can write an `aud` for this service, use that, and [`and_claim`](Self::and_claim) for the
    /// claim.
    ///
    /// Note: these claims name the client that the token was issued to, and not the service that it
    /// is for. So a service that receives such a token can send it to every other service that
    /// accepts tokens of that client.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::{Audience, Issuer};
    ///
    /// // Clerk writes the origin of the frontend into `azp`.
    /// let audience = Audience::claim("azp", ["https://app.example.com"]);
    /// let issuer = Issuer::discovery("https://clerk.example.com", audience);
    /// ```
    pub fn claim(
        claim: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(AudRule::Absent).with_claim(claim, any_of, true)
    }

    /// Returns a rule for tokens without `aud`: a header parameter (RFC 7515 §4), which the
    /// signature covers, is compared in its place, such as `signer` of AWS load balancers. It must
    /// be one of the values, or an array of strings that contains one.
    ///
    /// A token with an `aud` is rejected, as by [`claim`](Self::claim).
    ///
    /// # Errors
    ///
    /// Building the layer fails with [`EmptyAudience`](crate::ConfigErrorKind::EmptyAudience) and
    /// [`InvalidSetting`](crate::ConfigErrorKind::InvalidSetting) as for claims; the latter for
    /// parameters that do not say whom a token is for: those of RFC 7515 §4.1, `b64`, `zip`, `iss`,
    /// `exp`, `nbf` and `iat`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Audience;
    ///
    /// let balancer = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:\
    ///     loadbalancer/app/shop/6284be65b827c598";
    /// let audience = Audience::header_parameter("signer", [balancer]);
    /// ```
    pub fn header_parameter(
        parameter: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(AudRule::Absent).with_header_parameter(parameter, any_of, true)
    }

    /// Returns a rule that accepts tokens **for any service**, if they grant `scope`. Building the
    /// layer logs a warning.
    ///
    /// Dangerous: a service that receives a token of this issuer with that scope can use it here,
    /// also if it was issued for that service only. Use it if neither `aud` nor another claim says
    /// whom a token is for, and only with a scope that means this service. Tokens without the scope
    /// get 403 `insufficient_scope`.
    pub fn dangerous_any_with_scope(scope: impl Into<String>) -> Self {
        Self::new(AudRule::Any).and_scope(scope)
    }

    /// Returns a rule that accepts tokens **for any service**, if `claim` is one of the values, or
    /// an array of strings that contains one. Building the layer logs a warning.
    ///
    /// Dangerous, as [`dangerous_any_with_scope`](Self::dangerous_any_with_scope) is. ID tokens may
    /// have the claim, too: see [`allow_id_tokens`](crate::Issuer::allow_id_tokens).
    pub fn dangerous_any_with_claim(
        claim: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::new(AudRule::Any).and_claim(claim, any_of)
    }

    /// Adds a condition: `claim` is one of the values, or an array of strings that contains one.
    /// Other tokens are rejected with 401.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Audience;
    ///
    /// // Tokens for this service, and only those that one of two clients asked for.
    /// let audience = Audience::from("https://api.example.com").and_claim("azp", ["web", "app"]);
    /// ```
    pub fn and_claim(
        self,
        claim: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.with_claim(claim, any_of, false)
    }

    /// Adds a condition: `claim` is present, whatever its value, which must not be `null`. Other
    /// tokens are rejected with 401.
    ///
    /// It tells access tokens from ID tokens where both have the same `aud`, and only the former
    /// have the claim.
    pub fn and_claim_present(mut self, claim: impl Into<String>) -> Self {
        self.rule.claims.push(NamedClaim {
            name: claim.into().into(),
            any_of: None,
            replaces_aud: false,
        });
        self
    }

    /// Adds a condition: a header parameter (RFC 7515 §4) is one of the values, or an array of
    /// strings that contains one. Other tokens are rejected with 401.
    pub fn and_header_parameter(
        self,
        parameter: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.with_header_parameter(parameter, any_of, false)
    }

    /// Adds a condition: the token grants `scope`. Other tokens are rejected with 403
    /// `insufficient_scope`.
    ///
    /// In contrast to [`require_scopes`](crate::JwtAuthBuilder::require_scopes), it is for the
    /// tokens of one issuer.
    pub fn and_scope(mut self, scope: impl Into<String>) -> Self {
        self.rule.scopes.push(scope.into().into());
        self
    }

    pub(super) const fn new(aud: AudRule) -> Self {
        Self {
            rule: AudienceRule {
                aud,
                claims: Vec::new(),
                header_parameters: Vec::new(),
                scopes: Vec::new(),
            },
            is_resource: false,
        }
    }

    fn with_claim(
        mut self,
        claim: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
        replaces_aud: bool,
    ) -> Self {
        self.rule.claims.push(named(claim, any_of, replaces_aud));
        self
    }

    fn with_header_parameter(
        mut self,
        parameter: impl Into<String>,
        any_of: impl IntoIterator<Item = impl Into<String>>,
        replaces_aud: bool,
    ) -> Self {
        let parameter = named(parameter, any_of, replaces_aud);
        self.rule.header_parameters.push(parameter);
        self
    }

    /// Returns whether the name is the resource identifier.
    pub(super) const fn is_resource(&self) -> bool {
        self.is_resource
    }

    /// Sets the names that `aud` must contain one of.
    pub(super) fn set_names(&mut self, names: Vec<String>) {
        self.rule.aud = AudRule::AnyOf(names);
    }

    pub(super) const fn rule(&self) -> &AudienceRule {
        &self.rule
    }

    /// Returns whether tokens for any service are accepted.
    pub(super) const fn is_any(&self) -> bool {
        matches!(self.rule.aud, AudRule::Any)
    }
}

fn named(
    name: impl Into<String>,
    any_of: impl IntoIterator<Item = impl Into<String>>,
    replaces_aud: bool,
) -> NamedClaim {
    NamedClaim {
        name: Arc::from(name.into()),
        any_of: Some(any_of.into_iter().map(Into::into).collect()),
        replaces_aud,
    }
}
