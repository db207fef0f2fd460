//! A search for leaks in logs and responses: for any sixteen consecutive bytes of a request,
//! encoded or decoded, and of a secret. A part of a token must not leak any more than the whole.

use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderName, HeaderValue};
use serde_json::Value;
use tower_jwt_auth::{Algorithm, ErrorKind};

use crate::site::{AUDIENCE, ISSUER, LOOSE, OTHER, SECRETS, Site, encode, key};

const WINDOW: usize = 16;

#[derive(Default)]
pub(crate) struct Pieces {
    windows: HashSet<[u8; WINDOW]>,
    /// Words that are shorter than a window, but long enough to be distinctive.
    words: Vec<String>,
    /// The windows of what a diagnosis must not show either: the encoded request, the secrets, and
    /// the values of members that are not [`SHOWN`].
    private: HashSet<[u8; WINDOW]>,
}

/// The members of a token that a diagnosis may show.
const SHOWN: [&str; 12] = [
    "alg",
    "typ",
    "kid",
    "iss",
    "aud",
    "azp",
    "client_id",
    "exp",
    "nbf",
    "iat",
    "token_use",
    "token_type",
];

impl Pieces {
    /// Returns the pieces of a request's headers, of what is encoded in them, and of the site's
    /// secrets.
    pub(crate) fn of(headers: &[(HeaderName, HeaderValue)], site: &Site) -> Self {
        let mut pieces = Self::default();
        for value in headers.iter().map(|(_, value)| value.as_bytes()) {
            pieces.add(value, 8);
            pieces.private.extend(windows(value));
            for part in value.split(|byte| b" .,;\"\t".contains(byte)) {
                let decoded = leniently_decoded(part);
                pieces.add(&decoded, 6);
                pieces.add_private(&decoded);
            }
        }
        for known in configured(site) {
            pieces.forget(&known);
        }
        // The name of a kind, in which the name of a claim occurs.
        pieces.forget(ErrorKind::WrongTokenType.name());
        // The algorithms of proofs, which challenges list.
        pieces.forget("ES256 EdDSA Ed25519");
        pieces.add_secrets(site);
        pieces
    }

    fn add(&mut self, text: &[u8], min_len: usize) {
        self.windows.extend(windows(text));
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+/=@.".contains(&byte);
        let words = text
            .split(|byte| !belongs(*byte))
            .filter(|word| (min_len..WINDOW).contains(&word.len()));
        self.words
            .extend(words.map(|word| String::from_utf8_lossy(word).into_owned()));
    }

    /// Adds the values that no diagnosis shows, of a part that is a JSON object.
    fn add_private(&mut self, part: &[u8]) {
        let members: serde_json::Map<String, Value> =
            serde_json::from_slice(part).unwrap_or_default();
        let (shown, private): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|(name, _)| SHOWN.contains(&name.as_str()));
        for (_, value) in private {
            self.private.extend(windows(value.to_string().as_bytes()));
        }
        for (_, value) in shown {
            for window in windows(value.to_string().as_bytes()) {
                self.private.remove(&window);
            }
        }
    }

    fn forget(&mut self, known: &str) {
        for window in windows(known.as_bytes()) {
            self.windows.remove(&window);
            self.private.remove(&window);
        }
        self.words.retain(|word| !known.contains(word));
    }

    fn add_secrets(&mut self, site: &Site) {
        for form in secrets(site).iter().flat_map(|secret| forms(secret)) {
            let windows = windows(form.as_bytes()).filter(|window| !is_blank(window));
            self.private.extend(windows.clone());
            self.windows.extend(windows);
        }
    }

    /// Returns a piece that is in a diagnosis and must not be there, if any is.
    pub(crate) fn found_in_diagnosis(&self, text: &str) -> Option<String> {
        let window = windows(text.as_bytes()).find(|window| self.private.contains(window));
        Some(String::from_utf8_lossy(&window?).into_owned())
    }

    /// Returns a piece that is in `text`, if any is.
    pub(crate) fn found_in(&self, text: &str) -> Option<String> {
        let word = self.words.iter().find(|word| text.contains(*word)).cloned();
        let window = || windows(text.as_bytes()).find(|window| self.windows.contains(window));
        word.or_else(|| Some(String::from_utf8_lossy(&window()?).into_owned()))
    }
}

fn windows(text: &[u8]) -> impl Iterator<Item = [u8; WINDOW]> + Clone {
    text.windows(WINDOW)
        .map(|window| window.try_into().unwrap())
}

