//! Why the claims don't fit the claims type, for developers.

mod cause;
mod source;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::Value;

use self::cause::Cause;
use self::source::ClaimSource;
use super::payload;
use super::token::Unverified;

impl Unverified<'_> {
    /// Deserializes the claims type. An error is its cause, without a value of the token.
    pub(crate) fn check_claims_type<C: DeserializeOwned + 'static>(&self) -> Result<(), String> {
        let payload = self.payload.payload;
        if payload::custom::<C>(payload).is_ok() {
            return Ok(());
        }
        Err(cause::<C>(payload).to_string())
    }
}

/// Deserializes the claims again, now with errors that no value gets into.
fn cause<C: DeserializeOwned>(payload: &str) -> Cause {
    let claims = serde_json::from_str::<Value>(payload);
    let again = claims.map(|claims| C::deserialize(ClaimSource(claims)));
    let cause = again.ok().and_then(Result::err);
    cause.unwrap_or_default()
}
