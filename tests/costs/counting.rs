//! Allocations of this thread. A reallocation counts as one; the C code behind aws-lc-rs is not
//! counted.

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, StatusCode};

use crate::support::{Guarded, MyClaims, bearing, send};

/// What the service allocates for a request that it accepts.
pub(crate) fn accepted(service: &mut Guarded, request: impl Fn() -> Request<()>) -> AllocationInfo {
    answered(service, request, StatusCode::OK)
}

/// What the service allocates for a token that it rejects.
pub(crate) fn rejected(service: &mut Guarded, token: &str) -> AllocationInfo {
    answered(service, || bearing(token), StatusCode::UNAUTHORIZED)
}

/// One like it came before, so that nothing is there for the first time.
fn answered(
    service: &mut Guarded,
    request: impl Fn() -> Request<()>,
    status: StatusCode,
) -> AllocationInfo {
    assert_eq!(send(service, request()), status);
    let request = request();
    measure(|| assert_eq!(send(service, request), status))
}

/// What the user's own type of claims allocates.
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
