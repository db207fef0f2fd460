//! The cache of verified tokens.

use serde::{Deserialize, Serialize};

use super::duration::Time;
use super::set::{set, set_times};
use crate::TokenCacheSettings;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "fields are named as the setters, and all are maxima"
)]
pub(super) struct TokenCacheConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_entries: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_ttl: Option<Time>,
}

impl TokenCacheConfig {
    pub(super) fn settings(self) -> TokenCacheSettings {
        let settings = TokenCacheSettings::default();
        set!(settings, self, max_entries, max_bytes);
        set_times!(settings, self, max_ttl);
        settings
    }
}
