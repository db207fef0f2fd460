//! Algorithms by their names.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Algorithm;

/// An algorithm, as its name in `alg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AlgorithmName(pub(super) Algorithm);

impl Serialize for AlgorithmName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for AlgorithmName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let algorithm = name.parse().map(Self);
        algorithm.map_err(|_| {
            let problem = "unknown algorithm: must be a name of `alg`, such as RS256 or ES256";
            D::Error::custom(problem)
        })
    }
}
