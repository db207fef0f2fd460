//! What an issuer can do wrong.

use std::time::Duration;

use http::{HeaderValue, StatusCode};

/// A way in which a [`TestIssuer`](crate::testing::TestIssuer) misbehaves, until told otherwise.
///
/// Switched on by [`set_fault`](crate::testing::TestIssuer::set_fault) for the key set and by
/// [`set_metadata_fault`](crate::testing::TestIssuer::set_metadata_fault) for the metadata. "The document" below is
/// the one asked for. Answers are made while they are sent, so that even the endless one takes no memory, and end
/// when the client goes away.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use tower_jwt_auth::testing::{Fault, TestIssuer};
///
/// let issuer = TestIssuer::start().await?;
/// issuer.set_fault(Some(Fault::Status(500)));
/// // … the keys at hand must go on serving …
/// issuer.set_fault(None);
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The document, but under this status (200 to 999).
    Status(u16),
    /// The document, after so long.
    Delay(Duration),
    /// Nothing: the connection stays open and silent.
    Hang,
    /// The connection is closed without an answer.
    Reset,
    /// The first half of the document, with the `Content-Length` of the whole; then the connection is closed.
    Truncated,
    /// Bytes that are neither JSON nor UTF-8, called JSON.
    Garbage,
    /// A web page, such as a captive portal or a proxy shows.
    Html,
    /// A success without a body.
    Empty,
    /// A key set without keys.
    NoKeys,
    /// The good keys behind unusable ones: without a type, of an unknown type, RSA of 1024 bits, bad base64, off the
    /// curve, for encryption, and a symmetric one.
    HalfBad,
    /// The document behind 200 MiB of white space: valid JSON, were it not for its size. Chunked.
    Huge,
    /// The beginning of a key set that never ends. Chunked.
    Endless,
    /// The document, one byte every 100 ms.
    Drip,
    /// A redirect (302) to this URL.
    Redirect(String),
    /// A status without a body that says when to ask again: `Retry-After`.
    RetryAfter {
        /// The status (200 to 999): 429 or 503.
        status: u16,
        /// How long to wait.
        seconds: u64,
    },
}

impl Fault {
    /// Panics here, in the test that made the mistake, rather than in the server.
    pub(super) fn checked(self) -> Self {
        match &self {
            Self::Status(status) | Self::RetryAfter { status, .. } => {
                assert!(
                    (200..1000).contains(status),
                    "Fault: {status} is not the status of a final answer"
                );
            }
            Self::Redirect(url) => {
                assert!(
                    HeaderValue::from_str(url).is_ok(),
                    "Fault: {url:?} can't stand in a `Location` header"
                );
            }
            _ => {}
        }
        self
    }
}

/// A status that [`Fault::checked`] let through.
pub(super) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).expect("the fault was checked when it was set")
}
