//! Scopes that grant others.

use std::collections::{BTreeMap, BTreeSet};

/// Which scopes imply which others, directly or through further ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImpliedScopes {
    /// By scope: those that imply it.
    implied_by: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
}

impl ImpliedScopes {
    /// Adds that `scope`, and every scope that implies it, implies `implied` and every scope that
    /// `implied` implies.
    pub(crate) fn add(&mut self, scope: &str, implied: &str) {
        let mut implying = self.implied_by.get(scope).cloned().unwrap_or_default();
        implying.insert(scope.into());
        let further = self.implied_by.iter();
        let further = further.filter(|(_, by)| by.contains(implied));
        let mut all: Vec<Box<str>> = further.map(|(scope, _)| scope.clone()).collect();
        all.push(implied.into());
        for implied in all {
            let by = self.implied_by.entry(implied).or_default();
            by.extend(implying.iter().cloned());
        }
    }

    pub(crate) fn implies(&self, granted: &str, asked: &str) -> bool {
        let by = self.implied_by.get(asked);
        by.is_some_and(|by| by.contains(granted))
    }

    /// Returns every scope that implies or is implied.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.implied_by.iter();
        names.flat_map(|(implied, by)| by.iter().chain([implied]).map(AsRef::as_ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order of adding leads to the same.
    #[test]
    fn implication_is_transitive_and_nothing_else() {
        let edges = [("a", "b"), ("b", "c"), ("c", "d"), ("x", "c")];
        for rotation in 0..edges.len() {
            let mut rotated = edges;
            rotated.rotate_left(rotation);
            for edges in [rotated.to_vec(), rotated.into_iter().rev().collect()] {
                let mut scopes = ImpliedScopes::default();
                for (scope, implied) in edges {
                    scopes.add(scope, implied);
                }
                for granted in ["a", "b", "c", "d", "x"] {
                    let implied = match granted {
                        "a" => "bcd",
                        "b" | "x" => "cd",
                        "c" => "d",
                        _ => "",
                    };
                    for asked in ["a", "b", "c", "d", "x"] {
                        let expected = implied.contains(asked);
                        assert_eq!(
                            scopes.implies(granted, asked),
                            expected,
                            "{granted} {asked}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_circle_makes_scopes_equal() {
        let mut scopes = ImpliedScopes::default();
        scopes.add("a", "b");
        scopes.add("b", "a");
        assert!(scopes.implies("a", "b") && scopes.implies("b", "a"));
        assert!(!scopes.implies("a", "c") && !scopes.implies("c", "a"));
    }
}
