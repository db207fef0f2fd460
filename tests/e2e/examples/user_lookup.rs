//! The example `user_lookup`: a check that loads the user from a database.

use crate::harness::Server;
use crate::support::tokio;

#[tokio::test]
async fn the_printed_commands_do_what_their_comments_say() {
    let mut server = Server::start("user_lookup", &["127.0.0.1:0"]).await;
    for (comment, status, text) in [
        ("# 200, hello Alice", 200, "hello Alice\n"),
        ("# 403, the account is closed", 403, "the account is closed"),
        ("# 403, the user is unknown", 403, "the user is unknown"),
    ] {
        let printed = server.printed_until("curl ").await;
        assert!(printed.iter().any(|line| line == comment), "{printed:?}");
        let (_, token) = printed[printed.len() - 1].split_once("Bearer ").unwrap();
        let answer = server
            .request("/", Some(token.trim_end_matches('\'')))
            .await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        if status == 200 {
            assert_eq!(answer.body, text);
        } else {
            assert!(answer.challenge().contains(text), "{answer:?}");
        }
    }
}
