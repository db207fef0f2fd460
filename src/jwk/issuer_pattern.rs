//! Names of issuers with a placeholder for the tenant, as in
//! `https://login.example.com/{tenant}/v2.0`.

use std::ops::Range;

/// The maximum length of a tenant's name in bytes. Bounds what a predicate is called with.
const MAX_TENANT_LEN: usize = 128;
/// The maximum length of a label of a host name (RFC 1035 §2.3.4).
const MAX_LABEL_LEN: usize = 63;

/// A URL with one placeholder, which stands for a segment of the path or the first label of the
/// host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuerPattern {
    text: Box<str>,
    /// Where the placeholder is, with its braces.
    placeholder: Range<usize>,
    is_in_host: bool,
}

impl IssuerPattern {
    /// Returns `None` unless the text has one placeholder, `{name}`, which is a whole segment of
    /// the path, or the first label of a host that has two more.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let start = text.find('{')?;
        let (prefix, rest) = text.split_at_checked(start)?;
        let (name, suffix) = rest.strip_prefix('{')?.split_once('}')?;
        if name.is_empty() || !name.bytes().all(is_name_byte) || suffix.contains(['{', '}']) {
            return None;
        }
        let end = text.len().checked_sub(suffix.len())?;
        Some(Self {
            text: text.into(),
            placeholder: start..end,
            is_in_host: is_in_host(prefix, suffix)?,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the placeholder with its braces.
    pub(crate) fn placeholder(&self) -> &str {
        self.text.get(self.placeholder.clone()).unwrap_or_default()
    }

    fn around(&self) -> (&str, &str) {
        let prefix = self.text.get(..self.placeholder.start);
        let suffix = self.text.get(self.placeholder.end..);
        debug_assert!(
            prefix.is_some() && suffix.is_some(),
            "the range is one of the text"
        );
        (prefix.unwrap_or_default(), suffix.unwrap_or_default())
    }

    /// Returns the tenant of an issuer that fits the pattern.
    pub(crate) fn tenant_of<'n>(&self, issuer: &'n str) -> Option<&'n str> {
        let (prefix, suffix) = self.around();
        let tenant = issuer.strip_prefix(prefix)?.strip_suffix(suffix)?;
        self.allows(tenant).then_some(tenant)
    }

    /// Returns whether a name can stand for the placeholder: the URL then has the same structure.
    pub(crate) fn allows(&self, tenant: &str) -> bool {
        if self.is_in_host {
            is_host_label(tenant)
        } else {
            is_path_segment(tenant)
        }
    }

    /// Returns whether every tenant of this pattern can stand for the same placeholder of another
    /// one.
    pub(crate) fn can_fill(&self, other: &Self) -> bool {
        self.placeholder() == other.placeholder() && (self.is_in_host || !other.is_in_host)
    }

    /// Returns the text with a tenant in place of the placeholder.
    pub(crate) fn with_tenant(&self, tenant: &str) -> String {
        let (prefix, suffix) = self.around();
        [prefix, tenant, suffix].concat()
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Returns whether the placeholder is in the host, or `None` if it is at no allowed place.
fn is_in_host(prefix: &str, suffix: &str) -> Option<bool> {
    let (_, authority) = prefix.split_once("://")?;
    if authority.is_empty() {
        let host = suffix.strip_prefix('.')?.split('/').next()?;
        let mut labels = host.split('.');
        let has_two = labels.next().zip(labels.next()).is_some();
        return (has_two && !host.contains(':')).then_some(true);
    }
    let is_segment = prefix.ends_with('/') && (suffix.is_empty() || suffix.starts_with('/'));
    (is_segment && !prefix.contains(['?', '#'])).then_some(false)
}

/// A segment of unreserved characters (RFC 3986 §2.3) that is no `.` or `..` (§5.2.4).
fn is_path_segment(tenant: &str) -> bool {
    let is_unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (1..=MAX_TENANT_LEN).contains(&tenant.len())
        && !matches!(tenant, "." | "..")
        && tenant.bytes().all(is_unreserved)
}

/// In lower case only: hosts that differ in case are the same, and issuers are not.
fn is_host_label(tenant: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL_LEN).contains(&tenant.len())
        && !tenant.starts_with('-')
        && !tenant.ends_with('-')
        && tenant.bytes().all(is_allowed)
}

/// The `issuer` member of a JWK, as Microsoft Entra ID has it: the issuer that the key is for, or a
/// pattern of issuers.
#[derive(Clone, Debug)]
pub(super) enum KeyIssuer {
    Exact(Box<str>),
    Pattern(IssuerPattern),
}

impl KeyIssuer {
    pub(super) fn new(text: String) -> Self {
        match IssuerPattern::parse(&text) {
            Some(pattern) => Self::Pattern(pattern),
            None => Self::Exact(text.into()),
        }
    }

