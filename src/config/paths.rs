//! Sets of paths.

use serde::{Deserialize, Serialize};

use super::location::{At as _, invalid};
use crate::{ConfigError, Paths};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PathsConfig {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exact: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prefix: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grpc_methods: Vec<String>,
}

impl PathsConfig {
    pub(super) fn paths(self, path: &str) -> Result<Paths, ConfigError> {
        let part = |name: &str, list: Vec<String>, make: fn(Vec<String>) -> Result<_, _>| {
            let is_given = !list.is_empty();
            let paths = is_given.then(|| make(list).at(&format!("{path}.{name}")));
            paths.transpose()
        };
        let parts = [
            part("exact", self.exact, Paths::exact)?,
            part("prefix", self.prefix, Paths::prefix)?,
            part("grpc_methods", self.grpc_methods, Paths::grpc_methods)?,
        ];
        let union = parts.into_iter().flatten().reduce(Paths::or);
        union.ok_or_else(|| invalid(path, "must have exact, prefix or grpc_methods"))
    }
}
