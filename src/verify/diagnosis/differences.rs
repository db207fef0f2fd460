//! Names that are nearly those that are expected.

use super::facts::Facts;
use super::{audience_hints, hints};
use crate::verify::IssuerSet;
use crate::verify::issuers::Lookup;

/// Names the cause of an unknown issuer.
pub(super) fn issuer(facts: &Facts, issuers: &IssuerSet) -> Option<String> {
    let name = facts.claim_text("iss").unwrap_or_default();
    let is_known = |name: &str| !matches!(issuers.find(name), Lookup::Unknown);
    let without = name.strip_suffix('/');
    if without.map_or_else(|| is_known(&format!("{name}/")), is_known) {
        return Some("issuer differs by a trailing slash: configure it as the token has it".into());
    }
    let lower = name.to_ascii_lowercase();
    if lower != name && is_known(&lower) {
        return Some("issuer differs in case: configure it as the token has it".into());
    }
    let other_scheme = match name.split_once("://") {
        Some(("http", rest)) => Some(format!("https://{rest}")),
        Some(("https", rest)) => Some(format!("http://{rest}")),
        _ => None,
    };
    if other_scheme.is_some_and(|name| is_known(&name)) {
        return Some(
            "issuer differs in its scheme (http, https): set its public URL in the provider's settings"
                .into(),
        );
    }
    hints::first(hints::ISSUER, facts).or_else(|| {
        let realm = path_of(name).filter(|path| is_realm(path))?;
        // The first ones: a hint is not worth a pass over thousands.
        let mut names = issuers.names().take(MAX_COMPARED);
        let is_moved = names.any(|other| path_of(other) == Some(realm));
        is_moved.then(|| OTHER_ORIGIN.to_owned())
    })
}

const OTHER_ORIGIN: &str = "only the origin differs: if the issuer is the same, set its public host \
                            name (Keycloak: KC_HOSTNAME)";

/// Returns whether it is a path of Keycloak. At other providers, an equal path says nothing.
fn is_realm(path: &str) -> bool {
    path.split('/').any(|segment| segment == "realms")
}

/// The maximum number of configured names that are compared for a hint.
const MAX_COMPARED: usize = 32;

/// Returns a URL's path, if it is more than a slash.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    (!path.is_empty()).then_some(path)
}

/// Names the cause of an `aud` without any of these names.
pub(super) fn audience(facts: &Facts, names: &[String]) -> Option<String> {
    let names = names.get(..MAX_COMPARED).unwrap_or(names);
    let fits = |change: fn(&str) -> String| facts.has_audience(|aud| names.contains(&change(aud)));
    if fits(|aud| format!("{aud}/")) || fits(|aud| aud.trim_end_matches('/').to_owned()) {
        let hint = "audience differs by a trailing slash: configure it as the token has it";
        return Some(hint.to_owned());
    }
    if fits(|aud| format!("api://{aud}")) || fits(|aud| aud.replacen("api://", "", 1)) {
        let hint =
            "configure both: Entra ID writes api://… in v1 tokens, the client id in v2 tokens";
        return Some(hint.to_owned());
    }
    audience_hints::audience(facts)
}
