//! Rules as text.

use std::fmt;

use super::condition::{Condition, Expected};
use super::{Node, Rule};

/// Shows the whole rule, as its methods are called: `all_scopes("orders:write") and
/// any_of("/roles", ["editor"])`.
impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Node::Authenticated => f.write_str("authenticated"),
            Node::AllScopes(scopes) => write!(f, "all_scopes({:?})", scopes.joined()),
            Node::AnyScope(scopes) => write!(f, "any_scope({:?})", scopes.joined()),
            Node::Claim(condition) => condition.fmt(f),
            Node::Acr(acr) => acr.fmt(f),
            Node::MaxAge(max_age) => write!(f, "max_age({} s)", max_age.as_secs()),
            Node::All(rules) => show_joined(rules, " and ", f),
            Node::Any(rules) => show_joined(rules, " or ", f),
            Node::Not(rule) => {
                f.write_str("not ")?;
                rule.show_operand(f)
            }
        }
    }
}

impl Rule {
    /// Shows a part of another rule: in parentheses, if it has parts itself.
    fn show_operand(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Node::All(_) | Node::Any(_) => write!(f, "({self:?})"),
            _ => write!(f, "{self:?}"),
        }
    }
}

fn show_joined(rules: &[Rule], operator: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, rule) in rules.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        rule.show_operand(f)?;
    }
    Ok(())
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, expected, .. } = self;
        match expected {
            Expected::AnyOf(values) => write!(f, "any_of({path:?}, {values:?})"),
            Expected::AllOf(values) => write!(f, "all_of({path:?}, {values:?})"),
            Expected::Text(value) => write!(f, "equals({path:?}, {value:?})"),
            Expected::Bool(value) => write!(f, "equals({path:?}, {value})"),
            Expected::Integer(value) => write!(f, "equals({path:?}, {value})"),
            Expected::Present => write!(f, "present({path:?})"),
        }
    }
}
