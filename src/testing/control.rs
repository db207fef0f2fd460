//! Control of an issuer's responses, and counts of its requests.

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::builder::header_value;
use super::fault::Fault;
use super::issuer::TestIssuer;

/// Responses: their content, their faults, and how many there were.
impl TestIssuer {
    /// Sets whether OpenID Connect metadata is served. If not, requests for it get 404.
    pub fn set_openid_discovery(&self, on: bool) {
        self.state().openid_discovery = on;
    }

    /// Sets whether OAuth metadata is served. If not, requests for it get 404.
    pub fn set_oauth_discovery(&self, on: bool) {
        self.state().oauth_discovery = on;
    }

    /// Sets a member of the metadata, such as a wrong `issuer` or another `jwks_uri`.
    pub fn set_metadata_member(&self, name: impl Into<String>, value: impl Into<Value>) {
        self.state()
            .metadata
            .insert(name.into(), Some(value.into()));
    }

    /// Removes a member of the metadata.
    pub fn remove_metadata_member(&self, name: impl Into<String>) {
        self.state().metadata.insert(name.into(), None);
    }

    /// Sets the `Cache-Control` header of later responses. With `None` they have none.
    ///
    /// # Panics
    ///
    /// If `value` is not a valid header value.
    pub fn set_cache_control(&self, value: Option<&str>) {
        self.state().cache_control = value.map(header_value);
    }

    /// Sets a header of later responses. Takes precedence over a default header of that name.
    ///
    /// # Panics
    ///
    /// If `name` or `value` is not valid in a header.
    pub fn set_header(&self, name: &str, value: &str) {
        let parsed = HeaderName::try_from(name);
        let name =
            parsed.unwrap_or_else(|_| panic!("TestIssuer: {name:?} is not a valid header name"));
        self.state().headers.insert(name, header_value(value));
    }

    /// Sets the fault of the key set's responses. `None` ends it.
    ///
    /// # Panics
    ///
    /// If the fault can't be sent: its status is not in 200 to 999, or its URL is not a valid
    /// header value.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.state().jwks_fault = fault.map(Fault::validated);
    }

    /// Sets the fault of the metadata's responses. `None` ends it.
    ///
    /// # Panics
    ///
    /// As [`set_fault`](Self::set_fault).
    pub fn set_metadata_fault(&self, fault: Option<Fault>) {
        self.state().metadata_fault = fault.map(Fault::validated);
    }

    /// Returns the number of GET requests for the key set, whatever the responses were.
    #[must_use]
    pub fn jwks_fetches(&self) -> usize {
        self.state().jwks_fetches
    }

    /// Returns the number of GET requests for metadata of either kind, whatever the responses were.
    #[must_use]
    pub fn metadata_fetches(&self) -> usize {
        self.state().metadata_fetches
    }

    /// Sets both counts to zero.
    pub fn reset_counts(&self) {
        let mut state = self.state();
        state.jwks_fetches = 0;
        state.metadata_fetches = 0;
    }

    /// Returns the headers of the last GET request for the key set or metadata.
    #[must_use]
    pub fn last_request_headers(&self) -> Option<HeaderMap> {
        self.state().last_request.clone()
    }
}
