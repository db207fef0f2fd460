//! The log of every crate, at every level.
//!
//! `tracing` caches for the whole process whether a callsite is enabled. So there is one subscriber
//! for all tests, and they take turns.

use std::io::{self, Write};
use std::sync::{Mutex, Once};

use tokio::sync::MutexGuard;

use crate::pieces::Pieces;
use crate::support::tokio;

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

/// The log, held by one test at a time.
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
        Self {
            text: &LOG,
            _turn: turn,
        }
    }

    pub(crate) fn clear(&self) {
        self.text.lock().unwrap().clear();
    }

    fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }

    /// Asserts the number of logged rejections. Without it, a log that captures nothing would pass
    /// the tests for leaks.
    pub(crate) fn tells_of_rejections(&self, count: usize, what: &str) {
        let text = self.text();
        assert_eq!(
            text.matches("request rejected").count(),
            count,
            "{what}: {text}"
        );
    }

    pub(crate) fn tells_of(&self, event: &str, what: &str) {
        let text = self.text();
        assert!(text.contains(event), "{what}: {event:?} is not in {text}");
    }

    pub(crate) fn hides(&self, pieces: &Pieces, what: &str) {
        let text = self.text();
        let is_diagnosis = |line: &&str| line.contains("tower_jwt_auth::diagnosis: ");
        let (diagnoses, others): (Vec<_>, Vec<_>) = text.lines().partition(is_diagnosis);
        assert_eq!(pieces.found_in(&others.join("\n")), None, "{what}: {text}");
        let found = pieces.found_in_diagnosis(&diagnoses.join("\n"));
        assert_eq!(found, None, "{what}: {text}");
    }
}

/// Covers the whole way from the event through the captured log to the search.
#[tokio::test]
#[should_panic(expected = "a part of a token: ")]
async fn a_part_of_a_token_in_the_log_is_noticed() {
    let log = Log::take().await;
    let token = crate::site::token().sign();
    log.clear();
    tracing::trace!(rest = &token[token.len() - 20..], "rejected");
    let bearer = http::HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    log.hides(
        &Pieces::of(
            &[(http::header::AUTHORIZATION, bearer)],
            &crate::site::Site::new().await,
        ),
        "a part of a token",
    );
}
