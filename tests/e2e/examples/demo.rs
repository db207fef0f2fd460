//! The resource server without options, in its demo mode.

use crate::harness::{Server, default_port_in_use};
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
        5
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

    let recent = command(&printed, "# A route that requires a recent sign-in");
    assert!(recent.starts_with(&format!("-X DELETE {}/account ", server.url)));
    let answer = server.delete("/account", token(recent)).await;
    answer.assert_accepted();
    let unknown = command(&printed, "# Without one");
    let answer = server.delete("/account", token(unknown)).await;
    assert_eq!(answer.status, 401);
    assert!(
        answer.challenge().ends_with(",max_age=\"300\""),
        "{answer:?}"
    );
}

/// Returns the token and the proof of a printed command.
fn token_and_proof(command: &str) -> (&str, &str) {
    let (_, token) = command.split_once("-H 'Authorization: DPoP ").unwrap();
    let (token, proof) = token.split_once("' -H 'DPoP: ").unwrap();
    (token, proof.strip_suffix('\'').expect("quotes"))
}

#[tokio::test]
async fn with_dpop_a_bound_token_is_printed_whose_proof_can_be_used_once() {
    let own = ["--public-origin", "https://api.example/v1/"];
    for (mode, origin, bearer) in [
        ("optional", &[][..], "# A valid token, for an hour: 200"),
        (
            "required",
            &[],
            "# A valid token that is not bound to a key: 401",
        ),
        ("optional", &own, "# A valid token, for an hour: 200"),
    ] {
        let mut server = Server::resource_server(&[&["--dpop", mode], origin].concat()).await;
        let printed = server.printed_until(END).await;
        let first = command(&printed, "# A token that is bound to a key");
        assert!(
            first.starts_with(&format!("{}/whoami ", server.url)),
            "{first}"
        );
        assert_eq!(command(&printed, "# The same request again"), first);
        let (bound, proof) = token_and_proof(first);
        let answer = server.get_with_proof("/whoami", bound, proof).await;
        answer.assert_accepted();
        assert_eq!(answer.json()["sub"], "alice");
        let again = server.get_with_proof("/whoami", bound, proof).await;
        assert!(
            again.challenge().contains("invalid_dpop_proof"),
            "{again:?}"
        );
        let answer = server.whoami(token(command(&printed, bearer))).await;
        assert_eq!(answer.status.as_u16() == 200, mode == "optional");
    }
}

#[tokio::test]
async fn another_port_is_used_when_the_default_one_is_taken() {
    // If this fails, the port is in use already.
    let _taken = default_port_in_use().await;
    let mut server = Server::start("resource_server", &[]).await;
    assert_ne!(server.url, "http://127.0.0.1:8080");
    server.logged("127.0.0.1:8080 is taken").await;
    let printed = server.printed_until(END).await;
    server
        .whoami(token(command(&printed, "# A valid token")))
        .await
        .assert_accepted();
}
