//! The default HTTP client on a runtime without I/O.

use tokio::runtime::Builder;
use tower_jwt_auth::testing::TestKey;
use tower_jwt_auth::{Algorithm, Authenticator, ErrorKind, Issuer};

use crate::support::tokio;

#[test]
fn on_a_runtime_without_io_the_default_client_fails_with_an_error() {
    let issuer = Issuer::jwks(
        "https://issuer.example",
        "http://127.0.0.1:1/jwks",
        "https://api.example",
    );
    let authenticator = Authenticator::builder(issuer)
        .build_authenticator()
        .unwrap();
    let token = TestKey::generate(Algorithm::ES256)
        .token()
        .issuer("https://issuer.example")
        .sign();
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let error = runtime
        .block_on(authenticator.authenticate(&token))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeysUnavailable);
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the HTTP client panicked"
    );
}
