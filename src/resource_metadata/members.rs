//! The members of the document (RFC 9728 §2).

use serde_json::{Map, Value};

use super::settings::{DOCUMENTATION, NAME, POLICY, TOS};
use super::{LayerFacts, ResourceMetadata};

const AUTHORIZATION_SERVERS: &str = "authorization_servers";

/// The members that have setters, or are filled in.
pub(super) const STANDARD: [&str; 15] = [
    "resource",
    AUTHORIZATION_SERVERS,
    "jwks_uri",
    "scopes_supported",
    "bearer_methods_supported",
    "resource_signing_alg_values_supported",
    NAME,
    DOCUMENTATION,
    POLICY,
    TOS,
    "tls_client_certificate_bound_access_tokens",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
    "dpop_bound_access_tokens_required",
    "signed_metadata",
];

/// Returns all members, without the authorization servers if they are the issuers of the layer.
pub(super) fn all(metadata: &ResourceMetadata, layer: &LayerFacts) -> Map<String, Value> {
    let mut members = Members(Map::new());
    for (name, value) in &metadata.members {
        members.add(name, value.clone());
    }
    for text in &metadata.texts {
        let name = match &text.language {
            Some(language) => format!("{}#{language}", text.member),
            None => text.member.to_owned(),
        };
        members.add(&name, text.value.as_str());
    }
    members.add("resource", metadata.resource.as_str());
    if let Some(servers) = &metadata.authorization_servers {
        members.add_list(AUTHORIZATION_SERVERS, servers);
    }
    let required = layer.scopes.iter().flat_map(|scopes| scopes.split(' '));
    let given = metadata.scopes.iter().map(String::as_str);
    members.add_list("scopes_supported", required.chain(given));
    members.add_list("bearer_methods_supported", &layer.bearer_methods);
    members.add("jwks_uri", metadata.jwks_uri.clone());
    let algorithms = &metadata.signing_algorithms;
    members.add_list("resource_signing_alg_values_supported", algorithms);
    let types = &metadata.authorization_details_types;
    members.add_list("authorization_details_types_supported", types);
    members.add("signed_metadata", metadata.signed_metadata.clone());
    add_bindings(&mut members, layer);
    members.0
}

/// Adds what the layer is configured for with tokens that are bound to their sender.
fn add_bindings(members: &mut Members, layer: &LayerFacts) {
    if let Some(dpop) = &layer.dpop {
        let algorithms = dpop.algorithms.split(' ');
        members.add_list("dpop_signing_alg_values_supported", algorithms);
        members.add_if("dpop_bound_access_tokens_required", dpop.is_required);
    }
    members.add_if(
        "tls_client_certificate_bound_access_tokens",
        layer.accepts_certificates,
    );
}

pub(super) fn add_authorization_servers(members: &mut Map<String, Value>, issuers: &[&str]) {
    if !issuers.is_empty() {
        members.insert(AUTHORIZATION_SERVERS.to_owned(), issuers.into());
    }
}

struct Members(Map<String, Value>);

impl Members {
    /// Adds a member, unless it has no value: then it must not be there (RFC 9728 §3.2).
    fn add(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if is_empty {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), value);
        }
    }

    fn add_if(&mut self, name: &str, is_true: bool) {
        self.add(name, is_true.then_some(true));
    }

    /// Adds an array with each value once.
    fn add_list(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut list = Vec::<Value>::new();
        for value in values {
            let value = Value::from(value.as_ref());
            if !list.contains(&value) {
                list.push(value);
            }
        }
        self.add(name, list);
    }
}
