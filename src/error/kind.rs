//! The kinds of rejections.

/// The kind of an [`Error`](super::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request has no token, or is exempt from authentication, so that its token was not read.
    MissingToken,
    /// The request has different tokens in two places, or gives a header, query parameter or
    /// WebSocket subprotocol with credentials twice (RFC 6750 §2, §3.1). Or it comes with a DPoP
    /// proof and names no host, or repeats the header with the client's certificate.
    InvalidRequest,
    /// The token is not a signed JWT in compact form (RFC 7515 §7.1), its header or payload is not
    /// a JSON object, or an object in one of them has two members with the same name (an error
    /// within the value of a claim that this crate reads is [`InvalidClaim`](Self::InvalidClaim)).
    /// Also a number beyond a double, or values with more than 127 levels. Or the request has a
    /// scheme without a token, or different tokens in cookies of one name.
    MalformedToken,
    /// The token is longer than [`max_token_len`](crate::JwtAuthBuilder::max_token_len), or its
    /// objects have more members than [`max_members`](crate::JwtAuthBuilder::max_members).
    TokenTooLarge,
    /// The token's header has `crit` (RFC 7515 §4.1.11), `b64` (RFC 7797 §3) or `zip`.
    UnsupportedHeader,
    /// The token's algorithm is not one that its issuer may use (RFC 8725 §3.1).
    AlgorithmNotAllowed,
    /// The token's `typ` is not an allowed one (RFC 8725 §3.11, RFC 9068 §4), or by its claims it
    /// is a security event (RFC 8417), a refresh token, or an ID token, which
    /// [`allow_id_tokens`](crate::Issuer::allow_id_tokens) allows.
    WrongTokenType,
    /// `iss` is not a configured issuer (RFC 8725 §3.8).
    UnknownIssuer,
    /// The issuer has no key with the token's `kid`, none for its algorithm, or only keys whose JWK
    /// names another issuer. Or the key is so new that it is not cached yet, and no fetch could
    /// bring it, while the cached keys are fresh.
    UnknownKey,
    /// None of the issuer's keys that `kid` and `alg` select made the signature.
    InvalidSignature,
    /// `kid` and `alg` select more keys of the issuer than
    /// [`max_candidates`](crate::JwksCacheSettings::max_candidates), usually because the token has
    /// no `kid`, and none of those that were tried made the signature.
    TooManyKeys,
    /// A required claim, or header parameter that the audience requires, is absent.
    MissingClaim,
    /// A claim, or header parameter that the audience requires, has the wrong JSON type or an
    /// invalid value.
    InvalidClaim,
    /// `aud` has none of the configured audiences, or is an empty array (RFC 7519 §4.1.3). Or the
    /// claim or header parameter that [`Audience::claim`](crate::Audience::claim) or
    /// [`Audience::header_parameter`](crate::Audience::header_parameter) names has none of its
    /// values, or there is an `aud` beside it.
    WrongAudience,
    /// The token is bound to a key or certificate of the client (`cnf`, RFC 7800), and the request
    /// does not prove that the client has it (RFC 9449 §7.2, RFC 8705 §3), or the layer can't check
    /// it. Not with
    /// [`dangerous_accept_bound_as_bearer`](crate::Issuer::dangerous_accept_bound_as_bearer).
    UnprovenBinding,
    /// The token is not bound to a key or certificate of the client, and one that is bound is
    /// required: by the scheme `DPoP` (RFC 9449 §7.1), or by the layer.
    UnboundToken,
    /// The DPoP proof is missing, given twice, malformed, signed with an algorithm or key that is
    /// not allowed, has an invalid signature, is for another method, URL or token, is too old or
    /// from the future, or was used before (RFC 9449 §4.3, §11.1).
    InvalidDpopProof,
    /// The DPoP proof has no nonce of this server, or one that has expired (RFC 9449 §9).
    /// [`Error::dpop_nonce`](super::Error::dpop_nonce) returns one.
    UseDpopNonce,
    /// `exp` has passed (RFC 7519 §4.1.4).
    Expired,
    /// `nbf` or `iat` is in the future (RFC 7519 §4.1.5).
    NotYetValid,
    /// The issuer's introspection endpoint says that the token is not active: it is unknown there,
    /// has expired or was revoked (RFC 7662 §2.2).
    Inactive,
    /// The token was revoked: it is in the list of
    /// [`revocations`](crate::JwtAuthBuilder::revocations), or according to
    /// [`reject_revoked`](crate::JwtAuthBuilder::reject_revoked) or
    /// [`reject_revoked_async`](crate::JwtAuthBuilder::reject_revoked_async).
    Revoked,
    /// The token was used before, with [`reject_replays`](crate::JwtAuthBuilder::reject_replays) or
    /// [`replay_store`](crate::JwtAuthBuilder::replay_store) (RFC 7519 §4.1.7).
    Replayed,
    /// The token is valid, but does not grant what the request needs (RFC 6750 §3.1).
    InsufficientScope,
    /// The token is valid, but the request needs a stronger or more recent authentication of the
    /// user (RFC 9470): see [`Error::acr_values`](super::Error::acr_values) and
    /// [`Error::max_age`](super::Error::max_age).
    InsufficientUserAuthentication,
    /// The issuer's keys are unavailable, so the token can be neither accepted nor rejected.
    KeysUnavailable,
    /// The issuer's introspection endpoint
    /// ([`Issuer::introspection`](crate::Issuer::introspection)) has not responded, or not in a way
    /// that can be used, so the token can be neither accepted nor rejected.
    IntrospectionUnavailable,
    /// A [`TokenCheck`](crate::TokenCheck) or [`ReplayStore`](crate::ReplayStore) failed, or did
    /// not respond within [`check_timeout`](crate::JwtAuthBuilder::check_timeout); or the store is
    /// full, or the list of [`Revocations`](crate::Revocations), which then may lack one of the
    /// token; or too many signatures wait for a thread
    /// ([`offload`](crate::JwtAuthBuilder::offload)), or this one did for longer than
    /// [`offload_timeout`](crate::JwtAuthBuilder::offload_timeout).
    CheckUnavailable,
    /// A kind of your own, with its name: see [`Error::custom`](super::Error::custom).
    Custom(&'static str),
}

