//! The member names of a JSON object. Each may occur only once (RFC 7515 §4, RFC 7519 §4).

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::Error;

use super::JsonStr;

/// The number of names that are compared one by one, without an allocation. Few tokens have more.
const MAX_INLINE: usize = 16;

/// The names that an object had so far.
pub(crate) struct MemberNames<'j> {
    inline: [&'j str; MAX_INLINE],
    /// The number of names in `inline`.
    count: usize,
    /// The fingerprints of all names. A name whose fingerprint is absent is new.
    fingerprints: u64,
    /// The names beyond the first ones, and those with escapes. Hashed, so that a hostile object
    /// takes linear time.
    hashed: Option<HashSet<Cow<'j, str>>>,
}

impl<'j> MemberNames<'j> {
    pub(crate) const fn new() -> Self {
        Self {
            inline: [""; MAX_INLINE],
            count: 0,
            fingerprints: 0,
            hashed: None,
        }
    }

    /// Adds a name. Rejects one that was added before.
    #[inline]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "`count` stays within `inline`: its slot was found"
    )]
    pub(crate) fn add<E: Error>(&mut self, name: &JsonStr<'j>) -> Result<(), E> {
        let fingerprint = fingerprint(&name.0);
        if self.fingerprints & fingerprint != 0 && self.contains(&name.0) {
            return Err(duplicate_name());
        }
        self.fingerprints |= fingerprint;
        match (&name.0, self.inline.get_mut(self.count)) {
            (Cow::Borrowed(name), Some(slot)) => {
                *slot = name;
                self.count += 1;
            }
            (name, _) => {
                self.hashed.get_or_insert_default().insert(name.clone());
            }
        }
        Ok(())
    }

    fn contains(&self, name: &str) -> bool {
        let is_inline = self.inline.iter().take(self.count).any(|one| *one == name);
        is_inline
            || self
                .hashed
                .as_ref()
                .is_some_and(|hashed| hashed.contains(name))
    }
}

/// Returns the error for a name that occurs twice.
#[cold]
pub(crate) fn duplicate_name<E: Error>() -> E {
    E::custom("a member name occurs twice")
}

/// Returns one of 64 bits, by the length of the name and its first and last byte.
fn fingerprint(name: &str) -> u64 {
    // 0 for the empty name is as good as any value.
    let or_zero = |byte: Option<&u8>| byte.copied().unwrap_or_default();
    let bytes = name.as_bytes();
    let mixed = or_zero(bytes.first()).wrapping_mul(5)
        ^ or_zero(bytes.last()).wrapping_mul(11)
        ^ name.len().to_le_bytes()[0];
    1_u64.wrapping_shl(u32::from(mixed))
}

#[cfg(test)]
mod tests {
    use serde::de::value::Error;

    use super::*;

    #[test]
    fn a_name_is_rejected_the_second_time_wherever_it_is_stored() {
        let texts: Vec<String> = (0..3 * MAX_INLINE).map(|index| index.to_string()).collect();
        let mut names = MemberNames::new();
        for (index, text) in texts.iter().enumerate() {
            let name = JsonStr(if index % 5 == 4 {
                Cow::Owned(text.clone())
            } else {
                Cow::Borrowed(text.as_str())
            });
            assert!(names.add::<Error>(&name).is_ok(), "{text}");
            for earlier in &texts[..=index] {
                let again = JsonStr(Cow::Borrowed(earlier.as_str()));
                assert!(
                    names.add::<Error>(&again).is_err(),
                    "{earlier} after {text}"
                );
            }
        }
        let empty = JsonStr(Cow::Borrowed(""));
        assert!(names.add::<Error>(&empty).is_ok());
        assert!(names.add::<Error>(&empty).is_err());
    }
}
