//! What an issuer answers, and how often it was asked.

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::builder::header_value;
use super::fault::Fault;
use super::issuer::TestIssuer;

/// Answers: what they say, how wrong they are, how many there were.
impl TestIssuer {
    /// Whether OpenID Connect metadata is served; 404 if not.
    pub fn set_openid_discovery(&self, on: bool) {
        self.state().openid_discovery = on;
    }

    /// Whether OAuth metadata is served; 404 if not.
    pub fn set_oauth_discovery(&self, on: bool) {
        self.state().oauth_discovery = on;
    }

    /// Changes or adds a member of the metadata: to lie about `issuer`, to point `jwks_uri` elsewhere.
    pub fn set_metadata_member(&self, name: impl Into<String>, value: impl Into<Value>) {
        self.state()
            .metadata
            .insert(name.into(), Some(value.into()));
    }

    /// Leaves a member of the metadata out.
    pub fn remove_metadata_member(&self, name: impl Into<String>) {
        self.state().metadata.insert(name.into(), None);
    }

    /// The `Cache-Control` header of answers from now on.
    ///
    /// # Panics
    /// If `value` can't stand in a header.
    pub fn set_cache_control(&self, value: Option<&str>) {
        self.state().cache_control = value.map(header_value);
    }

    /// A header of answers from now on, also in place of a default one.
    ///
    /// # Panics
    /// If `name` or `value` can't stand in a header.
    pub fn set_header(&self, name: &str, value: &str) {
        let parsed = HeaderName::try_from(name);
        let name =
            parsed.unwrap_or_else(|_| panic!("TestIssuer: {name:?} can't be the name of a header"));
        self.state().headers.insert(name, header_value(value));
    }

    /// Misbehaves wherever the key set is asked for, until `None` is set.
    ///
    /// # Panics
    /// If the fault can't be sent: a status below 200 or over 999, a URL that can't stand in a header.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.state().jwks_fault = fault.map(Fault::checked);
    }

    /// Misbehaves wherever metadata is asked for, until `None` is set.
    ///
    /// # Panics
    /// As [`set_fault`](Self::set_fault).
    pub fn set_metadata_fault(&self, fault: Option<Fault>) {
        self.state().metadata_fault = fault.map(Fault::checked);
    }

    /// How often the key set was asked for, whatever the answer.
    #[must_use]
    pub fn jwks_fetches(&self) -> usize {
        self.state().jwks_fetches
    }

    /// How often metadata of either kind was asked for, whatever the answer.
    #[must_use]
    pub fn metadata_fetches(&self) -> usize {
        self.state().metadata_fetches
    }

    /// Counts from zero again.
    pub fn reset_counts(&self) {
        let mut state = self.state();
        state.jwks_fetches = 0;
        state.metadata_fetches = 0;
    }

    /// The headers of the last request for key set or metadata.
    #[must_use]
    pub fn last_request_headers(&self) -> Option<HeaderMap> {
        self.state().last_request.clone()
    }
}
