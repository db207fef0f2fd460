//! A number for a configured issuer.

/// A number for a configured issuer, by which observers find its name. Copied with each request, in
/// place of a reference that all cores would count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct IssuerId(u32);

impl IssuerId {
    /// No issuer is known.
    pub(crate) const NONE: Self = Self(0);

    /// Returns the id of the issuer at an index of the list of names.
    pub(crate) fn at(index: usize) -> Self {
        // More issuers than that share the id of none.
        let number = index.checked_add(1).map(u32::try_from);
        Self(number.and_then(Result::ok).unwrap_or_default())
    }

    /// Returns the index in the list of names.
    pub(crate) fn index(self) -> Option<usize> {
        usize::try_from(self.0).ok()?.checked_sub(1)
    }
}
