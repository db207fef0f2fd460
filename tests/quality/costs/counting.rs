//! Counts the allocations of this thread. A reallocation counts as one. The C code of aws-lc-rs is
//! not counted.

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, StatusCode};

use crate::support::{MyClaims, Protected, bearing, send};

/// Returns the allocations of an accepted request.
pub(crate) fn accepted(
    service: &mut Protected,
    request: impl Fn() -> Request<()>,
) -> AllocationInfo {
    answered(service, request, StatusCode::OK)
}

/// Returns the allocations of a request with a token that is rejected.
pub(crate) fn rejected(service: &mut Protected, token: &str) -> AllocationInfo {
    answered(service, || bearing(token), StatusCode::UNAUTHORIZED)
}

/// Sends the same request once uncounted, so that what is initialized once is not counted.
fn answered(
    service: &mut Protected,
    request: impl Fn() -> Request<()>,
    status: StatusCode,
) -> AllocationInfo {
    assert_eq!(send(service, request()), status);
    let request = request();
    measure(|| assert_eq!(send(service, request), status))
}

/// Returns the allocations of deserializing [`MyClaims`].
pub(crate) fn of_the_claims(token: &str) -> AllocationInfo {
    let payload = payload(token);
    measure(|| {
        drop(black_box(
            serde_json::from_str::<MyClaims>(&payload).unwrap(),
        ));
    })
}

pub(crate) fn payload(token: &str) -> String {
    let payload = URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1).unwrap())
        .unwrap();
    String::from_utf8(payload).unwrap()
}
