//! How much memory the values of a JSON text take.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What an allocation takes at most beyond the bytes that are asked for: common allocators round
/// small ones up to 32 bytes.
pub(super) const PER_ALLOCATION: usize = 32;
const VALUE: usize = size_of::<Value>();
const MEMBER: usize = size_of::<String>().saturating_add(VALUE);
/// The members that a node of a `BTreeMap` has room for.
const NODE_MEMBERS: usize = 11;
/// The memory of a node besides its members: the pointers to other nodes, and the allocation's.
const NODE_OVERHEAD: usize = 144;
/// Feature `preserve_order` of `serde_json`, which any crate of a program may enable, replaces the
/// `BTreeMap` by a larger type.
const IS_BTREE_MAP: bool = size_of::<Map<String, Value>>() == size_of::<[usize; 3]>();

/// Returns an upper bound of the memory that the text takes as a [`Value`], or the maximum if it is
/// not JSON.
pub(super) fn max_values_len(json: &str) -> usize {
    serde_json::from_str(json).map_or(usize::MAX, |ValuesLen(len)| len)
}

/// The memory of a value besides the value itself. Read in the same way as a [`Value`] is, with the
/// same limit of nesting.
struct ValuesLen(usize);

impl<'de> Deserialize<'de> for ValuesLen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Measure).map(Self)
    }
}

/// Returns the memory of an array with so many elements: a `Vec` that has grown by doubling.
fn array_len(elements: usize) -> usize {
    let capacity = match elements {
        0 => return 0,
        1..=4 => 4,
        _ => elements.saturating_mul(2),
    };
    VALUE
        .saturating_mul(capacity)
        .saturating_add(PER_ALLOCATION)
}

/// Returns the memory of an object with so many members.
fn object_len(members: usize) -> usize {
    let node = MEMBER
        .saturating_mul(NODE_MEMBERS)
        .saturating_add(NODE_OVERHEAD);
    match members {
        0 => 0,
        1..=NODE_MEMBERS if IS_BTREE_MAP => node,
        // All nodes but the first one are at least half full.
        _ if IS_BTREE_MAP => node.saturating_mul(members.div_euclid(5).saturating_add(1)),
        // A table and a list, each of which has grown by doubling.
        _ => MEMBER
            .saturating_mul(3)
            .saturating_mul(members)
            .saturating_add(node),
    }
}

struct Measure;

impl<'de> Visitor<'de> for Measure {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_str<E>(self, text: &str) -> Result<usize, E> {
        Ok(text.len().saturating_add(PER_ALLOCATION))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<usize, A::Error> {
        let (mut len, mut count) = (0_usize, 0_usize);
        while let Some(ValuesLen(element)) = elements.next_element()? {
            len = len.saturating_add(element);
            count = count.saturating_add(1);
        }
        Ok(len.saturating_add(array_len(count)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<usize, A::Error> {
        let (mut len, mut count) = (0_usize, 0_usize);
        while let Some((ValuesLen(name), ValuesLen(value))) = members.next_entry()? {
            len = len.saturating_add(name).saturating_add(value);
            count = count.saturating_add(1);
        }
        Ok(len.saturating_add(object_len(count)))
    }
}

#[cfg(test)]
mod tests {
    use allocation_counter::measure;
    use proptest::prelude::*;

    use super::*;

    /// Returns the memory that the values of a text take.
    fn measured(json: &str) -> usize {
        let mut map = Map::new();
        let info = measure(|| map = serde_json::from_str(json).unwrap());
        drop(map);
        usize::try_from(info.bytes_current).unwrap()
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 200, 20, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
                prop::collection::hash_map(".{0,5}", inner, 0..30)
                    .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_values_take_more_memory_than_the_bound(value in value()) {
            let json = serde_json::json!({ "claim": value }).to_string();
            let (bound, measured) = (max_values_len(&json), measured(&json));
            prop_assert!(measured <= bound, "{measured} > {bound}: {json}");
        }
    }

    #[test]
    fn the_bound_is_at_most_a_few_times_the_memory() {
        let many = (0..500)
            .map(|n| format!("\"claim-{n:0>9}\":{n}"))
            .collect::<Vec<_>>();
        for json in [
            format!("{{\"a\":[{}1]}}", "[1],".repeat(1000)),
            format!("{{\"a\":[{}1]}}", "{\"a\":1},".repeat(1000)),
            format!("{{\"a\":[{}1]}}", "\"x\",".repeat(1000)),
            format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100)),
            format!("{{{}}}", many.join(",")),
            format!("{{\"a\":\"{}\"}}", "x".repeat(10_000)),
            r#"{"iss":"https://issuer.example","sub":"alice","exp":1}"#.to_owned(),
        ] {
            let (bound, measured) = (max_values_len(&json), measured(&json));
            assert!(
                (measured..4 * measured).contains(&bound),
                "{measured} {bound}"
            );
        }
    }

    #[test]
    fn what_allocates_nothing_takes_nothing() {
        for json in ["null", "true", "1", "-1", "1.5", "[]", "{}"] {
            assert_eq!(max_values_len(json), 0, "{json}");
        }
    }

    #[test]
    fn an_object_of_few_members_is_one_node() {
        let members = (0..NODE_MEMBERS).map(|n| format!("\"{n:0>100}\":0"));
        let json = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
        let (bound, measured) = (max_values_len(&json), measured(&json));
        assert!(
            (measured..2 * measured).contains(&bound),
            "{measured} {bound}"
        );
    }

    #[test]
    fn a_text_that_is_not_json_is_too_large() {
        assert_eq!(max_values_len("{"), usize::MAX);
    }
}