/// Returns whether a window is part of a run of replacement characters, which reveals nothing.
fn is_blank(window: &[u8]) -> bool {
    let replacement = char::REPLACEMENT_CHARACTER.to_string();
    window
        .iter()
        .all(|byte| replacement.as_bytes().contains(byte))
}

/// Returns the configured names, which may be shown: an event about a fetch names the issuer and
/// the URL.
fn configured(site: &Site) -> Vec<String> {
    let names = [ISSUER, LOOSE, OTHER, AUDIENCE, site.fetched.issuer()];
    names
        .into_iter()
        .flat_map(|name| [format!("\"{name}\""), format!("{name}/")])
        .collect()
}

/// Returns the secrets of the issuer whose keys don't state their algorithms, and the one that is
/// published by mistake.
fn secrets(site: &Site) -> Vec<Vec<u8>> {
    let published = site.fetched.key(Algorithm::HS256).unwrap();
    SECRETS
        .map(key)
        .into_iter()
        .chain([&published])
        .map(|key| key.secret().unwrap())
        .collect()
}

/// Returns the forms in which bytes may get into a log: base64url as in a JWK, base64 as in PEM,
/// and the output of `{:?}`, `escape_ascii`, `{:x}` and lossy UTF-8.
fn forms(secret: &[u8]) -> [String; 6] {
    let hex = secret
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16));
    let text = String::from_utf8_lossy(secret).into_owned();
    [
        encode(secret),
        STANDARD.encode(secret),
        format!("{secret:?}"),
        secret.escape_ascii().to_string(),
        hex.collect(),
        text,
    ]
}

/// Decodes base64url leniently, since the text of an attack is often not quite valid.
fn leniently_decoded(text: &[u8]) -> Vec<u8> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let whole = &text[..text.len() - usize::from(text.len() % 4 == 1)];
    GeneralPurpose::new(&URL_SAFE, lenient)
        .decode(whole)
        .unwrap_or_default()
}

/// A search that finds nothing would make every test for leaks pass.
#[cfg(test)]
mod tests {
    use crate::support::tokio;
    use http::header::AUTHORIZATION;

    use super::*;

    fn of(token: &str, site: &Site) -> Pieces {
        Pieces::of(
            &[(
                AUTHORIZATION,
                HeaderValue::try_from(format!("Bearer {token}")).unwrap(),
            )],
            site,
        )
    }

    #[tokio::test]
    async fn distinctive_parts_of_a_token_are_found() {
        let pieces = of(
            &crate::site::token().header("x", "telltale-header").sign(),
            &Site::new().await,
        );
        for piece in [
            "telltale-header",
            "telltale-subject",
            "telltale@mail.example",
            "key-ES256",
        ] {
            assert!(
                pieces
                    .found_in(&format!("say {piece}, and go on"))
                    .is_some(),
                "{piece}"
            );
        }
    }

    #[tokio::test]
    async fn twenty_characters_from_anywhere_in_a_token_and_its_ends_are_found() {
        let token = crate::site::token().sign();
        let (pieces, payload) = (
            of(&token, &Site::new().await),
            token.split('.').nth(1).unwrap(),
        );
        let claims = String::from_utf8(crate::site::decode(payload)).unwrap();
        let parts = (0..=token.len() - 20).map(|at| &token[at..at + 20]);
        for part in parts.chain([
            &token[token.len() - WINDOW..],
            &token[..WINDOW],
            &claims[..20],
        ]) {
            assert!(
                pieces.found_in(&format!("token={part} rejected")).is_some(),
                "{part}"
            );
        }
    }

    #[tokio::test]
    async fn a_part_of_a_secret_is_found_in_every_form() {
        let site = Site::new().await;
        let pieces = of("telltale-telltale", &site);
        for form in secrets(&site).iter().flat_map(|secret| forms(secret)) {
            let start = form.chars().take(20).collect::<String>();
            let end = form
                .chars()
                .skip(form.chars().count() - 20)
                .collect::<String>();
            assert!(
                [start, end]
                    .iter()
                    .all(|part| pieces.found_in(part).is_some()),
                "{form}"
            );
        }
    }

    #[tokio::test]
    async fn configured_names_are_not_reported() {
        let site = Site::new().await;
        let pieces = of(&site.fetched_token().sign(), &site);
        let shown = format!(
            "issuer={:?} {}/jwks: 503; {ISSUER} {AUDIENCE}",
            site.fetched.issuer(),
            site.fetched.issuer()
        );
        assert_eq!(pieces.found_in(&shown), None);
    }
}
