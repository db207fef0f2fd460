//! What an issuer may do that is rejected by default.

use super::Issuer;

/// Exceptions for issuers that don't follow the standards, or for other tokens than access tokens.
/// Each is off by default.
impl Issuer {
    /// Accepts ID tokens of this issuer (OpenID Connect Core §2), too. Default: those that can be
    /// told from access tokens are rejected, as
    /// [`WrongTokenType`](crate::ErrorKind::WrongTokenType).
    ///
    /// These count as ID tokens, unless [`token_types`](crate::JwtAuthBuilder::token_types) lists
    /// their `typ`, other than `JWT` and `at+jwt`:
    /// - the claim `typ` (Keycloak), `token_use` (Amazon Cognito) or `token_type` is `ID` or
    ///   `id_token`, in any case;
    /// - without the `typ` `at+jwt`: `tid` and `ver` (`1.0` or `2.0`) of Microsoft Entra ID, but
    ///   neither `azp` nor `appid`, which its access tokens have;
    /// - without the `typ` `at+jwt`, and with a [rule for any
    ///   audience](crate::Audience::dangerous_any_with_scope): `nonce`, `at_hash`, `c_hash` or
    ///   `s_hash`.
    ///
    /// Other ID tokens (of Auth0 or Okta, for example) are rejected only for their `aud`, which is
    /// the client. So never configure a client id as the [`Audience`](crate::Audience), unless with
    /// a condition that ID tokens don't meet, such as
    /// [`and_scope`](crate::Audience::and_scope) or
    /// [`and_claim_present`](crate::Audience::and_claim_present).
    ///
    /// Note: an ID token tells the client who has signed in. It grants no access, is sent to more
    /// places than an access token, and has no scopes. Use this where the callers of a service have
    /// nothing else, such as Google's service accounts, or to check the ID token that the service
    /// itself has asked for as a client.
    pub const fn allow_id_tokens(mut self) -> Self {
        self.exceptions.allow_id_tokens = true;
        self
    }

    /// Accepts tokens of this issuer that are bound to a key or a certificate of the client (`cnf`,
    /// RFC 7800) as bearer tokens, without proof that the client has it. Default: without a proof
    /// ([`dpop`](crate::JwtAuthBuilder::dpop), [`mtls`](crate::JwtAuthBuilder::mtls)), they are
    /// rejected, as [`UnprovenBinding`](crate::ErrorKind::UnprovenBinding), since a bound token
    /// must not be of use to a thief (RFC 9449 §7.2, RFC 8705 §3).
    ///
    /// A proof that a request has is checked all the same, and a layer that
    /// [requires](crate::Dpop::required) the binding requires it of these tokens, too. A warning is
    /// logged when the layer is built. Safe only if something before this service checks the
    /// binding of each request, such as a gateway that terminates TLS, and nothing else can reach
    /// the service. [`Claims::key_thumbprint`](crate::Claims::key_thumbprint) and
    /// [`Claims::certificate_thumbprint`](crate::Claims::certificate_thumbprint) return what a
    /// token is bound to, for a [`TokenCheck`](crate::TokenCheck) of your own.
    pub const fn dangerous_accept_bound_as_bearer(mut self) -> Self {
        self.exceptions.accept_bound = true;
        self
    }

    /// Accepts tokens of this issuer whose `sub` is an integer, such as a database key.
    /// Default: they are rejected, since `sub` is a string (RFC 7519 §4.1.2).
    ///
    /// [`Claims::subject`](crate::Claims::subject) returns its digits. It must fit into an `i128`,
    /// without fraction and exponent. [`JsonClaims`](crate::JsonClaims), and a claims type of your
    /// own, have it as the number that it is.
    ///
    /// Note: the number `4711` and the string `"4711"` are the same subject. And an issuer that
    /// computes with doubles, as JavaScript does, rounds integers beyond 2⁵³ before it signs them,
    /// so that two of its users can have the same one.
    pub const fn allow_numeric_subject(mut self) -> Self {
        self.exceptions.allow_numeric_subject = true;
        self
    }

    /// Accepts tokens without `iss` as tokens of this issuer. Default: they are rejected. Only one
    /// issuer of a layer may have it, and none with [`tenants`](Self::tenants).
    ///
    /// They are verified with the keys of this issuer only, and
    /// [`Claims::issuer`](crate::Claims::issuer) returns its configured name. The `iss` of a token
    /// that has one is compared as usual.
    ///
    /// Note: nothing in the token says which issuer signed it, only the key does. If the keys also
    /// sign tokens for something else, such as another environment or tenant, those are accepted,
    /// too (RFC 8725 §3.8).
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_jwt_auth::Issuer;
    ///
    /// let keys = "https://login.example.com/jwks";
    /// let issuer = Issuer::jwks("https://login.example.com", keys, "https://api.example.com")
    ///     .allow_missing_issuer()
    ///     .allow_numeric_subject();
    /// ```
    pub const fn allow_missing_issuer(mut self) -> Self {
        self.exceptions.allow_missing_issuer = true;
        self
    }
}
