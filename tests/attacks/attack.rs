//! An attack, and the answer that it must get.

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};

pub(crate) struct Attack {
    pub(crate) name: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) rejection: Rejection,
}

/// What comes back: the status in HTTP, the code in gRPC, and the challenge, which is the same in
/// both.
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

/// 401 `invalid_token`; the description is written out, so that a change of it is noticed here.
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
    TOO_LONG = "the access token is too long";
    UNSUPPORTED = "the access token's header asks for an unsupported feature";
    ALGORITHM = "the access token's algorithm is not allowed";
    TYPE = "the token is not an access token";
    ISSUER_UNKNOWN = "the access token's issuer is not trusted";
    KEY_UNKNOWN = "the access token's key is not known";
    SIGNATURE = "the access token's signature is invalid";
    CLAIM_MISSING = "the access token lacks a required claim";
    CLAIM_INVALID = "a claim of the access token is invalid";
    OTHER_AUDIENCE = "the access token is meant for another audience";
    EXPIRED = "the access token has expired";
    TOO_EARLY = "the access token is not yet valid";
}

impl Rejection {
    /// The sentence of the challenge, which gRPC's clients get as `grpc-message`.
    pub(crate) fn description(&self) -> &'static str {
        let described = self.challenge.split_once("error_description=\"");
        described.map_or("no access token was given", |(_, rest)| {
            rest.trim_end_matches('"')
        })
    }
}

/// A token in the `Authorization` header.
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

/// A request with these headers, byte by byte.
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

/// The value of the one `Authorization` header.
pub(crate) fn authorization(name: impl Into<String>, value: &[u8], rejection: Rejection) -> Attack {
    request(name, &[(AUTHORIZATION.as_str(), value)], rejection)
}
