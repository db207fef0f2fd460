//! Rejections below the layer.

use super::request::reason_of;
use crate::error::Error;

/// The rejection of a request by something below the layer: see
/// [`Observe::requirement_rejected`](crate::Observe::requirement_rejected).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequirementEvent<'o> {
    /// The cause.
    pub error: &'o Error,
}

impl RequirementEvent<'_> {
    /// Returns why the request was rejected, as a value for labels: the
    /// [name](crate::ErrorKind::name) of the error's kind, or `custom` for a kind of your own.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        reason_of(self.error.kind())
    }
}
