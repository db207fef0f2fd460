//! `aud`: a string or an array of strings, ours among them (RFC 7519 §4.1.3), byte by byte.

use proptest::prelude::*;
use tower_jwt_auth::ErrorKind;

use crate::support::{AUDIENCE, authenticate, cases, payload, sign};
use crate::values::{ClaimValue, claim};

/// Ours, others, and some that differ by little.
fn audiences() -> impl Strategy<Value = ClaimValue> {
    let exact = Just(AUDIENCE.to_owned());
    let nearly = (0..AUDIENCE.len(), any::<char>()).prop_map(|(place, other)| {
        format!("{}{other}{}", &AUDIENCE[..place], &AUDIENCE[place + 1..])
    });
    let longer = "[ /a-z,]".prop_map(|more| format!("{AUDIENCE}{more}"));
    claim(prop_oneof![3 => exact, 1 => nearly, 1 => longer, 1 => "\\PC{0,12}"])
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn a_token_is_for_us_if_and_only_if_ours_is_among_its_audiences(audience in audiences(), escapes in any::<u16>()) {
        let outcome = authenticate(&sign(&payload(&[("aud", &audience.json(escapes))])));
        match audience.texts() {
            Some(texts) if texts.contains(&AUDIENCE) => {
                let claims = outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(claims.audience().collect::<Vec<_>>(), texts);
            }
            Some(_) => prop_assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WrongAudience),
            None => {
                let error = outcome.unwrap_err();
                prop_assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidClaim, Some("aud")));
            }
        }
    }
}
