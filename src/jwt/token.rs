//! A token as it came: cut up and decoded, nothing of it believed.

use std::time::Duration;

use super::claims::TokenType;
use super::header::Header;
use super::registered::Registered;
use super::validate::{Rules, check_not_before, check_not_expired};
use crate::algorithm::Algorithm;
use crate::base64url;
use crate::error::{Error, ErrorKind};

/// Room for a decoded header without an allocation; larger ones are rare.
const USUAL_HEADER: usize = 512;

/// What a token says of itself. May choose among configured issuers and keys, and be refused; nothing else.
pub(crate) struct Unverified<'t> {
    /// Header and payload as they were signed.
    pub(super) signing_input: &'t str,
    pub(super) signature: &'t str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Box<str>>,
    pub(super) token_type: TokenType,
    pub(super) payload: String,
    pub(super) registered: Registered,
}

impl<'t> Unverified<'t> {
    /// Cuts and decodes. Everything that can be refused without a key is cheap here.
    pub(crate) fn read(token: &'t str, rules: &Rules) -> Result<Self, Error> {
        if token.len() > rules.longest_token {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        let (signing_input, signature, header, payload) = split(token)?;
        let (algorithm, key_id, token_type) = read_header(header, rules)?;
        let payload = base64url::decode(payload).ok_or(ErrorKind::MalformedToken)?;
        let payload = String::from_utf8(payload).map_err(|_| ErrorKind::MalformedToken)?;
        let registered = Registered::read(&payload)?;
        Ok(Self { signing_input, signature, algorithm, key_id, token_type, payload, registered })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The issuer that the token claims: it only chooses whose keys are tried.
    pub(crate) fn issuer(&self) -> Result<&str, Error> {
        let issuer = self.registered.iss.as_ref().ok_or(Error::claim_of(ErrorKind::MissingClaim, "iss"))?;
        Ok(issuer.of_payload(&self.payload))
    }

    /// A token that is out of its time by its own word is not worth a fetch.
    pub(crate) fn check_time(&self, rules: &Rules, now: Duration) -> Result<(), Error> {
        check_not_expired(&self.registered, rules, now)?;
        check_not_before(&self.registered, rules, now)
    }
}

/// Signing input, signature, header and payload of a token with exactly two dots (RFC 7515 §7.1).
fn split(token: &str) -> Result<(&str, &str, &str, &str), Error> {
    let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
    let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
        return Err(ErrorKind::MalformedToken.into());
    };
    let parts = token.split_at_checked(second).and_then(|(signing_input, signature)| {
        let (header, payload) = signing_input.split_at_checked(first)?;
        Some((signing_input, signature.get(1..)?, header, payload.get(1..)?))
    });
    let parts = parts.filter(|(_, signature, ..)| !signature.is_empty());
    parts.ok_or_else(|| ErrorKind::MalformedToken.into())
}

fn read_header(encoded: &str, rules: &Rules) -> Result<(Algorithm, Option<Box<str>>, TokenType), Error> {
    let mut stack = [0; USUAL_HEADER];
    let heap;
    // A slice is refused as too small by its estimate, so what could fit is tried there and the rest on the heap.
    let json = if let Some(json) = base64url::decode_into(encoded, &mut stack) {
        json
    } else {
        heap = base64url::decode(encoded).ok_or(ErrorKind::MalformedToken)?;
        &heap
    };
    let header = Header::parse(std::str::from_utf8(json).map_err(|_| ErrorKind::MalformedToken)?)?;
    if !rules.algorithms.contains(header.algorithm) {
        return Err(ErrorKind::AlgorithmNotAllowed.into());
    }
    let token_type = rules.types.check(header.typ.as_deref())?;
    Ok((header.algorithm, header.key_id.map(Into::into), token_type))
}
