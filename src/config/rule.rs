//! Rules about the claims.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::duration::Time;
use super::location::{At as _, invalid};
use crate::{ConfigError, Rule};

/// A rule, each of whose parts must be met.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RuleConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    all_scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any_scope: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any_of: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_of: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equals: Option<Value>,
    present: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<Time>,
}

impl RuleConfig {
    pub(super) fn rule(self, path: &str) -> Result<Rule, ConfigError> {
        let of_claim = [
            ("any_of", self.any_of.is_some()),
            ("all_of", self.all_of.is_some()),
            ("equals", self.equals.is_some()),
            ("present", self.present),
        ];
        let given = of_claim.iter().find(|(_, given)| *given);
        match (&self.claim, given) {
            (None, Some((part, _))) => {
                let problem = format!("is missing: {part} needs the JSON pointer of a claim");
                return Err(invalid(&format!("{path}.claim"), &problem));
            }
            (Some(_), None) => {
                let problem = "needs any_of, all_of, equals or present";
                return Err(invalid(&format!("{path}.claim"), problem));
            }
            _ => {}
        }
        let claim = self.claim.unwrap_or_default();
        let claim = claim.as_str();
        let parts = [
            self.all_scopes.map(Rule::all_scopes),
            self.any_scope.map(Rule::any_scope),
            self.any_of.map(|values| Rule::any_of(claim, values)),
            self.all_of.map(|values| Rule::all_of(claim, values)),
            self.equals.map(|value| Rule::equals(claim, value)),
            self.present.then(|| Rule::present(claim)),
            self.acr.map(Rule::acr),
            self.max_age.map(|age| Rule::max_age(age.into())),
        ];
        let parts = parts.into_iter().flatten();
        let parts: Vec<_> = parts.collect::<Result<_, _>>().at(path)?;
        let rule = parts.into_iter().reduce(Rule::and);
        rule.ok_or_else(|| invalid(path, "is empty: must have a part, such as claim"))
    }
}