/// The class of an [`Error`](super::Error), which determines the status of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// 400 `invalid_request`; in gRPC 3 `INVALID_ARGUMENT`.
    InvalidRequest,
    /// 401 `invalid_token`, or no error code for [`MissingToken`](ErrorKind::MissingToken), or that
    /// of RFC 9449 for [`InvalidDpopProof`](ErrorKind::InvalidDpopProof) and
    /// [`UseDpopNonce`](ErrorKind::UseDpopNonce), or that of RFC 9470 for
    /// [`InsufficientUserAuthentication`](ErrorKind::InsufficientUserAuthentication); in gRPC 16
    /// `UNAUTHENTICATED`.
    Unauthorized,
    /// 403 `insufficient_scope`; in gRPC 7 `PERMISSION_DENIED`.
    Forbidden,
    /// 503 with `Retry-After`; in gRPC 14 `UNAVAILABLE`.
    Unavailable,
}

impl ErrorKind {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 28] = [
        Self::MissingToken,
        Self::InvalidRequest,
        Self::MalformedToken,
        Self::TokenTooLarge,
        Self::UnsupportedHeader,
        Self::AlgorithmNotAllowed,
        Self::WrongTokenType,
        Self::UnknownIssuer,
        Self::UnknownKey,
        Self::InvalidSignature,
        Self::TooManyKeys,
        Self::MissingClaim,
        Self::InvalidClaim,
        Self::WrongAudience,
        Self::UnprovenBinding,
        Self::UnboundToken,
        Self::InvalidDpopProof,
        Self::UseDpopNonce,
        Self::Expired,
        Self::NotYetValid,
        Self::Inactive,
        Self::Revoked,
        Self::Replayed,
        Self::InsufficientScope,
        Self::InsufficientUserAuthentication,
        Self::KeysUnavailable,
        Self::IntrospectionUnavailable,
        Self::CheckUnavailable,
    ];

    /// Returns the name in snake case, such as `wrong_audience` for
    /// [`WrongAudience`](Self::WrongAudience), or that of an error of your own. For labels of
    /// metrics: it never contains a part of the request.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::InvalidRequest => "invalid_request",
            Self::MalformedToken => "malformed_token",
            Self::TokenTooLarge => "token_too_large",
            Self::UnsupportedHeader => "unsupported_header",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::WrongTokenType => "wrong_token_type",
            Self::UnknownIssuer => "unknown_issuer",
            Self::UnknownKey => "unknown_key",
            Self::TooManyKeys => "too_many_keys",
            Self::InvalidSignature => "invalid_signature",
            Self::MissingClaim => "missing_claim",
            Self::InvalidClaim => "invalid_claim",
            Self::WrongAudience => "wrong_audience",
            Self::UnprovenBinding => "unproven_binding",
            Self::UnboundToken => "unbound_token",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Inactive => "inactive",
            Self::Revoked => "revoked",
            Self::Replayed => "replayed",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::KeysUnavailable => "keys_unavailable",
            Self::IntrospectionUnavailable => "introspection_unavailable",
            Self::CheckUnavailable => "check_unavailable",
            Self::Custom(name) => name,
        }
    }

    /// Returns the text for the caller. It contains nothing of the token and nothing internal.
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::MissingToken => "the request has no verified access token",
            Self::InvalidRequest => "credentials were given more than once",
            Self::MalformedToken => "the access token is malformed",
            Self::TokenTooLarge => "the access token is too large",
            Self::UnsupportedHeader => "the access token's header asks for an unsupported feature",
            Self::AlgorithmNotAllowed => "the access token's algorithm is not allowed",
            Self::WrongTokenType => "the token's type is not allowed",
            Self::UnknownIssuer => "the access token's issuer is not trusted",
            Self::UnknownKey => "the access token's key is not known",
            Self::InvalidSignature => "the access token's signature is invalid",
            Self::TooManyKeys => "too many keys fit the access token",
            Self::MissingClaim => "the access token lacks a required claim",
            Self::InvalidClaim => "a claim of the access token is invalid",
            Self::WrongAudience => "the access token is meant for another audience",
            Self::UnprovenBinding => {
                "the request does not prove that the client has the key or certificate that the \
                 access token is bound to"
            }
            Self::UnboundToken => {
                "the access token is not bound to a key or certificate of the client"
            }
            Self::InvalidDpopProof => "the DPoP proof is missing or invalid",
            Self::UseDpopNonce => "the DPoP proof needs a nonce of this server",
            Self::Expired => "the access token has expired",
            Self::NotYetValid => "the access token is not yet valid",
            Self::Inactive => "the access token is not active",
            Self::Revoked => "the access token was revoked",
            Self::Replayed => "the access token was used before",
            Self::InsufficientScope => "the access token does not grant what the request needs",
            Self::InsufficientUserAuthentication => {
                "the request needs a stronger or more recent authentication of the user"
            }
            Self::KeysUnavailable => "the issuer's keys are temporarily unavailable",
            Self::IntrospectionUnavailable => {
                "the access token's issuer is temporarily unavailable"
            }
            Self::CheckUnavailable => "a check of the access token is temporarily unavailable",
            Self::Custom(_) => "the request was rejected",
        }
    }

    pub(super) const fn class(self) -> ErrorClass {
        match self {
            Self::InvalidRequest => ErrorClass::InvalidRequest,
            Self::InsufficientScope => ErrorClass::Forbidden,
            Self::KeysUnavailable | Self::IntrospectionUnavailable | Self::CheckUnavailable => {
                ErrorClass::Unavailable
            }
            _ => ErrorClass::Unauthorized,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;

    #[test]
    fn each_name_is_that_of_the_variant() {
        for kind in ErrorKind::ALL {
            let variant = format!("{kind:?}").to_lowercase();
            assert_eq!(kind.name().replace('_', ""), variant);
            assert_eq!(kind.name(), kind.name().to_lowercase());
        }
    }
}
