//! What identifies a token or a proof that may be used once.

use std::fmt;

use crate::crypto::sha256;

/// What may be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplayKind {
    /// A token (RFC 7519 §4.1.7).
    Token,
    /// A DPoP proof (RFC 9449 §11.1).
    Proof,
}

impl ReplayKind {
    /// The start of what is hashed. Ends in NUL, so that neither label is a prefix of the other.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Token => b"tower-jwt-auth: used token\0",
            Self::Proof => b"tower-jwt-auth: used proof\0",
        }
    }
}

/// The id of a token or of a DPoP proof that may be used once, as a [`ReplayStore`] gets it.
///
/// An id (`jti`) is unique only for its owner: the issuer of a token (RFC 7519 §4.1.7), or the key
/// of a proof, without which one client could use up the ids of another.
///
/// [`ReplayStore`]: crate::ReplayStore
///
/// # Examples
///
/// ```
/// use tower_jwt_auth::{ReplayKey, ReplayKind};
///
/// let key = ReplayKey::token("https://login.example.com", "42");
/// assert_eq!(key.kind(), ReplayKind::Token);
/// assert_eq!((key.owner(), key.id()), ("https://login.example.com", "42"));
/// // Store this, unless you need the parts.
/// assert_eq!(key.digest(), ReplayKey::token("https://login.example.com", "42").digest());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayKey<'c> {
    kind: ReplayKind,
    owner: &'c str,
    id: &'c str,
}

impl<'c> ReplayKey<'c> {
    /// Creates the key of a token from its `iss` and `jti`, for tests of a store.
    #[must_use]
    pub const fn token(issuer: &'c str, id: &'c str) -> Self {
        Self {
            kind: ReplayKind::Token,
            owner: issuer,
            id,
        }
    }

    /// Creates the key of a DPoP proof from the thumbprint of its public key, in base64url (RFC
    /// 7638 §3), and its `jti`, for tests of a store.
    #[must_use]
    pub const fn proof(thumbprint: &'c str, id: &'c str) -> Self {
        Self {
            kind: ReplayKind::Proof,
            owner: thumbprint,
            id,
        }
    }

    /// Returns whether it is a token or a proof.
    #[must_use]
    pub const fn kind(&self) -> ReplayKind {
        self.kind
    }

    /// Returns `iss` of a token, or the thumbprint of the key of a proof.
    #[must_use]
    pub const fn owner(&self) -> &'c str {
        self.owner
    }

    /// Returns `jti`.
    #[must_use]
    pub const fn id(&self) -> &'c str {
        self.id
    }

    /// Returns a hash of kind, owner and id: 128 bits, the same in every process, and nothing of
    /// the token or the proof can be read in it.
    ///
    /// It is the first half of the SHA-256 of these bytes: `tower-jwt-auth: used token` or
    /// `tower-jwt-auth: used proof`, NUL, the length of the owner (8 bytes, big-endian), the owner,
    /// NUL, and the id.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        // With the length of the owner in front, no two keys are the same message.
        let (owner, id) = (self.owner.as_bytes(), self.id.as_bytes());
        let len = u64::try_from(owner.len()).unwrap_or(u64::MAX).to_be_bytes();
        let hash = sha256(&[self.kind.label(), &len, owner, b"\0", id]);
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(hash) {
            *to = from;
        }
        half
    }
}

/// Omits the id, and the thumbprint, which names a client.
impl fmt::Debug for ReplayKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ReplayKey");
        shown.field("kind", &self.kind);
        if self.kind == ReplayKind::Token {
            shown.field("issuer", &self.owner);
        }
        shown.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_half_of_the_sha256_of_kind_owner_and_id() {
        let message = b"tower-jwt-auth: used proof\0\0\0\0\0\0\0\0\x03jkt\0id";
        assert_eq!(
            ReplayKey::proof("jkt", "id").digest(),
            sha256(&[message])[..16]
        );
    }

    // Instances of other versions share stores, so these must never change.
    #[test]
    fn the_digests_are_the_same_in_every_version() {
        let hex = |key: ReplayKey<'_>| key.digest().map(|byte| format!("{byte:02x}")).concat();
        let token = ReplayKey::token("https://login.example.com", "42");
        assert_eq!(hex(token), "ef68afc95140f2aa9c7303ca35d21050");
        let proof = ReplayKey::proof("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "42");
        assert_eq!(hex(proof), "98586cd83a974a823d795b7e3a50a77e");
    }

    #[test]
    fn keys_that_differ_in_any_part_have_different_digests() {
        let keys = [
            ReplayKey::token("a", "bc"),
            ReplayKey::token("ab", "c"),
            ReplayKey::token("a\0b", "c"),
            ReplayKey::token("a", "b\0c"),
            ReplayKey::token("", "abc"),
            ReplayKey::token("abc", ""),
            ReplayKey::proof("a", "bc"),
            ReplayKey::proof("ab", "c"),
        ];
        let digests: std::collections::HashSet<_> = keys.iter().map(ReplayKey::digest).collect();
        assert_eq!(digests.len(), keys.len());
    }

    #[test]
    fn the_debug_output_shows_no_id_and_no_thumbprint() {
        let shown = format!("{:?}", ReplayKey::token("https://a.example", "secret-id"));
        let expected = "ReplayKey { kind: Token, issuer: \"https://a.example\", .. }";
        assert_eq!(shown, expected);
        let shown = format!("{:?}", ReplayKey::proof("thumbprint", "secret-id"));
        assert_eq!(shown, "ReplayKey { kind: Proof, .. }");
    }
}
