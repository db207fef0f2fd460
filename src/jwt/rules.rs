//! The rules that tokens are validated against.

use std::sync::Arc;
use std::time::Duration;

use super::audience_rule::AudienceRule;
use super::binding::BindingRules;
use super::implied_scopes::ImpliedScopes;
use super::token_type::{TokenType, is_same_type};
use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, IssuerId};
use crate::jwk::Header;
use crate::revocation::Revocations;

/// The smallest maximum of members that a layer may have.
pub(crate) const MIN_MAX_MEMBERS: usize = 16;

/// The type of a logout token.
const LOGOUT: &str = "logout+jwt";

/// The rules for every token, whichever issuer it is from.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The tolerance for differences between the clocks of issuer and service.
    pub(crate) leeway: Duration,
    /// In bytes.
    pub(crate) max_token_len: usize,
    /// Whether the parts of a token may have padding.
    pub(crate) padded: bool,
    /// The maximum number of members of all objects in a header, or in a payload.
    pub(crate) max_members: usize,
    /// The maximum time from `iat` to `exp`.
    pub(crate) max_lifetime: Option<Duration>,
    /// The maximum time since `iat`, which is then required. A token without `exp` expires then.
    pub(crate) max_age: Option<Duration>,
    /// How tokens can be revoked.
    pub(crate) revocations: Option<RevocationRules>,
    /// Which scopes grant others.
    pub(crate) implied_scopes: Option<Arc<ImpliedScopes>>,
    pub(crate) types: TypeRule,
    /// Whether a token may have no `typ`. `None` is the default: true unless types are listed.
    pub(crate) allow_missing_type: Option<bool>,
    /// Whether a token must have the type and the claims of an access token (RFC 9068).
    pub(crate) rfc9068: bool,
    /// What is done about tokens that are bound to their sender.
    pub(crate) bindings: BindingRules,
    /// The clock that times are compared with, also later than by validation.
    pub(crate) clock: Arc<dyn Clock>,
}

/// How tokens can be revoked.
#[derive(Clone, Debug)]
pub(crate) struct RevocationRules {
    pub(crate) list: Revocations,
    /// The maximum time from `iat` to `exp`, if `iat` is there: an entry does not stay longer.
    pub(crate) max_lifetime: Duration,
}

/// The rules for the tokens of one issuer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'i> {
    pub(crate) audience: &'i AudienceRule,
    pub(crate) exceptions: Exceptions,
    /// By which observers find the issuer's name.
    pub(crate) issuer: IssuerId,
}

/// What is accepted from one issuer, and not by default.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is independent")]
pub(crate) struct Exceptions {
    /// Tokens that are ID tokens by their claims.
    pub(crate) allow_id_tokens: bool,
    /// Tokens whose `sub` is an integer.
    pub(crate) allow_numeric_subject: bool,
    /// Tokens without `iss`.
    pub(crate) allow_missing_issuer: bool,
    /// Tokens that are bound to a key or certificate which the request does not prove.
    pub(crate) accept_bound: bool,
    /// Tokens without `aud`: the issuer has judged for whom they are.
    pub(crate) allow_missing_audience: bool,
}

impl Exceptions {
    pub(crate) const NONE: Self = Self {
        allow_id_tokens: false,
        allow_numeric_subject: false,
        allow_missing_issuer: false,
        accept_bound: false,
        allow_missing_audience: false,
    };
}

/// The `typ` values that are allowed.
#[derive(Clone, Debug)]
pub(crate) enum TypeRule {
    /// `JWT`, or that of an access token. Rejects tokens for another purpose, such as
    /// `dpop+jwt`, `logout+jwt` and `secevent+jwt` (RFC 8725 §3.11).
    Default,
    /// One of these.
    Only(Vec<Box<str>>),
    /// That of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4). The claims that tell
    /// its purpose are checked by the policy of the endpoint.
    Logout {
        /// Whether `JWT` or none is allowed, too.
        allow_untyped: bool,
    },
}

impl Rules {
    /// Decodes a header, and checks it. `algorithms` are those of all issuers together: others are
    /// rejected before the issuer is known.
    pub(crate) fn read_header(
        &self,
        encoded: &[u8],
        algorithms: AlgorithmSet,
    ) -> Result<(Header, TokenType), Error> {
        Header::read(encoded, self.max_members, |algorithm, typ| {
            self.check_header(algorithm, typ, algorithms)
        })
    }

    /// Rejects a token by its header alone.
    pub(crate) fn check_header(
        &self,
        algorithm: Algorithm,
        typ: Option<&str>,
        algorithms: AlgorithmSet,
    ) -> Result<TokenType, Error> {
        if !algorithms.contains(algorithm) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        self.check_type(typ)
    }

    /// Returns the types that are allowed, for developers.
    pub(crate) fn expected_types(&self) -> String {
        let missing = match (self.allow_missing_type, &self.types) {
            (Some(false), _) | (None, TypeRule::Only(_)) => "",
            _ => ", or none",
        };
        match &self.types {
            _ if self.rfc9068 => "\"at+jwt\" (RFC 9068)".to_owned(),
            TypeRule::Default => format!("\"JWT\", \"at+jwt\"{missing}"),
            TypeRule::Only(types) => format!("one of {types:?}{missing}"),
            TypeRule::Logout {
                allow_untyped: true,
            } => "\"logout+jwt\", \"JWT\", or none".to_owned(),
            TypeRule::Logout { .. } => "\"logout+jwt\"".to_owned(),
        }
    }

    /// Rejects a token by its `typ`.
    pub(crate) fn check_type(&self, typ: Option<&str>) -> Result<TokenType, Error> {
        let token_type = TokenType::of(typ);
        let is_allowed = match (&self.types, typ) {
            (TypeRule::Logout { allow_untyped }, None) => *allow_untyped,
            (types, None) => {
                let is_default = matches!(types, TypeRule::Default);
                self.allow_missing_type.unwrap_or(is_default)
            }
            (TypeRule::Default, Some(_)) => !matches!(token_type, TokenType::Other(_)),
            (TypeRule::Only(types), Some(typ)) => {
                types.iter().any(|allowed| is_same_type(allowed, typ))
            }
            (TypeRule::Logout { allow_untyped }, Some(typ)) => {
                is_same_type(LOGOUT, typ) || *allow_untyped && token_type == TokenType::Jwt
            }
        };
        let is_required = !self.rfc9068 || token_type == TokenType::AccessToken;
        if is_allowed && is_required {
            Ok(token_type)
        } else {
            Err(ErrorKind::WrongTokenType.into())
        }
    }
}
