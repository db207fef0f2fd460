//! JSON objects with some members replaced or left out.

use std::collections::BTreeMap;

use serde_json::Value;

/// What was asked for explicitly; `None` leaves the member out.
pub(super) type Members = BTreeMap<String, Option<Value>>;

/// `defaults` (an object), changed as asked.
pub(super) fn overridden(mut defaults: Value, asked: &Members) -> Value {
    if let Some(members) = defaults.as_object_mut() {
        for (name, value) in asked {
            match value {
                Some(value) => members.insert(name.clone(), value.clone()),
                None => members.remove(name),
            };
        }
    }
    defaults
}
