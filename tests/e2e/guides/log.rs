//! The log of one test.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

thread_local! {
    /// A test, with all that its runtime spawns, runs on one thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures the log of this thread at every level, from now on. The subscriber is global, since
/// `tracing` caches for all threads whether an event is enabled.
pub(crate) fn capture() {
    static START: Once = Once::new();
    START.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(|| Writer)
            .init();
    });
    LOG.with_borrow_mut(Vec::clear);
}

pub(crate) fn text() -> String {
    LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap())
}
