//! The resource server without options, in its demo mode.

use tokio::net::TcpListener;

use crate::harness::Server;
use crate::support::tokio;

const END: &str = "To stop";

/// Returns the arguments of the `curl` command below the line that starts with `comment`.
fn command<'l>(printed: &'l [String], comment: &str) -> &'l str {
    let at = printed
        .iter()
        .position(|line| line.starts_with(comment))
        .expect("a line that starts with the comment");
    printed[at + 1]
        .strip_prefix("curl -i ")
        .expect("a curl command below it")
}

fn token(command: &str) -> &str {
    let (_, token) = command
        .split_once("-H 'Authorization: Bearer ")
        .expect("a token");
    token.strip_suffix('\'').expect("quotes")
}

#[tokio::test]
async fn the_printed_commands_do_what_their_comments_say() {
    let mut server = Server::resource_server(&[]).await;
    let printed = server.printed_until(END).await;
    assert_eq!(
        printed
            .iter()
            .filter(|line| line.starts_with("curl "))
            .count(),
        3
    );

    let valid = command(&printed, "# A valid token");
    assert!(
        valid.starts_with(&format!("{}/whoami ", server.url)),
        "{valid}"
    );
    let answer = server.whoami(token(valid)).await;
    answer.assert_accepted();
    assert_eq!(answer.json()["sub"], "alice");

    let without = command(&printed, "# No token");
    assert_eq!(without, format!("{}/whoami", server.url));
    assert_eq!(server.get("/whoami").await.challenge(), "Bearer");

    let expired = server
        .whoami(token(command(&printed, "# An expired token")))
        .await;
    expired.assert_rejected();
    assert!(expired.challenge().contains("expired"), "{expired:?}");
}

#[tokio::test]
async fn another_port_is_used_when_the_default_one_is_taken() {
    // If this fails, the port is in use already.
    let _taken = TcpListener::bind("127.0.0.1:8080").await;
    let mut server = Server::start("resource_server", &[]).await;
    assert_ne!(server.url, "http://127.0.0.1:8080");
    server.logged("127.0.0.1:8080 is taken").await;
    let printed = server.printed_until(END).await;
    server
        .whoami(token(command(&printed, "# A valid token")))
        .await
        .assert_accepted();
}
