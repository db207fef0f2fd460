//! Nothing that a wrong server says has a proof accepted.

use std::time::Duration;

use http::StatusCode;

use crate::api::Api;
use crate::impostor::{Says, listen};
use crate::support::tokio;

#[tokio::test]
async fn an_answer_that_is_none_to_the_command_accepts_nothing() {
    let answers = [
        ":1\r\n",
        ":0\r\n",
        "+QUEUED\r\n",
        "$2\r\nOK\r\n",
        "*1\r\n+OK\r\n",
        "-ERR unknown command\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "\0\0\0\0",
        "\u{15}\u{3}\u{1}\0\u{2}\u{2}F",
        "$9223372036854775807\r\n",
        "*2147483647\r\n",
    ];
    for answer in answers {
        let api = Api::new(&listen(Says::Text(answer)).await);
        api.assert_outage().await;
        assert_eq!(api.store.health().answered, 0, "{answer:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_before_or_within_the_answer_accepts_nothing() {
    for says in [Says::Nothing, Says::Half] {
        let api = Api::new(&listen(says).await);
        api.assert_outage().await;
        assert_eq!(api.store.health().answered, 0);
    }
}

#[tokio::test]
async fn an_answer_that_reads_as_nil_rejects_the_proof() {
    for answer in ["$-1\r\n", "*-1\r\n", "$-2\r\n", "_\r\n"] {
        let api = Api::new(&listen(Says::Text(answer)).await);
        assert_eq!(api.send_new("1").await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_right_answer_that_is_late_accepts_nothing() {
    for millis in [150, 1_000, 3_000] {
        let api = Api::new(&listen(Says::Late(Duration::from_millis(millis))).await);
        api.assert_outage().await;
    }
}
