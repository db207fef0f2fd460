//! A token that is not remembered: from its bytes to claims, or to the question for keys.
//!
//! Two ways lead to the same decision. The straight one is for what nearly every token is: its header is one that the
//! issuer's keys have signed before, so its signature can be checked at once, and its payload is read once, after that.
//! Whatever is not so goes the long way, which looks at everything in the order that refusals are given in.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::algorithm::Algorithm;
use crate::authenticator::{Inner, Stop};
use crate::error::{Error, ErrorKind};
use crate::issuer::Trusted;
use crate::jwk::Header;
use crate::jwt::buffer::{self, Text};
use crate::jwt::{Claims, Compact, Proof, Unverified, Verified};
use crate::keys::{KeyQuery, Keys};

/// Claims, and what they rest on.
pub(crate) struct Sight<C> {
    pub(crate) claims: Claims<C>,
    pub(crate) place: usize,
    pub(crate) key_set: u64,
}

/// Why the straight way gave no claims.
enum Aside {
    Refused(Error),
    /// Not to be decided so. A signature that was checked need not be checked again.
    Detour(Option<Checked>),
}

const DETOUR: Aside = Aside::Detour(None);

/// Whether a key of this set made the signature.
struct Checked {
    key_set: u64,
    outcome: Result<Proof, ErrorKind>,
}

impl<C: DeserializeOwned> Inner<C> {
    pub(crate) fn first_sight(&self, token: &[u8], now: Duration) -> Result<Sight<C>, Stop> {
        if token.len() > self.rules.longest_token {
            return Err(ErrorKind::TokenTooLarge.into());
        }
        let token = Compact::cut(token)?;
        buffer::with(|buffer| match self.straight(&token, buffer, now) {
            Ok(sight) => Ok(sight),
            Err(Aside::Refused(error)) => Err(error.into()),
            Err(Aside::Detour(checked)) => self.long_way(&token, checked, buffer, now),
        })
    }

    fn straight(
        &self,
        token: &Compact<'_>,
        buffer: &mut Vec<u8>,
        now: Duration,
    ) -> Result<Sight<C>, Aside> {
        let (place, issuer) = self.probable_issuer(token.header).ok_or(DETOUR)?;
        let keys = issuer.keys.source().current().ok_or(DETOUR)?;
        let header = keys.known_header(token.header).ok_or(DETOUR)?;
        let token_type = self
            .rules
            .check_header(header.algorithm, header.typ.as_deref())
            .map_err(Aside::Refused)?;
        let text = Text::decode(token.payload, header.key_id.as_deref(), buffer).ok_or(DETOUR)?;
        if !issuer.algorithms.contains(header.algorithm) {
            return Err(DETOUR);
        }
        let detour = |outcome| {
            Aside::Detour(Some(Checked {
                key_set: keys.number(),
                outcome,
            }))
        };
        let proof = token
            .check_signature(header, &keys)
            .map_err(|kind| detour(Err(kind)))?;
        issuer.keys.keep_fresh();
        let read = Verified::read(proof, header, token_type, text, &issuer.name);
        let (verified, custom) = read.map_err(|proof| detour(Ok(proof)))?;
        let claims = verified
            .validate(&self.rules, issuer.expected(), now, |_| Ok(custom))
            .map_err(Aside::Refused)?;
        Ok(Sight {
            claims,
            place,
            key_set: keys.number(),
        })
    }

    /// The only issuer, or else the only one with keys that signed such a header before: of two, the wrong one would
    /// cost a signature. Changes nothing, as the token may be anybody's.
    fn probable_issuer(&self, header: &[u8]) -> Option<(usize, &Trusted)> {
        let mut issuers = self.issuers.iter().enumerate();
        if self.issuers.len() == 1 {
            return issuers.next();
        }
        let mut knowing = issuers.filter(|(_, issuer)| issuer.keys.know_header(header));
        knowing.next().filter(|_| knowing.next().is_none())
    }

    fn long_way(
        &self,
        token: &Compact<'_>,
        checked: Option<Checked>,
        buffer: &mut Vec<u8>,
        now: Duration,
    ) -> Result<Sight<C>, Stop> {
        let rules = &self.rules;
        let (header, token_type) = Header::read(token.header, |algorithm, typ| {
            rules.check_header(algorithm, typ)
        })?;
        if self.is_of_nobody(&header) {
            return Err(ErrorKind::UnknownKey.into());
        }
        let text = Text::decode(token.payload, header.key_id.as_deref(), buffer)
            .ok_or(ErrorKind::MalformedToken)?;
        let unverified = Unverified::read(text)?;
        let (place, issuer) = self.issuer_of(unverified.issuer(text)?, header.algorithm)?;
        let current = issuer.keys.source().current();
        let at_hand = current.is_some();
        let Some((proof, key_set)) = prove(token, &header, current, checked)? else {
            // A token whose signature can't be one, or that is out of its time by its own word, is not worth a fetch.
            token.check_form()?;
            unverified.check_time(rules, now)?;
            if !at_hand {
                issuer.keys.keep_fresh();
            }
            return Err(Stop::NeedsKeys(
                place,
                KeyQuery::new(header.key_id.as_deref(), header.algorithm),
            ));
        };
        issuer.keys.keep_fresh();
        let verified = unverified.verified(proof, &header, token_type, text);
        let claims = verified.validate(rules, issuer.expected(), now, Verified::custom)?;
        Ok(Sight {
            claims,
            place,
            key_set,
        })
    }

    /// Whether no issuer has a key for such a token, nor might get one now: then nothing else of it is worth a look.
    fn is_of_nobody(&self, header: &Header) -> bool {
        let key_id = header.key_id.as_deref();
        self.issuers
            .iter()
            .all(|issuer| issuer.keys.surely_lack(key_id, header.algorithm))
    }

    /// The configured issuer of that name, byte by byte, if it may use the token's algorithm.
    fn issuer_of(&self, named: &str, algorithm: Algorithm) -> Result<(usize, &Trusted), Error> {
        let mut issuers = self.issuers.iter().enumerate();
        let (place, issuer) = issuers
            .find(|(_, issuer)| issuer.name == named)
            .ok_or(ErrorKind::UnknownIssuer)?;
        if !issuer.algorithms.contains(algorithm) {
            return Err(ErrorKind::AlgorithmNotAllowed.into());
        }
        Ok((place, issuer))
    }
}

/// Verifies with the keys at hand, and tells which set they are; `None` if others might settle it.
fn prove(
    token: &Compact<'_>,
    header: &Header,
    keys: Option<Keys<'_>>,
    checked: Option<Checked>,
) -> Result<Option<(Proof, u64)>, Error> {
    let Some(keys) = keys else { return Ok(None) };
    let checked = checked.filter(|checked| checked.key_set == keys.number());
    match checked.map_or_else(
        || token.check_signature(header, &keys),
        |checked| checked.outcome,
    ) {
        Ok(proof) => {
            keys.remember_header(token.header, header);
            Ok(Some((proof, keys.number())))
        }
        Err(kind) if keys.may_verify(header.key_id.as_deref(), header.algorithm) => {
            Err(kind.into())
        }
        Err(_) => Ok(None),
    }
}
