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
    if let Some(hint) = tenant(name, issuers) {
        return Some(hint.to_owned());
    }
    // The first ones: a hint is not worth a pass over thousands.
    let mut names = issuers.names().take(MAX_COMPARED);
    let lower = name.to_ascii_lowercase();
    let is_in_lower_case = lower != name && is_known(&lower);
    if is_in_lower_case || names.any(|other| other.eq_ignore_ascii_case(name)) {
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
    let hint = hints::first(hints::ISSUER, facts);
    hint.or_else(|| Some(other_name(name, issuers).to_owned()))
}

/// Names the cause if the issuer fits the pattern of one with tenants.
fn tenant(name: &str, issuers: &IssuerSet) -> Option<&'static str> {
    let tenants = issuers.pattern_of(name)?;
    Some(if tenants.lists_in_another_case(name) {
        "the tenant differs in case: list it in Tenants::only as the token has it"
    } else {
        "Tenants does not allow this tenant: add it, if its callers may use this service"
    })
}

/// Returns what to do about a name that is like none that is configured.
fn other_name(name: &str, issuers: &IssuerSet) -> &'static str {
    let realm = path_of(name).filter(|path| is_realm(path));
    let mut names = issuers.names().take(MAX_COMPARED);
    let is_moved = realm.is_some() && names.any(|other| path_of(other) == realm);
    if is_moved {
        OTHER_ORIGIN
    } else {
        hints::OTHER_ISSUER
    }
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
    if hints::is_entra(facts) && fits(|aud| format!("api://{aud}")) {
        let hint = "configure the client id: tokens of version 2 of Entra ID have no api:// in aud";
        return Some(hint.to_owned());
    }
    if hints::is_entra(facts) && fits(|aud| aud.replacen("api://", "", 1)) {
        let hint =
            "set requestedAccessTokenVersion to 2 in the manifest: then aud is the client id";
        return Some(hint.to_owned());
    }
    audience_hints::audience(facts)
}
