//! The checks of the key and of the signature.

use super::examination::{Examination, Signature};
use super::quoted::{quoted_error, quoted_list, shown};
use super::{form_hints, hints};
use crate::algorithm::Algorithm;
use crate::error::{Error, ErrorKind};
use crate::jwk::Header;
use crate::jwt::Compact;
use crate::keys::Keys;
use crate::verify::ConfiguredIssuer;

impl<C> Examination<'_, C> {
    pub(super) fn check_keys(
        &mut self,
        token: &Compact<'_>,
        header: &Header,
        issuer: &ConfiguredIssuer,
        iss: Option<&str>,
        signature: Signature<'_>,
    ) {
        let keys = issuer.source_for(header.algorithm).current();
        let key_id = header.key_id.as_deref();
        let proved = match (&keys, signature) {
            (_, Signature::As(error)) if is_about_keys(error) => Err(error.clone()),
            (None, _) => Err(ErrorKind::KeysUnavailable.into()),
            (Some(keys), Signature::Check) => token
                .check_signature(header, keys, iss.unwrap_or(&issuer.name))
                .map(|_| ())
                .map_err(Error::from),
            (Some(_), Signature::As(_)) => Ok(()),
        };
        let is_found = !matches!(&proved, Err(error) if !is_about_signature(error));
        let outcome = if is_found { Ok(()) } else { proved.clone() };
        let found = format!("`kid` {}", shown(self.facts.header("kid")));
        let hint = outcome
            .is_err()
            .then(|| self.hint_for_key(keys.as_ref(), key_id, issuer));
        self.report.add("key", outcome, Some(found), || {
            (known_keys(keys.as_ref()), hint.flatten())
        });
        if is_found {
            self.report_signature(proved, header.algorithm, issuer);
        }
    }

    fn report_signature(
        &mut self,
        proved: Result<(), Error>,
        algorithm: Algorithm,
        issuer: &ConfiguredIssuer,
    ) {
        let facts = &self.facts;
        let wrong = || form_hints::wrong_signature(facts, algorithm);
        let hint = match proved.as_ref().map_err(Error::kind) {
            Err(ErrorKind::MalformedToken) => form_hints::part(facts).unwrap_or_else(wrong),
            Err(ErrorKind::TooManyKeys) => {
                let hint = "have the issuer write `kid` into its tokens, or raise max_candidates";
                hints::signature(facts).unwrap_or_else(|| hint.to_owned())
            }
            _ => wrong(),
        };
        let found = facts.signature_len.map(|len| format!("{len} bytes"));
        self.report.add("signature", proved, found, || {
            let (name, len) = (&issuer.name, form_hints::expected_len(algorithm));
            let expected = format!("a signature by a key of {name:?} for {algorithm} ({len})");
            (expected, Some(hint))
        });
    }

    /// Returns why there is no key, if the reason is known.
    fn hint_for_key(
        &self,
        keys: Option<&Keys<'_>>,
        key_id: Option<&str>,
        issuer: &ConfiguredIssuer,
    ) -> Option<String> {
        let health = issuer.health();
        let mut same = keys.into_iter().flat_map(|keys| keys.keys());
        let same = same.find(|key| key_id.is_some() && key.key_id() == key_id);
        let mut skipped = health.skipped.iter();
        let skipped_same = skipped.find(|key| key_id.is_some() && key.key_id() == key_id);
        if let Some(key) = same {
            let algorithms: Vec<_> = key.algorithms().iter().map(Algorithm::name).collect();
            let names = algorithms.join(", ");
            Some(format!(
                "the key with this id is for {names} only, or its JWK names another issuer"
            ))
        } else if let Some(key) = skipped_same {
            let reason = key.reason();
            Some(format!(
                "the issuer's key with this id is not used: it {reason}"
            ))
        } else if let Some(error) = health.fetch.and_then(|fetch| fetch.last_error) {
            let error = quoted_error(&error);
            Some(format!("the last fetch of the keys failed: {error}"))
        } else {
            let other =
                "the token is from another environment of the issuer, or its key was withdrawn";
            keys.map(|_| hints::signature(&self.facts).unwrap_or_else(|| other.to_owned()))
        }
    }
}

fn is_about_signature(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InvalidSignature | ErrorKind::TooManyKeys | ErrorKind::MalformedToken
    )
}

fn is_about_keys(error: &Error) -> bool {
    let is_key = matches!(
        error.kind(),
        ErrorKind::UnknownKey | ErrorKind::KeysUnavailable
    );
    is_key
        || matches!(
            error.kind(),
            ErrorKind::InvalidSignature | ErrorKind::TooManyKeys
        )
}

fn known_keys(keys: Option<&Keys<'_>>) -> String {
    let Some(keys) = keys else {
        return "a key of the issuer (none are cached)".to_owned();
    };
    if keys.keys().next().is_none() {
        return "a key of the issuer (its set has no usable one)".to_owned();
    }
    let ids = keys.keys().map(|key| key.key_id().unwrap_or("(no `kid`)"));
    format!("one of {}", quoted_list(ids))
}
