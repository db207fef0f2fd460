//! The faults of an issuer.

use std::time::Duration;

use http::{HeaderValue, StatusCode};

/// A fault of a [`TestIssuer`](crate::testing::TestIssuer), which lasts until it is set to another
/// one or to `None`.
///
/// [`set_fault`](crate::testing::TestIssuer::set_fault) sets it for the key set, and
/// [`set_metadata_fault`](crate::testing::TestIssuer::set_metadata_fault) for the metadata. "The
/// document" below is the requested one. Bodies are generated while they are sent, so even the
/// endless one takes no memory. They end when the client disconnects.
///
/// # Examples
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use tower_jwt_auth::testing::{Fault, TestIssuer};
///
/// let issuer = TestIssuer::start().await?;
/// issuer.set_fault(Some(Fault::Status(500)));
/// // … tokens signed by cached keys must still be accepted …
/// issuer.set_fault(None);
/// # Ok(())
/// # })
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The document, but with this status (200 to 999).
    Status(u16),
    /// The document, after this delay.
    Delay(Duration),
    /// No response. The connection stays open.
    Hang,
    /// No response. The connection is closed.
    Close,
    /// The first half of the document, with the `Content-Length` of the whole. Then the connection
    /// is closed.
    Truncated,
    /// Bytes that are neither JSON nor UTF-8, with the content type of JSON.
    Garbage,
    /// A web page, as a captive portal or a proxy sends.
    Html,
    /// 200 without a body.
    Empty,
    /// A key set without keys.
    NoKeys,
    /// The key set, preceded by unusable keys: without a type, of an unknown type, RSA of 1024
    /// bits, invalid base64, off the curve, symmetric, and for encryption.
    SomeUnusableKeys,
    /// The document, preceded by 200 MiB of white space: valid JSON but for its size. Chunked.
    Huge,
    /// The beginning of a key set that never ends. Chunked.
    Endless,
    /// The document, one byte every 100 ms.
    Drip,
    /// A redirect (302) to this URL.
    Redirect(String),
    /// A status with `Retry-After` and without a body.
    RetryAfter {
        /// The status (200 to 999), such as 429 or 503.
        status: u16,
        /// The value of `Retry-After`.
        seconds: u64,
    },
}

impl Fault {
    /// Panics in the test that sets an invalid fault, rather than in the server.
    pub(super) fn validated(self) -> Self {
        match &self {
            Self::Status(status) | Self::RetryAfter { status, .. } => {
                assert!(
                    (200..1000).contains(status),
                    "Fault: status is {status}: must be between 200 and 999"
                );
            }
            Self::Redirect(url) => {
                assert!(
                    HeaderValue::from_str(url).is_ok(),
                    "Fault: {url:?} is not a valid header value"
                );
            }
            _ => {}
        }
        self
    }
}

/// Returns a status that [`Fault::validated`] has accepted.
pub(super) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).expect("`set_fault` validated the fault")
}
