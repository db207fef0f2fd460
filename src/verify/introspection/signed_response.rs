//! Signed responses (RFC 9701).

use std::time::Duration;

use super::super::ConfiguredIssuer;
use super::failure::IntrospectionError;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;
use crate::jwt::decoded_payload::{self, DecodedPayload};
use crate::jwt::{Compact, Proof, Rules, Unverified, is_same_type};
use crate::keys::{KeyQuery, KeysError};

/// The `typ` of signed responses (RFC 9701 §5). No access token has it, so neither is accepted in
/// place of the other.
const TYPE: &str = "token-introspection+jwt";

/// The keys that signed responses are verified with, and what they must contain.
pub(super) struct SignedResponses(pub(super) ConfiguredIssuer);

impl SignedResponses {
    /// Verifies a response and returns the answer in it. Waits for newer keys once. `now` is the
    /// time since 1970.
    pub(super) async fn verify(
        &self,
        response: &str,
        rules: &Rules,
        now: Duration,
    ) -> Result<String, IntrospectionError> {
        let token = Compact::parse(response.trim_ascii().as_bytes());
        let token = token.map_err(|_| invalid("it is not a JWS"))?;
        let header = self.read_header(&token, rules)?;
        let mut proved = self.prove(&token, &header);
        if proved.is_none() {
            self.refresh(&header).await?;
            proved = self.prove(&token, &header);
        }
        let proof = proved.ok_or_else(|| invalid("its key is not known"))??;
        self.0.mark_used(header.algorithm);
        decoded_payload::with_buffer(|buffer| {
            let payload = DecodedPayload::decode(token.payload, None, buffer);
            let payload = payload.ok_or(invalid("its payload is not UTF-8"))?;
            let claims = Unverified::read(payload, rules);
            let claims = claims.map_err(|_| invalid("its payload is not a claims set"))?;
            let (name, expected) = (&self.0.name, self.0.expected());
            let answer = claims.signed_answer(&proof, name, rules, expected, now);
            answer.map(ToOwned::to_owned).map_err(invalid)
        })
    }

    fn read_header(
        &self,
        token: &Compact<'_>,
        rules: &Rules,
    ) -> Result<Header, IntrospectionError> {
        let read = Header::read(token.header, rules.max_members, |algorithm, typ| {
            if !typ.is_some_and(|typ| is_same_type(typ, TYPE)) {
                return Err(Error::from(ErrorKind::WrongTokenType));
            }
            if !self.0.algorithms.contains(algorithm) {
                return Err(ErrorKind::AlgorithmNotAllowed.into());
            }
            Ok(())
        });
        read.map(|(header, ())| header).map_err(|error| {
            invalid(match error.kind() {
                ErrorKind::WrongTokenType => "its `typ` is not token-introspection+jwt",
                ErrorKind::AlgorithmNotAllowed => "its algorithm is not allowed",
                _ => "its header is malformed",
            })
        })
    }

    /// Checks the signature. Returns `None` if newer keys could lead to another outcome.
    fn prove(
        &self,
        token: &Compact<'_>,
        header: &Header,
    ) -> Option<Result<Proof, IntrospectionError>> {
        let (key_id, algorithm) = (header.key_id.as_deref(), header.algorithm);
        let keys = self.0.source_for(algorithm).current()?;
        match token.check_signature(header, &keys, &self.0.name) {
            Ok(proof) => Some(Ok(proof)),
            Err(_) if keys.is_conclusive_for(key_id, algorithm) => {
                Some(Err(invalid("its signature is invalid")))
            }
            Err(_) => None,
        }
    }

    async fn refresh(&self, header: &Header) -> Result<(), IntrospectionError> {
        let (key_id, algorithm) = (header.key_id.as_deref(), header.algorithm);
        let refreshed = self
            .0
            .source_for(algorithm)
            .refresh(KeyQuery::new(key_id, algorithm));
        let refreshed: Result<(), KeysError> = refreshed.await;
        refreshed.map_err(|_| invalid("its keys are unavailable"))
    }

    /// Fetches the keys now, if they are fetched.
    pub(super) async fn prefetch(&self) -> Result<(), KeysError> {
        // Boxed: the keys of the issuer of these keys can't be introspected ones, which the
        // compiler does not know.
        Box::pin(self.0.keys.prefetch()).await
    }

    pub(super) fn close(&self) {
        self.0.retire();
    }
}

const fn invalid(reason: &'static str) -> IntrospectionError {
    IntrospectionError::InvalidSignedResponse(reason)
}