    pub(super) fn is_or_fits(&self, issuer: &str) -> bool {
        match self {
            Self::Exact(name) => **name == *issuer,
            Self::Pattern(pattern) => pattern.tenant_of(issuer).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_one_placeholder_in_path_or_host() {
        for text in [
            "https://login.example.com/{tenant}/v2.0",
            "https://login.example.com/realms/{realm}",
            "https://login.example.com/{t}/",
            "https://{tenant}.login.example/",
            "https://{tenant}.eu.example.com/oauth2/default",
            "http://127.0.0.1:8080/{tenant-id_2}/v2.0",
        ] {
            assert!(IssuerPattern::parse(text).is_some(), "{text}");
        }
        for text in [
            "https://login.example.com/v2.0",
            "https://login.example.com/{}/v2.0",
            "https://login.example.com/{a b}",
            "https://login.example.com/{a}/{b}",
            "https://login.example.com/{a}}",
            "https://login.example.com/{{a}}",
            "https://login.example.com/{a",
            "https://login.example.com/x{a}",
            "https://login.example.com/{a}x",
            "https://login.example.com/?tenant={a}",
            "https://login.example.com/?x=/{a}",
            "https://login.example.com/#/{a}",
            "https://{a}/",
            "https://{a}.example/",
            "https://{a}.example:443/",
            "https://{a}.b.example:443/",
            "https://x.{a}.example.com/",
            "https://x{a}.example.com/",
            "{a}://login.example.com/",
            "{a}",
        ] {
            assert_eq!(IssuerPattern::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_tenant_is_one_segment_of_unreserved_characters() {
        let pattern = IssuerPattern::parse("https://login.example.com/{tenant}/v2.0").unwrap();
        let tenant = |name: &str| {
            let issuer = format!("https://login.example.com/{name}/v2.0");
            pattern.tenant_of(&issuer).map(ToOwned::to_owned)
        };
        for name in ["a", "A.b_c~d-1", "...", "a..b", &"x".repeat(128)] {
            assert_eq!(tenant(name).as_deref(), Some(name));
            assert_eq!(pattern.tenant_of(&pattern.with_tenant(name)), Some(name));
        }
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a/../b",
            "/",
            "%2f",
            "%2e%2e",
            "a%",
            "a b",
            "a\0",
            "a?b",
            "a#b",
            "a@b",
            "a:b",
            "\u{e9}",
            "{tenant}",
            "a\\b",
            "a\n",
            &"x".repeat(129),
        ] {
            assert_eq!(tenant(name), None, "{name:?}");
        }
        assert_eq!(pattern.tenant_of("https://login.example.com/v2.0"), None);
        assert_eq!(pattern.tenant_of("https://LOGIN.example.com/a/v2.0"), None);
        assert_eq!(pattern.tenant_of("https://login.example.com/a/v2.0/"), None);
    }

    #[test]
    fn a_tenant_in_the_host_is_one_label_in_lower_case() {
        let pattern = IssuerPattern::parse("https://{tenant}.login.example/").unwrap();
        for name in ["a", "a-1", &"x".repeat(63)] {
            assert!(pattern.allows(name), "{name}");
        }
        for name in [
            "",
            "A",
            "a.b",
            "a_b",
            "-a",
            "a-",
            "a:1",
            "a@b",
            "a/b",
            &"x".repeat(64),
        ] {
            assert!(!pattern.allows(name), "{name}");
        }
    }

    #[test]
    fn a_key_is_for_its_issuer_or_for_those_of_its_pattern() {
        let exact = KeyIssuer::new("https://a.example".to_owned());
        assert!(exact.is_or_fits("https://a.example"));
        assert!(!exact.is_or_fits("https://a.example/"));
        let pattern = KeyIssuer::new("https://a.example/{tenantid}/v2.0".to_owned());
        assert!(pattern.is_or_fits("https://a.example/1/v2.0"));
        assert!(!pattern.is_or_fits("https://a.example/1/2/v2.0"));
        assert!(!pattern.is_or_fits("https://b.example/1/v2.0"));
        assert!(!KeyIssuer::new(String::new()).is_or_fits("https://a.example"));
    }
}
