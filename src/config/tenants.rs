//! The tenants of an issuer.

use serde::{Deserialize, Serialize};

use super::duration::Time;
use super::set::{set, set_times};
use crate::Tenants;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantsConfig {
    only: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_claim: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_cached_tenants: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_timeout: Option<Time>,
}

impl TenantsConfig {
    pub(super) fn tenants(self) -> Tenants {
        let tenants = Tenants::only(self.only);
        set!(tenants, self, tenant_claim, max_cached_tenants);
        set_times!(tenants, self, idle_timeout);
        tenants
    }
}
