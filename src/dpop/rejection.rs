//! Why proofs are rejected.

/// What is wrong with a DPoP proof, or with its use: see
/// [`Observe::dpop_rejected`](crate::Observe::dpop_rejected). The client is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DpopRejection {
    /// There is no header `DPoP`.
    Missing,
    /// There is more than one header `DPoP`.
    Repeated,
    /// The proof is not a JWS in compact form, is longer than 8 KiB (12 KiB where an algorithm of
    /// ML-DSA is listed), or its header or claims are malformed or incomplete.
    Malformed,
    /// `typ` is not `dpop+jwt`.
    WrongType,
    /// The header has `crit`, `b64` or `zip`.
    UnsupportedHeader,
    /// `alg` is not allowed.
    AlgorithmNotAllowed,
    /// `jwk` is missing, weak, private or otherwise not usable.
    UnusableKey,
    /// The signature is invalid.
    InvalidSignature,
    /// `htm` is not the method of the request.
    WrongMethod,
    /// `htu` is not the URI of the request, as this service knows it: behind a proxy, see
    /// [`Dpop::public_origin`](crate::Dpop::public_origin).
    WrongUri,
    /// A header of a trusted proxy, with which `htu` is compared, is invalid.
    InvalidForwarding,
    /// The request names no host to compare `htu` with.
    NoAuthority,
    /// `ath` is not the hash of the token.
    WrongToken,
    /// `iat` is too far in the past or in the future, `exp` has passed, or `nbf` is in the future.
    WrongTime,
    /// The proof is of another key than the one that the token is bound to.
    WrongKey,
    /// The proof has no valid nonce. Usual for the first request of a client.
    WrongNonce,
    /// The proof was used before.
    Replayed,
}

impl DpopRejection {
    /// Returns the name in snake case, as a value for labels, such as `wrong_uri`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Malformed => "malformed",
            Self::WrongType => "wrong_type",
            Self::UnsupportedHeader => "unsupported_header",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::UnusableKey => "unusable_key",
            Self::InvalidSignature => "invalid_signature",
            Self::WrongMethod => "wrong_method",
            Self::WrongUri => "wrong_uri",
            Self::InvalidForwarding => "invalid_forwarding",
            Self::NoAuthority => "no_authority",
            Self::WrongToken => "wrong_token",
            Self::WrongTime => "wrong_time",
            Self::WrongKey => "wrong_key",
            Self::WrongNonce => "wrong_nonce",
            Self::Replayed => "replayed",
        }
    }
}
