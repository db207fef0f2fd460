//! Sets of algorithms.

use std::fmt;

use super::{Algorithm, Family};

/// A set of [`Algorithm`]s.
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{Algorithm, AlgorithmSet};
///
/// let set: AlgorithmSet = [Algorithm::ES256, Algorithm::HS256].into_iter().collect();
/// assert!(set.contains(Algorithm::ES256) && !set.contains(Algorithm::RS256));
/// assert_eq!(set.iter().next(), Some(Algorithm::HS256));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct AlgorithmSet(u16);

impl AlgorithmSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Returns the algorithms that verify with a public key, without ML-DSA. These are the default
    /// of an [`Issuer`](crate::Issuer) whose keys are fetched.
    #[must_use]
    pub fn asymmetric() -> Self {
        Algorithm::all()
            .filter(|algorithm| !algorithm.is_symmetric())
            .collect::<Self>()
            .on_by_default()
    }

    /// Returns those that need not be listed to be allowed: all but ML-DSA.
    pub(crate) fn on_by_default(self) -> Self {
        let is_listed_only = |algorithm: &Algorithm| algorithm.family() == Family::MlDsa;
        self.iter()
            .filter(|algorithm| !is_listed_only(algorithm))
            .collect()
    }

    /// Returns whether the set contains `algorithm`.
    #[must_use]
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the algorithms of the set, symmetric ones first.
    #[must_use]
    pub const fn iter(self) -> AlgorithmSetIter {
        AlgorithmSetIter(self)
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl IntoIterator for AlgorithmSet {
    type Item = Algorithm;
    type IntoIter = AlgorithmSetIter;

    fn into_iter(self) -> AlgorithmSetIter {
        self.iter()
    }
}

/// An iterator over the algorithms of an [`AlgorithmSet`], symmetric ones first.
#[derive(Clone, Debug)]
pub struct AlgorithmSetIter(AlgorithmSet);

impl Iterator for AlgorithmSetIter {
    type Item = Algorithm;

    fn next(&mut self) -> Option<Algorithm> {
        let next = Algorithm::ALL
            .into_iter()
            .find(|algorithm| self.0.contains(*algorithm))?;
        self.0 = AlgorithmSet(self.0.0 & !next.bit());
        Some(next)
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        Self(
            algorithms
                .into_iter()
                .fold(0, |bits, algorithm| bits | algorithm.bit()),
        )
    }
}

impl From<Algorithm> for AlgorithmSet {
    fn from(algorithm: Algorithm) -> Self {
        Self(algorithm.bit())
    }
}

impl fmt::Debug for AlgorithmSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
