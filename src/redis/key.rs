//! The names of keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{ConfigError, ReplayKey, ReplayKind};

const MAX_PREFIX_LEN: usize = 64;

/// The start of all keys of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prefix(Box<str>);

impl Prefix {
    /// Braces are hash tags of a cluster (all keys would be in one slot), and `*`, `?` and `[` are
    /// patterns.
    pub(super) fn new(prefix: &str) -> Result<Self, ConfigError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        let is_valid = !prefix.is_empty() && prefix.len() <= MAX_PREFIX_LEN;
        if is_valid && prefix.bytes().all(is_allowed) {
            return Ok(Self(prefix.into()));
        }
        Err(ConfigError::invalid_setting(format!(
            "prefix {prefix:?}: must have 1 to {MAX_PREFIX_LEN} letters, digits and -_.:/"
        )))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `{prefix}:{kind}:{22 base64url characters}`: nothing of a token or proof can be read
    /// in it, and nothing in it comes from a client without being hashed.
    pub(super) fn key(&self, key: ReplayKey<'_>) -> String {
        let kind = match key.kind() {
            ReplayKind::Token => "token",
            ReplayKind::Proof => "proof",
        };
        let digest = URL_SAFE_NO_PAD.encode(key.digest());
        format!("{}:{kind}:{digest}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Instances of other versions share these keys, so they must never change.
    #[test]
    fn a_key_is_the_prefix_the_kind_and_the_digest_in_base64url() {
        let prefix = Prefix::new("shop:production").unwrap();
        let token = ReplayKey::token("https://login.example.com", "42");
        let key = prefix.key(token);
        assert_eq!(key, "shop:production:token:72ivyVFA8qqccwPKNdIQUA");
        let proof = ReplayKey::proof("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", "42");
        let key = prefix.key(proof);
        assert_eq!(key, "shop:production:proof:mFhs2DqXSoI9eVt-OlCnfg");
    }

    #[test]
    fn an_id_can_put_nothing_into_a_key() {
        let prefix = Prefix::new("p").unwrap();
        for id in [
            "",
            "*",
            "{}",
            "\r\nFLUSHALL\r\n",
            "a:b",
            "\0",
            &"x".repeat(1 << 20),
        ] {
            let key = prefix.key(ReplayKey::proof("t", id));
            assert_eq!(key.len(), "p:proof:".len() + 22, "{key}");
            let digest = key.strip_prefix("p:proof:").unwrap();
            let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!(digest.bytes().all(is_base64url), "{key}");
        }
    }

    #[test]
    fn a_prefix_is_required_and_has_no_character_with_a_meaning() {
        for prefix in ["", " ", "a b", "{a}", "a*", "a\n", "é", &"a".repeat(65)] {
            let error = Prefix::new(prefix).unwrap_err().to_string();
            assert!(error.ends_with("must have 1 to 64 letters, digits and -_.:/"));
        }
        for prefix in ["a", "shop:production", "a-b_c.d/1", &"a".repeat(64)] {
            assert!(Prefix::new(prefix).is_ok(), "{prefix}");
        }
    }
}
