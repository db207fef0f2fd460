//! Hints about the form of a token, and about its signature.

use super::facts::Facts;
use super::hints::{Rule, first, is_for_graph};
use super::token_text::Text;
use crate::algorithm::Algorithm;

/// What is sent in place of a token.
const TEXT: &[Rule] = &[
    (
        |facts| facts.text == Text::WithScheme,
        "pass the token alone, without a scheme before it",
    ),
    (
        |facts| facts.text == Text::Placeholder,
        "have the client wait until it has a token: it sends the text of an absent value",
    ),
    (
        |facts| facts.text == Text::Quoted,
        "have the client send the token without quotes around it",
    ),
    (
        |facts| facts.text == Text::Json,
        "pass the value of `access_token` alone: this is a JSON object",
    ),
    (
        |facts| facts.text == Text::Wrapped,
        "pass the token in one piece: there are spaces or line breaks in it",
    ),
    (
        |facts| facts.text == Text::WithSpaces,
        "pass a token: this is a text with spaces or line breaks in it",
    ),
];

const CUT: &str = "have the client send the whole token: this one is cut";

const FORM: &[Rule] = &[
    (
        |facts| facts.parts == 5 && facts.header_text("alg") == Some("dir"),
        "request the token with the parameter audience: this one is encrypted for the issuer (Auth0)",
    ),
    (
        |facts| facts.parts == 5,
        "have the issuer sign its tokens: this one is encrypted (JWE)",
    ),
    (
        |facts| facts.parts == 3 && facts.header_text("alg") == Some("none"),
        "have the issuer sign its tokens: this one has no signature",
    ),
    (
        |facts| facts.text == Text::Jwt && (facts.parts < 3 || facts.signature_len == Some(0)),
        CUT,
    ),
    (
        |facts| facts.text == Text::Jwt && facts.parts > 3,
        "have the client send one token: this has more than the three parts of a signed JWT",
    ),
    (
        |facts| facts.parts != 3,
        "this token is opaque: have the issuer issue JWTs (Google: send the ID token)",
    ),
];

const PADDING: &[Rule] = &[(
    |facts| facts.has_padding,
    "set allow_padding if the issuer pads its tokens, as AWS load balancers do",
)];

pub(super) fn form(facts: &Facts) -> Option<String> {
    first(TEXT, facts).or_else(|| first(FORM, facts))
}

/// Names the cause of a part that can't be read.
pub(super) fn part(facts: &Facts) -> Option<String> {
    first(TEXT, facts).or_else(|| first(PADDING, facts))
}

/// Names the cause of a signature that no key has made, or that is not base64url.
pub(super) fn wrong_signature(facts: &Facts, algorithm: Algorithm) -> String {
    let hint = if is_for_graph(facts) {
        super::hints::GRAPH
    } else if !is_usual_len(facts, algorithm) {
        CUT
    } else if algorithm.is_symmetric() {
        "compare the secret with the issuer's: one of them may be base64 of the other"
    } else {
        "the token was changed, is from another environment, or its key was replaced under its id"
    };
    hint.to_owned()
}

/// Returns the length of a signature, as a diagnosis shows it.
pub(super) fn expected_len(algorithm: Algorithm) -> String {
    match len(algorithm) {
        Some(len) => format!("{len} bytes"),
        None => format!("{MIN_RSA_LEN} bytes or more"),
    }
}

/// The length in bytes of a signature by RSA with 2048 bits, the minimum.
const MIN_RSA_LEN: usize = 256;
/// The length of RSA keys is a multiple of it, in bytes, unless an issuer is unusual.
const STEP_OF_RSA_LEN: usize = 64;

fn is_usual_len(facts: &Facts, algorithm: Algorithm) -> bool {
    let found = facts.signature_len.unwrap_or_default();
    let is_rsa_len = found >= MIN_RSA_LEN && found.is_multiple_of(STEP_OF_RSA_LEN);
    len(algorithm).map_or(is_rsa_len, |len| len == found)
}

/// Returns the length in bytes of a signature, unless the key determines it.
const fn len(algorithm: Algorithm) -> Option<usize> {
    match algorithm {
        Algorithm::HS256 => Some(32),
        Algorithm::HS384 => Some(48),
        Algorithm::HS512 | Algorithm::ES256 | Algorithm::Ed25519 => Some(64),
        Algorithm::ES384 => Some(96),
        Algorithm::ES512 => Some(132),
        _ => match algorithm.ml_dsa_lens() {
            Some((_, len)) => Some(len),
            None => None,
        },
    }
}
