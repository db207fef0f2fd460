//! A JSON reader for the expected results. It keeps all members in order, uninterpreted.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object, including duplicates.
pub struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Returns `None` if `json` is not one JSON object in UTF-8.
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_str(std::str::from_utf8(json).ok()?).ok()
    }

    /// Returns whether a name occurs twice, which RFC 7515 §4 and RFC 7519 §4 let parsers reject.
    pub fn has_duplicates(&self) -> bool {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        names.sort();
        names.windows(2).any(|two| two[0] == two[1])
    }

    /// Returns whether a token may have it as header or payload, whatever its members mean: no
    /// object has a name twice or one that `serde_json` uses for itself, there are at most 512
    /// members, all numbers are doubles, and no value is too deep.
    pub fn is_sound(&self, json: &[u8]) -> bool {
        let mut count = 0;
        self.has_sound_objects(&mut count)
            && count <= 512
            && serde_json::from_slice::<Value>(json).is_ok()
    }

    fn has_sound_objects(&self, count: &mut usize) -> bool {
        *count += self.0.len();
        !self.has_duplicates()
            && !self
                .names()
                .any(|name| name.starts_with("$serde_json::private::"))
            && self.0.iter().all(|(_, raw)| is_sound(raw, count))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the name and the JSON text of each member.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, raw)| (name.as_str(), raw.get()))
    }

    /// Returns the JSON text of a value, without surrounding white space.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, raw)| raw.get())
    }

    pub fn count(&self, name: &str) -> usize {
        self.names().filter(|other| *other == name).count()
    }

    pub fn is_string(&self, name: &str) -> bool {
        self.string(name).is_some()
    }

    pub fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    /// Returns the value if it is a string or an array of strings.
    pub fn strings(&self, name: &str) -> Option<Vec<String>> {
        let one = |value: Value| value.as_str().map(ToOwned::to_owned);
        match serde_json::from_str(self.raw(name)?).ok()? {
            Value::Array(items) => items.into_iter().map(one).collect(),
            value => one(value).map(|one| vec![one]),
        }
    }

    /// Returns the value as `serde_json` reads it. Its last bit is not always the nearest.
    pub fn number(&self, name: &str) -> Option<f64> {
        let number: f64 = serde_json::from_str(self.raw(name)?).ok()?;
        let nearest: f64 = self.raw(name)?.parse().unwrap();
        assert!(
            (number - nearest).abs() <= nearest.abs() * 1e-15 + 1e-15,
            "{number} is not {nearest}"
        );
        Some(number)
    }

    /// Returns whether a member is absent or `null`, which some issuers write instead.
    pub fn is_absent(&self, name: &str) -> bool {
        self.raw(name).is_none_or(|raw| raw == "null")
    }
}

fn is_sound(value: &RawValue, count: &mut usize) -> bool {
    if let Ok(members) = serde_json::from_str::<Members>(value.get()) {
        return members.has_sound_objects(count);
    }
    let elements = serde_json::from_str::<Vec<Box<RawValue>>>(value.get());
    elements.is_ok_and(|elements| elements.iter().all(|element| is_sound(element, count)))
        || !value.get().starts_with(['[', '{'])
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
