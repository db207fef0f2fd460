//! The example `introspection`. `tests/e2e/interop/introspection.sh` runs it with a provider.

use crate::harness::{AUDIENCE, run};
use crate::support::tokio;

#[tokio::test]
async fn it_prints_its_usage_without_arguments_and_secret() {
    for arguments in [
        &[][..],
        &["https://login.example.com", AUDIENCE, "me", "127.0.0.1:0"],
    ] {
        let output = run("introspection", arguments).await;
        assert_eq!(output.status.code(), Some(2));
        let usage = String::from_utf8(output.stderr).unwrap();
        assert!(
            usage.starts_with("usage: introspection ISSUER AUDIENCE"),
            "{usage}"
        );
    }
}
