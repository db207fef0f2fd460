//! URLs, as they are configured.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The text of a URL. `Debug` leaves out userinfo, query and fragment, which may contain secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct UrlText(String);

impl UrlText {
    /// Returns whether the scheme is `http`.
    pub(super) fn is_http(&self) -> bool {
        let scheme = self.0.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
    }

    /// Works on text that is no URL, too. A password may contain any delimiter: the userinfo is
    /// taken to end at the last `@`. If that may be in a query, all after the scheme is left out.
    fn shown(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let separator = if scheme.is_empty() { "" } else { "://" };
        let rest = match rest.rsplit_once('@') {
            Some((before, _)) if before.contains(['?', '#']) => "...",
            Some((_, after)) => after,
            None => rest,
        };
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        format!("{scheme}{separator}{}", rest.get(..end).unwrap_or(""))
    }
}

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl From<UrlText> for String {
    fn from(url: UrlText) -> Self {
        url.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_leaves_out_userinfo_query_and_fragment() {
        for (url, shown) in [
            ("https://a.example/keys", "https://a.example/keys"),
            ("https://u:hunter2@a.example/k", "https://a.example/k"),
            ("https://u:hunter2/@a.example/k?b", "https://a.example/k"),
            ("https://a.example/k?key=hunter2", "https://a.example/k"),
            ("https://a.example/k#hunter2", "https://a.example/k"),
            ("https://a.example/k?u=@hunter2", "https://..."),
            ("u:hunter2@a.example", "a.example"),
            ("://hunter2@a.example", "a.example"),
            ("", ""),
        ] {
            let text = UrlText(url.to_owned());
            assert_eq!(format!("{text:?}"), format!("{shown:?}"));
            assert_eq!(String::from(text), url);
        }
    }
}
