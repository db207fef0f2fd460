//! What to do about each failure of an issuer.

use crate::recorder::Fetch;

const UNKNOWN_AUTHORITY: &str = "\
    install the certificate authority (the package ca-certificates in a container); for a private \
    one, set SSL_CERT_FILE or SSL_CERT_DIR, or give the service an HTTP client that trusts it, as \
    examples/kubernetes does";
const OTHER_NAME: &str = "\
    use the host name that the certificate is for, or have it issued for this one: another \
    authority does not help";
const EXPIRED: &str = "have the issuer's certificate renewed, unless this machine's clock is wrong";
const NOT_YET_VALID: &str = "check this machine's clock: the certificate is not valid yet";
const IS_AUTHORITY: &str = "\
    have the server use a certificate of its own, signed by the authority: this one is the \
    authority's, or self-signed as one";
const CLIENT_CERTIFICATE: &str = "\
    the issuer asks for a certificate of the client: give the service an HTTP client that has one, \
    as examples/kubernetes does";
const CERTIFICATE: &str = "have the server's certificate corrected: the error says what is wrong";
const NO_TLS: &str = "\
    this port does not speak TLS: use the issuer's https port; if it has none, its http URL on \
    loopback, or in a network of your own with --allow-http HOST";
const NEEDS_TLS: &str = "\
    check the port: the server ends the connection, as one does that speaks TLS there; then use its \
    https URL";

/// Returns what to do about a request that failed.
pub(crate) fn of_request(fetch: &Fetch, error: &str) -> Option<&'static str> {
    let error = error.to_ascii_lowercase();
    let has = |text: &&str| error.contains(text);
    let any = |texts: &[&str]| texts.iter().any(has);
    if has(&"certificate") {
        Some(of_certificate(&error))
    } else if has(&"corrupt message") {
        Some(NO_TLS)
    } else if any(&["dns", "lookup", "resolve"]) {
        Some("check the host name, and whether this machine can resolve it")
    } else if any(&["refused", "timed out", "unreachable"]) {
        Some(of_connection(fetch.is_https))
    } else if any(&["reset", "closed", "http version"]) && !fetch.is_https {
        Some(NEEDS_TLS)
    } else if has(&"reset") {
        Some(of_connection(fetch.is_https))
    } else {
        None
    }
}

/// Plain `http` goes through no proxy.
const fn of_connection(is_https: bool) -> &'static str {
    if is_https {
        "check the port, and whether a firewall or a proxy is in the way (HTTPS_PROXY)"
    } else {
        "check the port, and whether a firewall is in the way"
    }
}

/// Returns what to do about a certificate. `error` is in lower case.
fn of_certificate(error: &str) -> &'static str {
    let has = |text: &str| error.contains(text);
    if has("required") {
        CLIENT_CERTIFICATE
    } else if has("unknownissuer") {
        UNKNOWN_AUTHORITY
    } else if has("not valid for name") {
        OTHER_NAME
    } else if has("expired") {
        EXPIRED
    } else if has("not valid yet") {
        NOT_YET_VALID
    } else if has("causedasendentity") {
        IS_AUTHORITY
    } else {
        CERTIFICATE
    }
}

/// Returns what to do if no request brought keys.
pub(crate) fn of_keys(error: &str, fetches: &[Fetch], has_jwks_uri: bool) -> Option<&'static str> {
    let failed = |fetch: &Fetch| {
        let error = fetch.outcome.as_ref().err();
        error.is_some_and(|error| of_request(fetch, error).is_some())
    };
    if fetches.iter().any(failed) {
        return None;
    }
    let has = |text: &str| error.contains(text);
    Some(if has("names issuer") {
        "configure the issuer as its metadata names it, byte by byte"
    } else if has("status 401") || has("status 403") {
        "the issuer asks for credentials: give the service an HTTP client that sends them, as \
         examples/kubernetes does"
    } else if has("status 5") || has("in time") {
        "the issuer fails or is too slow: try again, or ask its operator"
    } else if has_jwks_uri {
        "compare --jwks-uri with the issuer's documentation: this URL has no JWK set"
    } else {
        "compare --issuer with the issuer's documentation, byte by byte; if its metadata or keys \
         are elsewhere, use --metadata-url or --jwks-uri"
    })
}

/// Returns what to do about a configuration that is rejected.
pub(crate) fn of_configuration(error: &str) -> Option<&'static str> {
    if error.contains("must be https") {
        Some(
            "use https; in a network of your own, --allow-http HOST (in the service: \
             JwksCacheSettings::allowed_http_hosts)",
        )
    } else if error.contains("is the URL of metadata") {
        Some(
            "remove it from --issuer: the metadata is found by itself; if it is elsewhere, use \
             --metadata-url",
        )
    } else {
        None
    }
}
