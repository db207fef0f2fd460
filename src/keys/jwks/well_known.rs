//! Where an issuer's metadata is.

use http::Uri;

use super::url::{invalid_url, secure_url};
use crate::config_error::ConfigError;

/// Returns the URLs of an issuer's metadata: OpenID Connect Discovery §4.1 appends its path to the
/// issuer, RFC 8414 §3.1 inserts its own before the issuer's, and some servers insert the former.
pub(super) fn well_known(issuer: &str, http_hosts: &[String]) -> Result<Vec<Uri>, ConfigError> {
    let url = secure_url("issuer", issuer, http_hosts)?;
    if issuer.contains(['?', '#']) {
        let allowed = "must have neither query nor fragment (RFC 8414 section 2)";
        return Err(invalid_url("issuer", issuer, allowed));
    }
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    let path = url.path().trim_end_matches('/');
    let origin = base.strip_suffix(path).unwrap_or(base);
    let mut documents = vec![
        format!("{base}/.well-known/openid-configuration"),
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if path.is_empty() {
        // It is the first one.
        documents.pop();
    }
    let parse = |document: String| secure_url("issuer", &document, http_hosts);
    documents.into_iter().map(parse).collect()
}
