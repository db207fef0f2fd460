//! The service that was polled ready.

use std::mem;

/// Takes the service that was polled ready, and leaves a clone of it that was not.
///
/// Calling the clone would break the contract of [`tower::Service`]: `ConcurrencyLimit`, for
/// example, panics. Dropping the ready service releases what it holds, such as a permit.
pub(crate) fn take_ready<S: Clone>(service: &mut S) -> S {
    let clone = service.clone();
    mem::replace(service, clone)
}
