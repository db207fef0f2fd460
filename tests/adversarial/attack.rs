//! An attack and the rejection that it must get.

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};

pub(crate) struct Attack {
    pub(crate) name: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) rejection: Rejection,
}

/// The expected rejection: the HTTP status, the gRPC status code, and the challenge, which is the
/// same in both protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) status: u16,
    pub(crate) grpc: u8,
    pub(crate) challenge: &'static str,
}

pub(crate) const NO_TOKEN: Rejection = Rejection {
    status: 401,
    grpc: 16,
    challenge: "Bearer",
};
pub(crate) const TWICE: Rejection = Rejection {
    status: 400,
    grpc: 3,
    challenge: r#"Bearer error="invalid_request",error_description="credentials were given more than once""#,
};

/// Rejections with 401 and `invalid_token`. The descriptions are written out here, so that a change
/// of one fails a test.
macro_rules! invalid_token {
    ($($name:ident = $description:literal;)*) => {
        $(pub(crate) const $name: Rejection = Rejection {
            status: 401,
            grpc: 16,
            challenge: concat!("Bearer error=\"invalid_token\",error_description=\"", $description, "\""),
        };)*
    };
}

invalid_token! {
    MALFORMED = "the access token is malformed";
    TOO_LONG = "the access token is too large";
    UNSUPPORTED = "the access token's header asks for an unsupported feature";
    ALGORITHM = "the access token's algorithm is not allowed";
    TYPE = "the token's type is not allowed";
    ISSUER_UNKNOWN = "the access token's issuer is not trusted";
    KEY_UNKNOWN = "the access token's key is not known";
    SIGNATURE = "the access token's signature is invalid";
    CLAIM_MISSING = "the access token lacks a required claim";
    CLAIM_INVALID = "a claim of the access token is invalid";
    OTHER_AUDIENCE = "the access token is meant for another audience";
    NO_AUDIENCE = "the access token names no audience";
    BOUND = "the access token is bound to a key that the request does not prove";
    EXPIRED = "the access token has expired";
    TOO_EARLY = "the access token is not yet valid";
}

impl Rejection {
    /// Returns the `error_description` of the challenge, which gRPC clients get as `grpc-message`.
    pub(crate) fn description(&self) -> &'static str {
        let described = self.challenge.split_once("error_description=\"");
        described.map_or("the request has no verified access token", |(_, rest)| {
            rest.split('"').next().unwrap_or_default()
        })
    }
}

/// An attack with a token in the `Authorization` header.
pub(crate) fn token(
    name: impl Into<String>,
    token: impl AsRef<str>,
    rejection: Rejection,
) -> Attack {
    request(
        name,
        &[(
            "authorization",
            format!("Bearer {}", token.as_ref()).as_bytes(),
        )],
        rejection,
    )
}

/// An attack with exactly these header values, which need not be text.
pub(crate) fn request(
    name: impl Into<String>,
    headers: &[(&str, &[u8])],
    rejection: Rejection,
) -> Attack {
    let header = |(name, value): &(&str, &[u8])| {
        (
            name.parse().unwrap(),
            HeaderValue::from_bytes(value).unwrap(),
        )
    };
    Attack {
        name: name.into(),
        headers: headers.iter().map(header).collect(),
        rejection,
    }
}

/// An attack with one `Authorization` header of this value.
pub(crate) fn authorization(name: impl Into<String>, value: &[u8], rejection: Rejection) -> Attack {
    request(name, &[(AUTHORIZATION.as_str(), value)], rejection)
}
