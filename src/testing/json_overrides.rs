//! JSON objects with some members replaced or removed.

use std::collections::BTreeMap;

use serde_json::Value;

/// The members that a test sets. `None` removes the member.
pub(super) type Members = BTreeMap<String, Option<Value>>;

/// Returns `defaults`, an object, with the members that a test sets.
pub(super) fn overridden(mut defaults: Value, overrides: &Members) -> Value {
    let members = defaults.as_object_mut();
    let members = members.expect("the defaults are an object");
    for (name, value) in overrides {
        match value {
            Some(value) => members.insert(name.clone(), value.clone()),
            None => members.remove(name),
        };
    }
    defaults
}
