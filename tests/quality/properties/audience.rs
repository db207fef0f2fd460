//! `aud`: a string or an array of strings, with the configured audience among them (RFC 7519
//! §4.1.3), compared byte by byte.

use proptest::prelude::*;
use tower_jwt_auth::ErrorKind;

use crate::properties::support::{AUDIENCE, authenticate, cases, payload, sign};
use crate::properties::values::{ClaimValue, claim};

/// The configured audience, others, and some that differ little from it.
fn audiences() -> impl Strategy<Value = ClaimValue> {
    let exact = Just(AUDIENCE.to_owned());
    let nearly = (0..AUDIENCE.len(), any::<char>()).prop_map(|(position, other)| {
        format!(
            "{}{other}{}",
            &AUDIENCE[..position],
            &AUDIENCE[position + 1..]
        )
    });
    let longer = "[ /a-z,]".prop_map(|more| format!("{AUDIENCE}{more}"));
    claim(prop_oneof![3 => exact, 1 => nearly, 1 => longer, 1 => "\\PC{0,12}"])
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn a_token_is_accepted_if_and_only_if_it_has_the_configured_audience(
        audience in audiences(),
        escapes in any::<u16>(),
    ) {
        let outcome = authenticate(&sign(&payload(&[("aud", &audience.json(escapes))])));
        match audience.texts() {
            Some(texts) if texts.contains(&AUDIENCE) => {
                let claims = outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(claims.audience().collect::<Vec<_>>(), texts);
            }
            Some(_) => prop_assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WrongAudience),
            None => {
                let error = outcome.unwrap_err();
                let expected = (ErrorKind::InvalidClaim, Some("aud"));
                prop_assert_eq!((error.kind(), error.claim()), expected);
            }
        }
    }
}
