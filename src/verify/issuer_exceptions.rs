//! What an issuer may do that is rejected by default.

use super::Issuer;

/// Exceptions for issuers that don't follow the standards, or for other tokens than access tokens.
/// Each is off by default.
impl Issuer {
    /// Accepts ID tokens of this issuer (OpenID Connect Core §2), too. Default: those that can be
    /// told from access tokens are rejected, as
    /// [`WrongTokenType`](crate::ErrorKind::WrongTokenType).
    ///
    /// These count as ID tokens:
    /// - the claim `typ` (Keycloak), `token_use` (Amazon Cognito) or `token_type` is `ID`;
    /// - Microsoft Entra ID: `tid` and `ver`, but neither `azp` nor `appid`, which its access tokens
    ///   have (v2, v1);
    /// - with a [rule for any audience](Audience::dangerous_any_with_scope): `at_hash`, `c_hash` or
    ///   `s_hash`.
    ///
    /// All others are told by their `aud`, which is the client: Auth0's and Okta's, for example. So
    /// never configure a client id as the [`Audience`], unless with a condition that ID tokens don't
    /// meet, such as [`and_scope`](Audience::and_scope) or
    /// [`and_claim_present`](Audience::and_claim_present).
    ///
    /// What is lost: an ID token tells the client who has signed in. It grants no access, is sent
    /// to more places than an access token, and has no scopes. Use this where the callers of a
    /// service have nothing else, such as Google's service accounts, or to check the ID token that
    /// the service itself has asked for as a client.
    pub const fn allow_id_tokens(mut self) -> Self {
        self.exceptions.allow_id_tokens = true;
        self
    }
}
