//! The example `mtls`.

use crate::harness::run;
use crate::support::tokio;

#[tokio::test]
async fn a_token_is_accepted_by_each_server_with_the_certificate_of_its_owner_alone() {
    let output = run("mtls", &[]).await;
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    for (server, lines) in ["axum-server", "hyper"].iter().zip(lines.chunks(3)) {
        let alice = format!("{server}, certificate of alice: 200 OK, hello alice");
        assert_eq!(lines[0], alice);
        let mallory = format!("{server}, certificate of mallory: 401 Unauthorized, Bearer error=");
        assert!(lines[1].starts_with(&mallory), "{}", lines[1]);
        let none = format!("{server}, no certificate: 401 Unauthorized, Bearer error=");
        assert!(lines[2].starts_with(&none), "{}", lines[2]);
    }
    assert_eq!(lines[6], "tonic, certificate of alice: Serving");
    let mallory = "tonic, certificate of mallory: Unauthenticated, ";
    assert!(lines[7].starts_with(mallory), "{}", lines[7]);
    assert!(
        lines[8].starts_with("tonic, no certificate: Unauthenticated, "),
        "{}",
        lines[8]
    );
    assert_eq!(lines.len(), 9);
}
