//! `scope` (RFC 8693 §4.2) or else `scp`, in the forms that issuers use: space-separated strings,
//! or arrays of them.

use std::sync::LazyLock;

use proptest::prelude::*;
use tower_jwt_auth::{Authenticator, ErrorKind};

use crate::properties::support::{authenticate, builder, cases, payload, sign};
use crate::properties::values::{ClaimValue, claim};
use crate::support::block_on;

static READERS: LazyLock<Authenticator> = LazyLock::new(|| {
    builder()
        .require_scopes(["read"])
        .build_authenticator()
        .unwrap()
});

fn scopes() -> impl Strategy<Value = Option<ClaimValue>> {
    let name = "(read|write|Read|read:all|é|\t|\u{a0}|x)";
    let names = prop::collection::vec((name, "  ?"), 0..4).prop_map(|pieces| {
        pieces
            .into_iter()
            .map(|(name, space)| name + &space)
            .collect::<String>()
    });
    prop::option::of(claim(prop_oneof![names, "(read| read|read | )"]))
}

/// Returns the scopes that a claim grants, in order, or `None` if it has none of the forms.
fn granted(value: Option<&ClaimValue>) -> Option<Vec<&str>> {
    let names = |text| str::split(text, ' ').filter(|name| !name.is_empty());
    Some(value?.texts()?.into_iter().flat_map(names).collect())
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn a_token_grants_the_scopes_in_scope_or_else_in_scp(
        scope in scopes(),
        scp in scopes(),
        scope_first in any::<bool>(),
        escapes in any::<u16>(),
    ) {
        let texts: Vec<_> = [("scope", &scope), ("scp", &scp)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?.json(escapes))))
            .collect();
        let mut members: Vec<_> = texts.iter().map(|(name, json)| (*name, json.as_str())).collect();
        if !scope_first {
            members.reverse();
        }
        let token = sign(&payload(&members));
        let expected = granted(scope.as_ref()).or(granted(scp.as_ref())).unwrap_or_default();

        let is_null = |value: &Option<ClaimValue>| value.as_ref().is_some_and(ClaimValue::is_null);
        if is_null(&scope) || is_null(&scp) {
            let rejection = authenticate(&token).err().map(|error| error.kind());
            prop_assert_eq!(rejection, Some(ErrorKind::InvalidClaim));
            return Ok(());
        }
        let claims = authenticate(&token).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(claims.scopes().collect::<Vec<_>>(), expected.clone());
        for name in ["read", "write", "Read", "", " ", "read write"] {
            prop_assert_eq!(claims.has_scope(name), expected.contains(&name), "{:?}", name);
        }
        let rejection = block_on(READERS.authenticate(&token)).err().map(|error| error.kind());
        let lacks_read = !expected.contains(&"read");
        prop_assert_eq!(rejection, lacks_read.then_some(ErrorKind::InsufficientScope));
    }
}
