//! Everything that is logged by anybody, at every level, and what must not be in it.
//!
//! Whether an event is looked at is decided once for the whole process: hence one subscriber for all of it, and tests that
//! take turns.

use std::io::{self, Write};
use std::sync::{Mutex, Once};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderName, HeaderValue};
use tokio::sync::MutexGuard;

use crate::site::{AUDIENCE, ISSUER, LOOSE, OTHER};

static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The log, for one test at a time.
pub(crate) struct Log {
    text: &'static Mutex<Vec<u8>>,
    _turn: MutexGuard<'static, ()>,
}

impl Log {
    pub(crate) async fn take() -> Self {
        static START: Once = Once::new();
        let turn = TURN.lock().await;
        START.call_once(|| {
            let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
            everything.with_ansi(false).with_writer(|| Writer).init();
        });
        Self { text: &LOG, _turn: turn }
    }

    pub(crate) fn clear(&self) {
        self.text.lock().unwrap().clear();
    }

    fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }

    /// That many: were nothing captured, nothing could be found.
    pub(crate) fn tells_of_refusals(&self, count: usize, what: &str) {
        let text = self.text();
        assert_eq!(text.matches("request refused").count(), count, "{what}: {text}");
    }

    pub(crate) fn tells_of(&self, event: &str, what: &str) {
        let text = self.text();
        assert!(text.contains(event), "{what}: {event:?} is not in {text}");
    }

    pub(crate) fn hides(&self, pieces: &[String], what: &str) {
        let text = self.text();
        for piece in pieces {
            assert!(!text.contains(piece), "{what}: {piece} in {text}");
        }
    }
}

/// The pieces of a request by which it would be recognised: those of its headers, and those of the texts that are encoded
/// in them.
pub(crate) fn pieces(headers: &[(HeaderName, HeaderValue)]) -> Vec<String> {
    let values = headers.iter().flat_map(|(_, value)| value.as_bytes().split(|byte| b" .,;\"\t".contains(byte)));
    let mut pieces: Vec<String> = Vec::new();
    for value in values {
        words(value, 8, &mut pieces);
        words(&leniently_decoded(value), 6, &mut pieces);
    }
    // The names of issuers are no secret of the token's; whoever fetches keys logs where from.
    let configured = [ISSUER, LOOSE, OTHER, AUDIENCE, "http://127.0.0.1"];
    pieces.retain(|piece| !configured.iter().any(|known| known.contains(piece.as_str())));
    pieces
}

/// Runs of letters, digits and what stands in base64 and addresses, from this length on.
fn words(text: &[u8], shortest: usize, words: &mut Vec<String>) {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+/=@.".contains(&byte);
    let runs = text.split(|byte| !belongs(*byte)).filter(|run| run.len() >= shortest);
    words.extend(runs.map(|run| String::from_utf8_lossy(&run[..run.len().min(64)]).into_owned()));
}

/// As far as it goes: what an attacker sends is often not quite base64url.
fn leniently_decoded(text: &[u8]) -> Vec<u8> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let whole = &text[..text.len() - usize::from(text.len() % 4 == 1)];
    GeneralPurpose::new(&URL_SAFE, lenient).decode(whole).unwrap_or_default()
}

/// Were the search blind, all that is hidden would seem to be.
#[test]
fn the_pieces_of_a_token_are_those_by_which_it_is_recognised() {
    let token = crate::site::token().header("x", "telltale-header").sign();
    let parts: Vec<_> = token.split('.').map(|part| part[..part.len().min(64)].to_owned()).collect();
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    let pieces = pieces(&[(http::header::AUTHORIZATION, bearer)]);
    let recognised = ["telltale-header", "telltale-subject", "telltale@mail.example", "key-ES256"];
    for piece in recognised.into_iter().chain(parts.iter().map(String::as_str)) {
        assert!(pieces.iter().any(|one| one == piece), "{piece} in {pieces:?}");
    }
}
